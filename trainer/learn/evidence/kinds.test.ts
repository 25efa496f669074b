import { expect, test } from "vitest";
import { EVIDENCE, type EvidenceName } from "../../../model/evidence.ts";
import { drawFor, gaussian } from "../draw.ts";
import { equally, type Weighing } from "./head.ts";
import { kindsFor, singleColumns, weighingByBlocks, weighsSingleColumns } from "./kinds.ts";
import type { Played } from "./play.ts";
import { NO_ROWS, type Table } from "./rows-of-evidence.ts";

/** Rows whose evidence is standard normal around these centres, 0 unless told. */
function rowsAround(centres: Partial<Record<EvidenceName, number>>, seed: number, rows = 200): Table {
  const draw = drawFor(3, seed);
  const kinds = EVIDENCE.length;
  const data = Float64Array.from(
    { length: rows * kinds },
    (_, i) => gaussian(draw) + (centres[EVIDENCE[i % kinds]] ?? 0),
  );
  return { rows, data };
}

/** An episode a turn: small trees and tails tell families by 1, the Gaussian by 2, and normal rows of turn t lie off by `shifts[t]`. */
function episodes(shifts: readonly number[]): Played[] {
  return shifts.map((shift, turn) => {
    const apart = rowsAround({ gaussian: shift }, 10 * turn);
    const family = rowsAround({ shallow: 1, tails: 1, gaussian: 2 }, 10 * turn + 1);
    return { turn, apart, judges: NO_ROWS, families: new Map([[`f${turn}`, family]]) };
  });
}

const all = kindsFor(EVIDENCE, true);
const named = (used: readonly boolean[]): string[] => EVIDENCE.filter((_, kind) => used[kind]);
const weighed = ({ shares }: Weighing): string[] => named(shares.map((share) => share > 0));

test("several columns together have a say where they tell families in blocks never seen, and none where such blocks deceive them", () => {
  expect(weighingByBlocks(episodes([0, 0.2, -0.2, 0.1]), all)).toEqual(equally(all));
  const deceived = weighingByBlocks(episodes([0, 5, 0, 5, 0]), all);
  expect(weighed(deceived)).toEqual(["shallow", "tails"]);
  expect(deceived).toEqual(singleColumns(all));
  expect(weighsSingleColumns(deceived.shares)).toBe(true);
  expect(weighsSingleColumns(equally(all).shares)).toBe(false);
});

test("all wanted kinds are used where one turn alone leaves nothing to judge by, or nothing but distances is wanted", () => {
  expect(weighingByBlocks(episodes([5]), all)).toEqual(equally(all));
  const distances = kindsFor(["gaussian", "references"], true);
  expect(weighingByBlocks(episodes([0, 5, 0, 5]), distances)).toEqual(equally(distances));
  expect(named(kindsFor(EVIDENCE, false))).toEqual(["gaussian", "prototypes", "references", "tails"]);
});
