import { expect, test } from "vitest";
import type { Scorer } from "../../model/scorer.ts";
import type { FitData } from "../data/split.ts";
import { goldenRows } from "./golden.ts";

const scorer = {
  encode: (row: readonly number[]) => Float32Array.from(row),
  scoreRows: (rows: readonly (readonly number[])[]) => Float32Array.from(rows, ([x]) => x / 8),
} as unknown as Scorer;

const rows = (...values: number[]) => ({ count: values.length, cells: [Float64Array.from(values)] });

test("the row amidst the others of each of four domains, and a row of each of four families, with their scores", () => {
  const fit = {
    columns: [{ name: "x", kind: "numeric" }],
    normal: [rows(0, 1, 7, 2, 3), rows(5), rows(), rows(4, 6, 4.5), rows(8)].map((train) => ({ train })),
    seen: [rows(1, 2), rows(2), rows(3), rows(4), rows(5)].map((support) => ({ support })),
  } as unknown as FitData;
  const golden = [2, 5, 4.5, 1, 2, 3, 4];
  expect(goldenRows(scorer, fit)).toEqual({
    rows: golden.map((x) => [x]),
    scores: golden.map((x) => x / 8),
  });
});
