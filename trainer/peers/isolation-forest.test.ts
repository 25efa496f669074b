import { describe, expect, test } from "vitest";
import { aucRoc } from "../evaluate/metrics.ts";
import { fitForest, isolationForest } from "./isolation-forest.ts";
import { blob, matrixOf, sideOf } from "./testing.ts";
import { stacked } from "../learn/select.ts";

describe("isolation forest", () => {
  test("far rows outscore those of the blob; scores repeat with the seed and change with it", async () => {
    const train = blob(600, 6, 0, 1);
    const rows = stacked([blob(50, 6, 0, 2), blob(50, 6, 4, 3)], 6);
    const scores = (await isolationForest.fit(sideOf(train, [], 5))).score(rows);
    expect(aucRoc(new Uint8Array(100).fill(1, 50), scores)).toBeGreaterThan(0.99);
    expect((await isolationForest.fit(sideOf(train, [], 5))).score(rows)).toEqual(scores);
    expect((await isolationForest.fit(sideOf(train, [], 6))).score(rows)).not.toEqual(scores);
  });

  test("two rows: one split sets them apart, so every path is one step and every score one half", () => {
    const fitted = fitForest(matrixOf([[0], [1]]), 1);
    expect([...fitted.score(matrixOf([[-5], [0.5], [7]]))]).toEqual([0.5, 0.5, 0.5]);
  });

  test("three rows, one far off: mean paths as counted by hand", () => {
    // A split of [0, 10] falls below 9 nine times in ten on average, and then ends in {0} and {9, 10}, else in {0, 9}
    // and {10}. Either way the pair splits once more, so 10's path is 2 with chance 0.9 and 1 with chance 0.1.
    const fitted = fitForest(matrixOf([[0], [9], [10]]), 3, 20_000);
    const usual = 2 * (Math.log(2) + 0.5772156649015329) - 4 / 3;
    const [zero, , ten] = Array.from(fitted.score(matrixOf([[0], [9], [10]])), (score) => -Math.log2(score) * usual);
    expect(Math.abs(ten - 1.9)).toBeLessThan(0.02);
    expect(Math.abs(zero - 1.1)).toBeLessThan(0.02);
  });

  test("rows that are all alike cannot be split", () => {
    const fitted = fitForest(matrixOf([[2], [2], [2]]), 1);
    for (const score of fitted.score(matrixOf([[2], [9]]))) expect(score).toBeCloseTo(0.5, 6);
  });
});
