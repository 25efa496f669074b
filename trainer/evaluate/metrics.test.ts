import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  aucRoc,
  averagePrecision,
  bestF1,
  brier,
  decisions,
  expectedCalibrationError,
  histogram,
  pooled,
  separation,
  sweep,
} from "./metrics.ts";

interface Case {
  y: number[];
  score: number[];
  auc_roc: number;
  average_precision: number;
  best_f1: number;
  best_f1_threshold_smallest: number;
  brier: number;
  ece_10_equal_width_bins: number;
}

const reference = new URL("../../../shared/reference/metrics.json", import.meta.url);

describe.skipIf(!existsSync(reference))("against scikit-learn (../shared/reference/metrics.json)", () => {
  const cases: Case[] = existsSync(reference) ? JSON.parse(readFileSync(reference, "utf8")) : [];
  test.each(cases.map((example, i) => [i, example] as const))("case %i", (_, example) => {
    const { y, score } = example;
    expect(aucRoc(y, score)).toBeCloseTo(example.auc_roc, 12);
    expect(averagePrecision(y, score)).toBeCloseTo(example.average_precision, 12);
    const best = bestF1(y, score);
    expect(best.f1).toBeCloseTo(example.best_f1, 12);
    expect(best.threshold).toBe(example.best_f1_threshold_smallest);
    expect(brier(y, score)).toBeCloseTo(example.brier, 12);
    expect(expectedCalibrationError(y, score)).toBeCloseTo(example.ece_10_equal_width_bins, 9);
  });
});

/** Labels with both classes, and scores with many ties. */
const scored = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 12 })), { minLength: 2, maxLength: 60 })
  .filter((rows) => new Set(rows.map(([label]) => label)).size === 2)
  .map((rows) => ({ labels: rows.map(([label]) => label), scores: rows.map(([, score]) => score / 12) }));

test("AUC-ROC is the share of pairs in the right order, ties half", () => {
  fc.assert(
    fc.property(scored, ({ labels, scores }) => {
      let right = 0;
      let pairs = 0;
      for (const [i, a] of labels.entries()) {
        for (const [j, b] of labels.entries()) {
          if (a !== 1 || b !== 0) continue;
          pairs++;
          right += scores[i] > scores[j] ? 1 : scores[i] === scores[j] ? 0.5 : 0;
        }
      }
      expect(aucRoc(labels, scores)).toBeCloseTo(right / pairs, 12);
    }),
  );
});

test("average precision is the mean precision at the scores of anomalous rows", () => {
  fc.assert(
    fc.property(scored, ({ labels, scores }) => {
      const own = scores.filter((_, i) => labels[i] === 1);
      const precisions = own.map((tau) => decisions(labels, scores, tau).precision);
      const mean = precisions.reduce((sum, precision) => sum + precision, 0) / own.length;
      expect(averagePrecision(labels, scores)).toBeCloseTo(mean, 12);
    }),
  );
});

test("the best F1 is that of trying every threshold, its threshold the smallest", () => {
  fc.assert(
    fc.property(scored, fc.boolean(), ({ labels, scores }, balanced) => {
      const tried = [...new Set(scores)].map((tau) => ({ tau, f1: decisions(labels, scores, tau, balanced).f1 }));
      const most = Math.max(...tried.map(({ f1 }) => f1));
      const smallest = Math.min(...tried.filter(({ f1 }) => f1 > most - 1e-9).map(({ tau }) => tau));
      expect(bestF1(labels, scores, balanced)).toEqual({ f1: expect.closeTo(most, 9), threshold: smallest });
    }),
  );
});

test("balanced figures are those of repeating the rarer class", () => {
  const labels = [1, 0, 0, 0, 0];
  const scores = [0.72, 0.91, 0.23, 0.34, 0.11];
  const repeated = { labels: [1, 1, 1, 1, 0, 0, 0, 0], scores: [0.72, 0.72, 0.72, 0.72, 0.91, 0.23, 0.34, 0.11] };
  expect(averagePrecision(labels, scores, true)).toBeCloseTo(averagePrecision(repeated.labels, repeated.scores), 12);
  const wanted = decisions(repeated.labels, repeated.scores, 0.5);
  const got = decisions(labels, scores, 0.5, true);
  for (const key of ["precision", "recall", "f1", "accuracy"] as const) expect(got[key]).toBeCloseTo(wanted[key], 12);
  const best = bestF1(repeated.labels, repeated.scores);
  expect(bestF1(labels, scores, true)).toEqual({ f1: expect.closeTo(best.f1, 12), threshold: best.threshold });
  expect(brier(labels, scores, true)).toBeCloseTo(brier(repeated.labels, repeated.scores), 12);
  const error = expectedCalibrationError(repeated.labels, repeated.scores);
  expect(expectedCalibrationError(labels, scores, true)).toBeCloseTo(error, 12);
});

test("Brier score and calibration error by hand: bins are [0, .1) to [.9, 1]", () => {
  const labels = [0, 1, 0, 0, 1];
  const scores = [0.05, 0.05, 0.31, 1, 0.95];
  expect(brier(labels, scores)).toBeCloseTo((0.05 ** 2 + 0.95 ** 2 + 0.31 ** 2 + 1 + 0.05 ** 2) / 5, 12);
  expect(expectedCalibrationError(labels, scores)).toBeCloseTo((0.9 + 0.31 + 0.95) / 5, 12);
});

test("decisions by hand, at a score that is the threshold, and without any alarm", () => {
  const [labels, scores] = [
    [1, 1, 1, 0, 0],
    [0.9, 0.5, 0.1, 0.6, 0.2],
  ];
  const [precision, recall] = [2 / 3, 2 / 3];
  const wanted = { precision, recall, f1: expect.closeTo(2 / 3, 12), accuracy: 3 / 5, falsePositiveRate: 1 / 2 };
  expect(decisions(labels, scores, 0.5)).toEqual(wanted);
  expect(decisions(labels, scores, 2)).toMatchObject({ precision: 0, recall: 0, f1: 0, accuracy: 2 / 5 });
});

test("normal scores against anomalous ones, and in bins: a bound is in the bin above it, 1 in the last", () => {
  expect(pooled([0.5], [0.25, 1])).toEqual({ labels: Uint8Array.of(0, 1, 1), scores: Float64Array.of(0.5, 0.25, 1) });
  expect(separation([0.1, 0.2], [0.15, 0.3])).toBe(3 / 4);
  expect(histogram([0, 0.24, 0.25, 0.7, 0.75, 1, 1], 4)).toEqual([2, 1, 1, 3]);
});

const byThreshold = (labels: number[], scores: number[]) => decisions(labels, scores, 0.5);

test.each([aucRoc, sweep, averagePrecision, bestF1, brier, expectedCalibrationError, byThreshold])(
  "what cannot be measured is an error, not NaN: %o",
  (figure) => {
    expect(() => figure([1, 0], [Number.NaN, 1])).toThrow("NaN");
    expect(() => figure([1, 0], [1])).toThrow("differ in number");
    if ([brier, expectedCalibrationError, byThreshold].includes(figure as typeof brier)) return;
    for (const label of [0, 1]) expect(() => figure([label, label], [0, 1])).toThrow("both classes");
  },
);
