import fc from "fast-check";
import { expect, test } from "vitest";
import { stream } from "../../test/fixtures/artefact.ts";
import { budgetThreshold, rowsFor } from "./budget.ts";
import { sigmoid } from "./calibrate.ts";

test("a budget's threshold holds for scores of any size, in either precision", () => {
  for (const offset of [-1e4, -5, 0, 70, 1e6]) {
    for (const scores of [Float32Array.from({ length: 40 }), Float64Array.from({ length: 40 })]) {
      for (let i = 0; i < scores.length; i++) scores[i] = offset + (i >> 2) / 3;
      const tied = budgetThreshold(scores, 0.05, false);
      expect(scores.filter((s) => s >= tied)).toHaveLength(0);
      expect(tied - scores[39]).toBeLessThan(1e-6 * Math.max(1, Math.abs(scores[39])));
      expect(budgetThreshold(scores, 0.001, false)).toBeGreaterThan(tied);
    }
  }
});

test("a budget's threshold never flags more of its own rows than the budget, ties or not", () => {
  const scores = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(scores, fc.constantFrom(0.001, 0.01, 0.05, 0.3), (values, budget) => {
      const normal = Float32Array.from(values, (value) => value / 51);
      const tau = budgetThreshold(normal, budget);
      const flagged = normal.filter((s) => s >= tau).length;
      expect(flagged).toBeLessThanOrEqual(budget * (normal.length + 1));
    }),
  );
});

test("of rows that all differ it flags as many as the budget allows, from a number of rows on that is told", () => {
  const flagged = (count: number, budget: number): number => {
    const normal = Float64Array.from({ length: count }, (_, i) => i / count);
    return normal.filter((score) => score >= budgetThreshold(normal, budget)).length;
  };
  for (const budget of [0.001, 0.01, 0.05]) {
    const enough = rowsFor(budget);
    expect([enough - 1, enough, 3 * enough + 2].map((count) => flagged(count, budget))).toEqual([0, 1, 3]);
  }
});

test("a smaller budget never has a lower threshold, however few the rows", () => {
  const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 150 });
  fc.assert(
    fc.property(scores, fc.boolean(), (values, probability) => {
      const taus = [0.0001, 0.001, 0.01, 0.05].map((budget) =>
        budgetThreshold(Float64Array.from(values), budget, probability),
      );
      for (let i = 1; i < taus.length; i++) expect(taus[i]).toBeLessThanOrEqual(taus[i - 1]);
    }),
  );
});

test.each([
  [5, 0.01],
  [20, 0.01],
  [60, 0.01],
  [60, 0.001],
  [300, 0.001],
])("%i normal rows set a budget of %d that new ones keep, where log odds fall off exponentially", (count, budget) => {
  const random = stream(count);
  const draws = 4000;
  let [odds, scores] = [0, 0];
  for (let i = 0; i < draws; i++) {
    const values = Float64Array.from({ length: count }, () => -Math.log(1 - random()));
    // P(a new one is above t) = e^−t
    odds += Math.exp(-budgetThreshold(values, budget, false)) / draws;
    const tau = budgetThreshold(Float64Array.from(values, sigmoid), budget);
    scores += (tau < 1 ? (1 - tau) / tau : 0) / draws;
  }
  expect(odds / budget).toBeCloseTo(1, 0.5);
  expect(scores / budget).toBeCloseTo(1, 0.5);
});

test("one row, and rows that score alike, set thresholds just above them", () => {
  for (const values of [[0.25], [0.25, 0.25, 0.25]]) {
    const tau = budgetThreshold(Float32Array.from(values), 0.01);
    expect(tau).toBeGreaterThan(0.25);
    expect(tau).toBeLessThan(0.25001);
  }
});

test("without rows there is no threshold", () => {
  expect(() => budgetThreshold([], 0.01)).toThrow("at least one");
});
