import { describe, expect, test } from "vitest";
import { aucRoc } from "../evaluate/metrics.ts";
import { fitOneClass, oneClassSvm } from "./one-class-svm.ts";
import { blob, matrixOf, sideOf } from "./testing.ts";
import { stacked } from "../learn/select.ts";

describe("one-class SVM", () => {
  test("the share of training rows outside is about ν, and the boundary passes through the blob's rim", () => {
    const train = blob(1000, 3, 0, 1);
    const outside = Array.from(fitOneClass(train).score(train)).filter((score) => score > 1e-3).length;
    expect(outside).toBeGreaterThan(30);
    expect(outside).toBeLessThanOrEqual(50);
  });

  test("two rows: each bears half of 2ν, so the score is 2ν·½·(1 + k) less the kernels", () => {
    const fitted = fitOneClass(matrixOf([[-1], [1]]));
    const kernel = (squared: number): number => Math.exp(-squared); // variance 1, so γ = 1
    const wanted = (x: number): number => 0.05 * (1 + kernel(4) - kernel((x - 1) ** 2) - kernel((x + 1) ** 2));
    for (const x of [-3, 0, 0.4, 1]) expect(fitted.score(matrixOf([[x]]))[0]).toBeCloseTo(wanted(x), 3);
  });

  test("far rows outscore those of the blob; at most 3,000 rows are used", async () => {
    const fitted = await oneClassSvm.fit(sideOf(blob(3200, 4, 0, 1)));
    const rows = stacked([blob(50, 4, 0, 2), blob(50, 4, 4, 3)], 4);
    expect(aucRoc(new Uint8Array(100).fill(1, 50), fitted.score(rows))).toBeGreaterThan(0.99);
    expect(fitted.bytes).toBeLessThan(3000 * 4 * 4);
  });
});
