import { describe, expect, test } from "vitest";
import { aucRoc } from "../evaluate/metrics.ts";
import { ecod, fitTails } from "./ecod.ts";
import { blob, matrixOf, sideOf } from "./testing.ts";
import { stacked } from "../learn/select.ts";

describe("ECOD", () => {
  test("tails counted by hand: one column, skewed to the right", () => {
    const fitted = fitTails(matrixOf([[0], [1], [2], [9]]));
    const scores = fitted.score(matrixOf([[2], [10], [-1]]));
    expect(scores[0]).toBeCloseTo(Math.log(5 / 3), 12); // right: 2, 9 and itself of 5; left: 4 of 5
    expect(scores[1]).toBeCloseTo(Math.log(5), 12); // right: itself alone
    expect(scores[2]).toBeCloseTo(Math.log(5), 12); // left: itself alone
  });

  test("the largest of the three sums, not the sum of the largest tails", () => {
    // Column 0 is skewed to the right, column 1 to the left: the skewed tails are the empty ones here.
    const fitted = fitTails(
      matrixOf([
        [0, 0],
        [1, -1],
        [2, -2],
        [9, -9],
      ]),
    );
    const scores = fitted.score(
      matrixOf([
        [10, -10],
        [10, 10],
      ]),
    );
    expect(scores[0]).toBeCloseTo(2 * Math.log(5), 12);
    expect(scores[1]).toBeCloseTo(2 * Math.log(5), 12); // the right tails; the skewed ones would give log 5
    expect(fitted.score(matrixOf([[-10, 1]]))[0]).toBeCloseTo(Math.log(5), 12); // log 5 in the left and in the right
  });

  test("far rows outscore those of the blob", async () => {
    const fitted = await ecod.fit(sideOf(blob(500, 5, 0, 1)));
    const rows = stacked([blob(50, 5, 0, 2), blob(50, 5, 4, 3)], 5);
    expect(aucRoc(new Uint8Array(100).fill(1, 50), fitted.score(rows))).toBeGreaterThan(0.99);
  });
});
