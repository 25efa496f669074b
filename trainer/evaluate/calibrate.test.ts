import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawFor, gaussian, unit } from "../learn/draw.ts";
import { isotonic, logit, platt, plattLine, sigmoid, temperature } from "./calibrate.ts";
import { brier, expectedCalibrationError } from "./metrics.ts";

/** Rows whose true log-odds are `slope·x + offset`, and the scores x. */
function drawn(count: number, slope: number, offset: number): { labels: number[]; scores: number[] } {
  const draw = drawFor(5, 0);
  const scores = Array.from({ length: count }, () => 2 * gaussian(draw));
  return { scores, labels: scores.map((x) => (unit(draw) < 1 / (1 + Math.exp(-slope * x - offset)) ? 1 : 0)) };
}

const apply = (how: (score: number) => number, scores: readonly number[]): number[] => scores.map((s) => how(s));

describe("Platt scaling", () => {
  test("finds slope and offset that labels were drawn by, whatever the score's unit", () => {
    const { labels, scores } = drawn(20_000, 1.5, 0);
    for (const [times, plus] of [
      [1, 0],
      [1e6, -3e7],
      [1e-6, 2],
    ]) {
      const calibrated = platt(
        labels,
        scores.map((s) => times * s + plus),
      );
      const at = (x: number): number => {
        const p = calibrated(times * x + plus);
        return Math.log(p / (1 - p));
      };
      expect(at(1) - at(0)).toBeGreaterThan(1.35);
      expect(at(1) - at(0)).toBeLessThan(1.65);
      expect(Math.abs(at(0))).toBeLessThan(0.12);
    }
  });

  test("no other line has less cross-entropy, to Platt's targets and classes weighing half each", () => {
    const { labels, scores } = drawn(60, 1.5, -2);
    const positives = labels.filter((label) => label === 1).length;
    const negatives = labels.length - positives;
    const loss = (slope: number, intercept: number): number =>
      labels.reduce((sum, label, i) => {
        const p = 1 / (1 + Math.exp(-slope * scores[i] - intercept));
        const target = label === 1 ? (positives + 1) / (positives + 2) : 1 / (negatives + 2);
        const gain = target * Math.log(p) + (1 - target) * Math.log(1 - p);
        return sum - gain / (2 * (label === 1 ? positives : negatives));
      }, 0);
    const { slope, intercept } = plattLine(labels, scores);
    for (const [da, db] of [
      [1e-4, 0],
      [-1e-4, 0],
      [0, 1e-4],
      [0, -1e-4],
    ]) {
      expect(loss(slope + da, intercept + db)).toBeGreaterThan(loss(slope, intercept));
    }
  });

  test("classes weigh half each: where scores say nothing it says a half", () => {
    const labels = Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? 1 : 0));
    const scores = labels.map((_, i) => (i >> 1) % 5);
    expect(platt(labels, scores)(2)).toBeCloseTo(0.5, 1);
  });

  test("separated classes, constant and turned scores give finite, rising probabilities", () => {
    const labels = [0, 0, 0, 1, 1, 1];
    const apart = platt(labels, [1, 2, 3, 11, 12, 13]);
    expect(apart(2)).toBeLessThan(0.3);
    expect(apart(12)).toBeGreaterThan(0.7);
    expect(apart(1e30)).toBeLessThanOrEqual(1);
    expect(platt(labels, [4, 4, 4, 4, 4, 4])(4)).toBeCloseTo(0.5, 6);
    expect(platt(labels, [9, 8, 7, 2, 1, 0])(5)).toBe(0.5);
    for (const label of [0, 1]) expect(() => platt([label, label], [0, 1])).toThrow("both classes");
  });
});

test("scores that are all alike say a half of every score, whatever they are and however many", () => {
  const counts = fc.integer({ min: 1, max: 300 });
  fc.assert(
    fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), counts, counts, (score, normal, anomalous) => {
      const labels = Array.from({ length: normal + anomalous }, (_, i) => Number(i < anomalous));
      const how = platt(labels, Array(labels.length).fill(score));
      expect([score, score + 1].map(how)).toEqual([0.5, 0.5]);
    }),
  );
});

test.each([0.05, 0.5, 3, 8])("no other temperature of logits %d times too large has less cross-entropy", (times) => {
  const { labels, scores } = drawn(300, 1, -1);
  const positives = labels.filter((label) => label === 1).length;
  const probabilities = scores.map((x) => sigmoid(times * x));
  const loss = (slope: number): number =>
    labels.reduce((sum, label, i) => {
      const p = sigmoid(slope * times * scores[i]);
      return sum - Math.log(label === 1 ? p : 1 - p) / (label === 1 ? positives : labels.length - positives);
    }, 0);
  const slope = logit(temperature(labels, probabilities)(sigmoid(1)));
  for (const other of [0.99 * slope, 1.01 * slope]) expect(loss(other)).toBeGreaterThan(loss(slope));
});

test("temperature undoes logits that are three times too large", () => {
  const { labels, scores } = drawn(20_000, 1, 0);
  const loud = scores.map((x) => 1 / (1 + Math.exp(-3 * x)));
  const calibrated = apply(temperature(labels, loud), loud);
  expect(expectedCalibrationError(labels, loud, true)).toBeGreaterThan(0.05);
  expect(expectedCalibrationError(labels, calibrated, true)).toBeLessThan(0.03);
  expect(temperature([0, 1], [0, 1])(1)).toBeGreaterThan(0.99);
});

describe("isotonic regression", () => {
  test("steps by hand", () => {
    const how = isotonic([0, 1, 0, 1], [1, 2, 3, 4]);
    expect([0, 1, 2, 2.5, 3, 4, 9].map(how)).toEqual([0, 0, 0.5, 0.5, 0.5, 1, 1]);
    expect(how(3.5)).toBeCloseTo(0.75, 12);
  });

  test("rises, stays in [0, 1] and beats any one constant, ties or not", () => {
    const rows = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 9 })), { minLength: 2, maxLength: 50 })
      .filter((list) => new Set(list.map(([label]) => label)).size === 2);
    fc.assert(
      fc.property(rows, (list) => {
        const labels = list.map(([label]) => label);
        const scores = list.map(([, score]) => score);
        const how = isotonic(labels, scores);
        const line = Array.from({ length: 41 }, (_, i) => how(i / 4 - 0.5));
        expect(line.every((p, i) => p >= 0 && p <= 1 && (i === 0 || p >= line[i - 1] - 1e-12))).toBe(true);
        expect(brier(labels, apply(how, scores), true)).toBeLessThanOrEqual(0.25 + 1e-9);
      }),
    );
  });
});
