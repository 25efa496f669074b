import { describe, expect, test } from "vitest";
import { aucRoc } from "../evaluate/metrics.ts";
import { fitNeighbours, knn } from "./knn.ts";
import { blob, matrixOf, sideOf } from "./testing.ts";
import { stacked } from "../learn/select.ts";

describe("kNN", () => {
  test("a distance to the fifth neighbour counted by hand", () => {
    // From (0, 0): 1, 2, 3, 4, then 5 = |(3, 4)|, then 13.
    const train = matrixOf([
      [5, 12],
      [0, 4],
      [3, 4],
      [-2, 0],
      [0, -3],
      [1, 0],
    ]);
    expect(fitNeighbours(train).score(matrixOf([[0, 0]]))[0]).toBeCloseTo(5, 12);
  });

  test("fewer than five rows: the farthest of them", () => {
    expect(fitNeighbours(matrixOf([[1], [4]])).score(matrixOf([[0]]))[0]).toBe(4);
  });

  test("agrees with a full search in double precision, near duplicates far from the origin included", () => {
    const cols = 21;
    const train = stacked([blob(700, cols, 0, 1), blob(333, cols, 40, 2, 1e-3), blob(1, cols, -300, 3)], cols);
    const rows = stacked([blob(70, cols, 0.5, 4), blob(40, cols, 40, 5, 1e-3)], cols);
    const scores = fitNeighbours(train).score(rows);
    for (let i = 0; i < rows.rows; i++) {
      const squares = Float64Array.from({ length: train.rows }, (_, t) => {
        let sum = 0;
        for (let j = 0; j < cols; j++) sum += (rows.data[i * cols + j] - train.data[t * cols + j]) ** 2;
        return sum;
      }).sort();
      expect(scores[i]).toBe(Math.sqrt(squares[4]));
    }
  });

  test("far rows outscore those of the blob; of many rows a draw by the seed is kept", async () => {
    const fitted = await knn.fit(sideOf(blob(10_050, 4, 0, 1)));
    expect(fitted.bytes).toBe(10_000 * 4 * 4);
    const labels = new Uint8Array(100).fill(1, 50);
    expect(aucRoc(labels, fitted.score(stacked([blob(50, 4, 0, 2), blob(50, 4, 5, 3)], 4)))).toBeGreaterThan(0.99);
  });
});
