import { describe, expect, test } from "vitest";
import { aucRoc } from "../evaluate/metrics.ts";
import { shallowTrees } from "./boosted-trees.ts";
import { blob, sideOf } from "./testing.ts";
import { stacked } from "../learn/select.ts";
import { xgbod } from "./xgbod.ts";

describe("XGBOD", () => {
  test("finds a family that lies off to another side than the labelled one, which trees on the inputs alone cannot", async () => {
    const cols = 4;
    const towards = (column: number, seed: number, rows: number): ReturnType<typeof blob> => {
      const matrix = blob(rows, cols, 0, seed);
      for (let i = 0; i < rows; i++) matrix.data[i * cols + column] += 8;
      return matrix;
    };
    const side = sideOf(blob(800, cols, 0, 1), [towards(0, 2, 60)]);
    const rows = stacked([blob(100, cols, 0, 3), towards(1, 4, 100)], cols);
    const labels = new Uint8Array(200).fill(1, 100);
    const fitted = await xgbod.fit(side);
    const scores = fitted.score(rows);
    expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
    const alone = aucRoc(labels, (await shallowTrees.fit(side)).score(rows));
    expect(alone).toBeLessThan(0.7);
    expect(aucRoc(labels, scores)).toBeGreaterThan(alone + 0.15);
  });

  test("normal training rows score like new ones: their detectors' scores are out of sample", async () => {
    const cols = 20;
    const train = blob(300, cols, 0, 1);
    // Labels from the blob itself: nothing to learn but whether a row was in the training set.
    const fitted = await xgbod.fit(sideOf(train, [blob(300, cols, 0, 2)]));
    // In-sample scores would give 0.57.
    const scores = Array.from(fitted.score(blob(400, cols, 0, 3)));
    const mean = scores.reduce((sum, score) => sum + score, 0) / 400;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.04);
  });

  test("without labels every row scores one half", async () => {
    const fitted = await xgbod.fit(sideOf(blob(50, 4, 0, 1)));
    expect(fitted.score(blob(3, 4, 0, 2)).every((score) => score === 0.5)).toBe(true);
  });
});
