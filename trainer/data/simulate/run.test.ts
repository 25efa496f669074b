import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomFor } from "./random.ts";
import { constant, deviationOf, draw, meanOf, nothing, together } from "./run.ts";

describe("draw", () => {
  it("gives sums, squares and maxima that some list of values within the bounds could have", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 0, max: 5000 }),
        fc.double({ min: 1, max: 1500, noNaN: true }),
        fc.double({ min: 0, max: 3000, noNaN: true }),
        (seed, count, mean, spread) => {
          const run = draw(randomFor(seed, "run"), { count, mean, spread }, 1, 1460);
          expect(run.count).toBe(count);
          if (count === 0) return;
          expect(Number.isInteger(run.sum)).toBe(true);
          expect(run.max).toBeGreaterThanOrEqual(meanOf(run) - 1);
          expect(run.max).toBeLessThanOrEqual(1460);
          expect(run.sum).toBeGreaterThanOrEqual(count - 1);
          expect(run.squares).toBeGreaterThanOrEqual((run.sum ** 2 / count) * (1 - 1e-12));
          const widest = Math.max(0, run.max - meanOf(run)) * (meanOf(run) - 1);
          const variance = run.squares / count - meanOf(run) ** 2;
          expect(variance).toBeLessThanOrEqual(Math.max(0, widest) + 1e-6 * run.squares);
        },
      ),
    );
  });

  it("meets the mean and deviation asked for, drawn singly or by moments", () => {
    for (const count of [8, 4000]) {
      const random = randomFor(1, "moments");
      const runs = Array.from({ length: 8000 / Math.min(count, 800) }, () =>
        draw(random, { count, mean: 5e5, spread: 1e5 }, 1, 1e9),
      );
      const all = together(runs);
      expect(meanOf(all) / 5e5).toBeCloseTo(1, 1);
      expect(deviationOf(all) / 1e5).toBeCloseTo(1, 1);
    }
  });
});

describe("together", () => {
  it("pools as if the values stood in one list", () => {
    const run = together([constant(2, 0), constant(1, 3), nothing, constant(1, 9)]);
    expect(run).toEqual({ count: 4, sum: 12, squares: 90, max: 9 });
    expect(meanOf(run)).toBe(3);
    expect(deviationOf(run)).toBeCloseTo(Math.sqrt(18), 12);
  });

  it("has deviation 0 where there is nothing to deviate", () => {
    expect(deviationOf(nothing)).toBe(0);
    expect(deviationOf(constant(1, 7))).toBe(0);
    expect(deviationOf(constant(1000, 0.1))).toBe(0);
  });
});
