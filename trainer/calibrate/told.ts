/** What earlier feedback is in a memory: rows told again, or otherwise, take the place of what is remembered of them. */
import { EVIDENCE } from "../../model/evidence.ts";
import { type Remembered, ROWS_CAP, stepsOf, TOLD } from "../../model/memory.ts";
import { picked, type Table, thinned } from "../learn/evidence/rows-of-evidence.ts";

const KINDS = EVIDENCE.length;
/** Kinds that rows are known again by: what a row's prototypes say depends on the tier they are stored in. */
const KNOWN_BY = EVIDENCE.flatMap((name, i) => (name === "prototypes" ? [] : [i]));

/** Whether a group is of rows that callers found normal. */
export function isToldNormal({ role, family }: Remembered): boolean {
  return role === "normal" && family === TOLD;
}

/**
 * The groups without the rows of feedback that is told now: trees and distances stay, so a row has the same evidence each
 * time, but for that of prototypes where the model was stored in another tier in between.
 */
export function withoutToldAgain(groups: readonly Remembered[], told: readonly Table[]): Remembered[] {
  const again = new Set(told.flatMap((table) => keys(table)));
  const left = groups.map((group) => {
    if (group.role !== "fit" && !isToldNormal(group)) return group;
    const kept = keys(group).flatMap((key, row) => (again.has(key) ? [] : [row]));
    return { ...group, ...picked(group, kept) };
  });
  // a family of no rows would still have its share
  return left.filter(({ rows }) => rows > 0);
}

/** The groups and as much of what was learned as there is room for, evenly thinned. */
export function withinCap(groups: readonly Remembered[], learned: readonly Remembered[]): Remembered[] {
  const room = Math.max(0, ROWS_CAP - rowsOf(groups));
  const share = Math.min(1, room / Math.max(1, rowsOf(learned)));
  return [...groups, ...learned.map((group) => ({ ...group, ...thinned(group, Math.floor(share * group.rows)) }))];
}

export function rowsOf(groups: readonly { readonly rows: number }[]): number {
  return groups.reduce((sum, { rows }) => sum + rows, 0);
}

/** One text a row, the same for evidence that is kept alike. */
function keys({ rows, data }: Table): string[] {
  return Array.from({ length: rows }, (_, i) => KNOWN_BY.map((kind) => stepsOf(data[i * KINDS + kind])).join());
}
