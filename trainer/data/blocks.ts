/** Blocks: which rows of a group belong together (a run, a patient, a stretch of time) when splitting by blocks. */
import type { MetaBlock } from "./meta.ts";

/** Without a block list, a group is cut into this many stretches of consecutive rows (fewer rows: one row each). */
const STRETCHES = 20;

/** Per row an index into `blockNames`. */
export interface Blocks {
  readonly block: Int32Array;
  readonly blockNames: readonly string[];
}

/**
 * Blocks of `count` rows in file order, from a list of consecutive blocks or, without one, `STRETCHES` stretches of
 * equal length. Blocks with a name of their own (patients) share it between groups, others are named after `group`.
 */
export function blocksOf(group: string, count: number, list: readonly MetaBlock[] | null): Blocks {
  const block = new Int32Array(count);
  if (list === null) {
    const stretches = Math.max(1, Math.min(STRETCHES, count));
    for (let i = 0; i < count; i++) block[i] = Math.floor((i * stretches) / count);
    return { block, blockNames: Array.from({ length: stretches }, (_, k) => `${group}#${k + 1}`) };
  }
  let at = 0;
  for (const [k, { rows }] of list.entries()) {
    block.fill(k, at, at + rows);
    at += rows;
  }
  return { block, blockNames: list.map(({ name }, k) => name ?? `${group}#${k + 1}`) };
}

/** Blocks named by a column's values, shared between all groups; a row without a value is a block of its own. */
export function blocksFrom(group: string, values: readonly (string | null)[]): Blocks {
  const index = new Map<string, number>();
  const block = Int32Array.from(values, (value, i) => {
    const name = value ?? `${group}#${i + 1}`;
    const known = index.get(name) ?? index.size;
    index.set(name, known);
    return known;
  });
  return { block, blockNames: [...index.keys()] };
}
