import { describe, expect, test } from "vitest";
import { drawFor, gaussian } from "../learn/draw.ts";
import { aucRoc, decisions } from "../evaluate/metrics.ts";
import { figuresOf, type ScoredRows } from "./measure.ts";

const draw = drawFor(3, 0);
const scores = (count: number, centre: number): Float32Array =>
  Float32Array.from({ length: count }, () => 100 * (centre + gaussian(draw)));
const scored: ScoredRows = {
  validation: { normal: scores(1000, 0), seen: scores(80, 3) },
  test: { normal: scores(2000, 0), unseen: scores(300, 2), seen: scores(500, 3) },
};
const labels = new Uint8Array(2300).fill(1, 2000);
const tested = Float32Array.from([...scored.test.normal, ...scored.test.unseen]);

describe("figures of scores of any size", () => {
  const figures = figuresOf(scored, false);

  test("thresholds come from validation rows: budgets hold on them, τ* is the best of both classes alike", () => {
    for (const [budget, { threshold, recall, falsePositiveRate }] of Object.entries(figures.budgets)) {
      const flagged = scored.validation.normal.filter((s) => s >= threshold).length;
      expect(flagged).toBeLessThanOrEqual(Number(budget) * 1001);
      const wanted = decisions(labels, tested, threshold, true);
      expect([recall, falsePositiveRate]).toEqual([
        expect.closeTo(wanted.recall, 5),
        expect.closeTo(wanted.falsePositiveRate, 5),
      ]);
    }
    // Two unit Gaussians three apart, of equal weight: they cross half way.
    expect(figures.atF1.threshold / 100).toBeGreaterThan(1);
    expect(figures.atF1.threshold / 100).toBeLessThan(1.9);
  });

  test("anomalous test rows change nothing but what is measured on them", () => {
    const other = figuresOf({ ...scored, test: { ...scored.test, unseen: scores(50, -4) } }, false);
    expect(other.atF1.threshold).toBe(figures.atF1.threshold);
    expect(other.confidence.seen).toEqual(figures.confidence.seen);
    expect(other.histogram?.normal).toEqual(figures.histogram?.normal);
    expect(other.aucRoc).toBeLessThan(0.01);
  });

  test("the curve runs from corner to corner, rises, and bounds the area it stands for", () => {
    const { curve } = figures;
    expect([curve[0], curve.at(-1), curve.length <= 40]).toEqual([[0, 0], [1, 1], true]);
    let area = 0;
    for (let i = 1; i < curve.length; i++) {
      expect(curve[i][0]).toBeGreaterThanOrEqual(curve[i - 1][0]);
      expect(curve[i][1]).toBeGreaterThanOrEqual(curve[i - 1][1]);
      area += ((curve[i][0] - curve[i - 1][0]) * (curve[i][1] + curve[i - 1][1])) / 2;
    }
    expect(area).toBeCloseTo(aucRoc(labels, tested), 2);
  });

  test("confidence is better on what it was calibrated on than on the unseen, and is there only with labels", () => {
    const { seen, unseen } = figures.confidence;
    expect(seen?.brier).toBeLessThan(unseen?.brier ?? 0);
    const bare = figuresOf({ ...scored, validation: { ...scored.validation, seen: new Float32Array(0) } }, false);
    expect([bare.confidence, bare.histogram]).toEqual([{ unseen: null, seen: null }, null]);
    expect(bare.atF1.threshold).toBe(bare.budgets["0.01"].threshold);
  });

  test("probabilities are taken as they are; constant scores flag nothing within a budget", () => {
    const one = (count: number): Float32Array => new Float32Array(count).fill(1);
    const constant = figuresOf(
      {
        validation: { normal: one(50), seen: one(5) },
        test: { normal: one(50), unseen: one(50), seen: one(5) },
      },
      true,
    );
    expect(constant.aucRoc).toBe(0.5);
    expect(constant.budgets["0.05"]).toMatchObject({ recall: 0, falsePositiveRate: 0 });
    expect(constant.confidence.unseen).toEqual({ ece: 0.5, brier: 0.5 });
    expect(constant.histogram?.normal.at(-1)).toBe(50);
  });
});
