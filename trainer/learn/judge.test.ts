import { expect, test } from "vitest";
import type { Matrix } from "../data/matrix.ts";
import { drawFor } from "./draw.ts";
import { gather, judge, sample } from "./judge.ts";
import type { Learner } from "./learner.ts";

const matrix = (...values: number[]): Matrix => ({ rows: values.length, cols: 1, data: Float32Array.from(values) });

/** Scores a row by its one input, and takes what is missing to 1 for its normal logit. */
const learner = {
  score: ({ data }: Matrix) => data,
  meanNormalLogit: ({ data }: Matrix) => data.reduce((sum, x) => sum + 1 - x, 0) / data.length,
} as unknown as Learner;

test("a verdict by hand: normal rows have the higher logit, anomalies the higher scores", () => {
  const { normal, families } = judge(learner, matrix(0.125, 0.25, 0.75), new Map([["worm", matrix(0.5, 1)]]));
  expect(normal).toEqual(Array.from({ length: 20 }, (_, bin) => Number([2, 5, 15].includes(bin))));
  expect(families).toEqual([
    {
      family: "worm",
      auc: 5 / 6,
      gap: expect.closeTo(0.375, 6),
      histogram: Array.from({ length: 20 }, (_, bin) => Number([10, 19].includes(bin))),
      curve: [
        [0, 1 / 2, 1],
        [1 / 3, 1 / 2, 1 / 2],
        [1 / 3, 1, 2 / 3],
        [2 / 3, 1, 1 / 2],
        [1, 1, 2 / 5],
      ],
    },
  ]);
});

test("a curve of many thresholds has points all along it, the last one too", () => {
  const many = matrix(...Array.from({ length: 1003 }, (_, i) => i / 1003));
  const [{ curve }] = judge(learner, many, new Map([["worm", many]])).families;
  expect(curve.length).toBeLessThanOrEqual(40);
  expect(curve.at(-1)).toEqual([1, 1, 1 / 2]);
  for (const [i, [rate]] of curve.entries()) expect(rate - (curve[i - 1]?.[0] ?? 0)).toBeLessThan(0.05);
});

test("a sample comes evenly from matrices of any size, and from all of their rows", () => {
  const { rows, cols, data } = sample([matrix(-1), matrix(0, 1, 2, 3)], 4000, drawFor(1, 0));
  expect([rows, cols]).toEqual([4000, 1]);
  const share = (wanted: number): number => data.filter((x) => x === wanted).length / rows;
  expect(share(-1)).toBeCloseTo(1 / 2, 1);
  for (const x of [0, 1, 2, 3]) expect(share(x)).toBeCloseTo(1 / 8, 1);
});

test("gathered are at most as many rows as asked for, from all matrices", () => {
  expect([...gather([matrix(0, 1, 2), matrix(3, 4, 5)], 3, 1).data]).toEqual([1, 3, 5]);
  expect(gather([matrix(0), matrix(1)], 9, 1)).toEqual(matrix(0, 1));
});
