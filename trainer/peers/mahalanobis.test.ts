import { describe, expect, test } from "vitest";
import { aucRoc } from "../evaluate/metrics.ts";
import { backward, cholesky, forward } from "../learn/cholesky.ts";
import { mahalanobis } from "./mahalanobis.ts";
import { blob, matrixOf, sideOf } from "./testing.ts";
import { stacked } from "../learn/select.ts";

describe("Mahalanobis distance", () => {
  test("is the closed form of two dimensions", async () => {
    const train = matrixOf([
      [0, 0],
      [2, 1],
      [4, 5],
      [6, 2],
    ]);
    // Mean (3, 2); sums of squares 20, 14, of products 10; divisor 3.
    const [a, b, c] = [20 / 3 + 0.01, 10 / 3, 14 / 3 + 0.01];
    const [x, y] = [5 - 3, -1 - 2];
    const wanted = Math.sqrt((c * x * x - 2 * b * x * y + a * y * y) / (a * c - b * b));
    const fitted = await mahalanobis.fit(sideOf(train));
    expect(fitted.score(matrixOf([[5, -1]]))[0]).toBeCloseTo(wanted, 10);
  });

  test("sees a row that breaks a correlation, column by column well inside", async () => {
    const base = blob(2000, 1, 0, 1);
    const tied = matrixOf(Array.from(base.data, (value) => [value, value]));
    const fitted = await mahalanobis.fit(sideOf(tied));
    const [along, across] = fitted.score(
      matrixOf([
        [2, 2],
        [1, -1],
      ]),
    );
    expect(across).toBeGreaterThan(4 * along);
  });

  test("far rows outscore those of the blob, a constant column notwithstanding", async () => {
    const train = blob(500, 5, 0, 1);
    for (let i = 0; i < train.rows; i++) train.data[i * 5 + 4] = 3;
    const rows = stacked([blob(50, 5, 0, 2), blob(50, 5, 6, 3)], 5);
    for (let i = 0; i < rows.rows; i++) rows.data[i * 5 + 4] = 3;
    const fitted = await mahalanobis.fit(sideOf(train));
    expect(aucRoc(new Uint8Array(100).fill(1, 50), fitted.score(rows))).toBeGreaterThan(0.99);
  });
});

test("Cholesky solves a system, and refuses a matrix that is not positive definite", () => {
  const lower = cholesky(Float64Array.of(4, 0, 2, 3), 2);
  const x = Float64Array.of(8, 7);
  expect(forward(lower, 2, x)).toBeCloseTo((3 * 64 - 2 * 2 * 56 + 4 * 49) / 8, 10);
  backward(lower, 2, x);
  expect(x[0]).toBeCloseTo(1.25, 12);
  expect(x[1]).toBeCloseTo(1.5, 12);
  expect(() => cholesky(Float64Array.of(1, 0, 2, 1), 2)).toThrow(RangeError);
});
