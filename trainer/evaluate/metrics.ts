/** The figures detectors are judged by; labels are 1 for anomalous and 0 for normal, scores rise with anomaly. */

/** Normal scores, then anomalous ones, with their labels. */
export function pooled(normal: ArrayLike<number>, anomalous: ArrayLike<number>): Pooled {
  const count = normal.length + anomalous.length;
  const scores = new Float64Array(count);
  scores.set(normal);
  scores.set(anomalous, normal.length);
  return { labels: new Uint8Array(count).fill(1, normal.length), scores };
}

export interface Pooled {
  readonly labels: Uint8Array;
  readonly scores: Float64Array;
}

/** How many scores in [0, 1] are in each of so many equal bins; 1 is in the last. */
export function histogram(scores: ArrayLike<number>, bins: number): number[] {
  const counts = Array.from({ length: bins }, () => 0);
  for (let i = 0; i < scores.length; i++) counts[Math.min(bins - 1, Math.floor(scores[i] * bins))]++;
  return counts;
}

/** AUC-ROC of anomalous scores against normal ones. */
export function separation(normal: ArrayLike<number>, anomalous: ArrayLike<number>): number {
  const { labels, scores } = pooled(normal, anomalous);
  return aucRoc(labels, scores);
}

/** AUC-ROC: the chance that an anomalous row outscores a normal one, ties counting half (midranks). */
export function aucRoc(labels: ArrayLike<number>, scores: ArrayLike<number>): number {
  const order = ranked(labels, scores);
  const positives = positivesOf(labels);
  let rankSum = 0;
  for (let i = 0; i < order.length;) {
    const end = tieEnd(order, scores, i);
    const midrank = (i + end + 1) / 2;
    for (; i < end; i++) {
      if (labels[order[i]] === 1) rankSum += midrank;
    }
  }
  const negatives = order.length - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** One point of a threshold sweep: decisions `score ≥ threshold`. */
export interface OperatingPoint {
  readonly threshold: number;
  readonly truePositives: number;
  readonly falsePositives: number;
}

/** Every distinct threshold from the highest down, with what it flags; O(n log n). */
export function sweep(labels: ArrayLike<number>, scores: ArrayLike<number>): OperatingPoint[] {
  const order = ranked(labels, scores).reverse();
  const points: OperatingPoint[] = [];
  let truePositives = 0;
  let falsePositives = 0;
  for (let i = 0; i < order.length;) {
    const threshold = scores[order[i]];
    for (const end = tieEnd(order, scores, i); i < end; i++) {
      if (labels[order[i]] === 1) truePositives++;
      else falsePositives++;
    }
    points.push({ threshold, truePositives, falsePositives });
  }
  return points;
}

/**
 * Average precision Σ (R_k − R_{k−1})·P_k. With `balanced`, false positives are weighted so that normal and
 * anomalous rows count half each; else as they come.
 */
export function averagePrecision(labels: ArrayLike<number>, scores: ArrayLike<number>, balanced = false): number {
  const points = sweep(labels, scores);
  const last = points[points.length - 1];
  const weight = balanced ? last.truePositives / last.falsePositives : 1;
  let sum = 0;
  let before = 0;
  for (const { truePositives, falsePositives } of points) {
    sum +=
      ((truePositives - before) / last.truePositives) * (truePositives / (truePositives + weight * falsePositives));
    before = truePositives;
  }
  return sum;
}

/** Best F1 over all thresholds and the smallest threshold that reaches it; with `balanced`, classes weigh half each. */
export function bestF1(
  labels: ArrayLike<number>,
  scores: ArrayLike<number>,
  balanced = false,
): { f1: number; threshold: number } {
  const points = sweep(labels, scores);
  const { truePositives: positives, falsePositives: negatives } = points[points.length - 1];
  const weight = balanced ? positives / negatives : 1;
  let best = { f1: -1, threshold: Number.NaN };
  for (const { threshold, truePositives, falsePositives } of points) {
    const f1 = (2 * truePositives) / (truePositives + weight * falsePositives + positives);
    if (f1 >= best.f1 - 1e-12) best = { f1: Math.max(f1, best.f1), threshold };
  }
  return best;
}

export interface Decisions {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly accuracy: number;
  readonly falsePositiveRate: number;
}

/**
 * Precision, recall, F1 and accuracy of `score ≥ threshold`; with `balanced` normal and anomalous rows count
 * half each. Precision without any alarm is 0.
 */
export function decisions(
  labels: ArrayLike<number>,
  scores: ArrayLike<number>,
  threshold: number,
  balanced = false,
): Decisions {
  check(labels, scores);
  let truePositives = 0;
  let falsePositives = 0;
  let positives = 0;
  for (let i = 0; i < labels.length; i++) {
    const flagged = scores[i] >= threshold;
    if (labels[i] === 1) {
      positives++;
      if (flagged) truePositives++;
    } else if (flagged) falsePositives++;
  }
  const negatives = labels.length - positives;
  const recall = truePositives / positives;
  const falsePositiveRate = falsePositives / negatives;
  const hits = balanced ? recall : truePositives;
  const alarms = balanced ? recall + falsePositiveRate : truePositives + falsePositives;
  const precision = alarms > 0 ? hits / alarms : 0;
  const f1 = precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0;
  const accuracy = balanced
    ? (recall + 1 - falsePositiveRate) / 2
    : (truePositives + negatives - falsePositives) / labels.length;
  return { precision, recall, f1, accuracy, falsePositiveRate };
}

/** Mean squared error of the score taken as probability of anomaly; with `balanced`, classes weigh half each. */
export function brier(labels: ArrayLike<number>, scores: ArrayLike<number>, balanced = false): number {
  check(labels, scores);
  const weights = classWeights(labels, balanced);
  let sum = 0;
  for (let i = 0; i < labels.length; i++) sum += weights[labels[i]] * (scores[i] - labels[i]) ** 2;
  return sum;
}

/**
 * Expected calibration error over 10 equal-width bins of the score taken as probability of anomaly; with `balanced`,
 * classes weigh half each.
 */
export function expectedCalibrationError(
  labels: ArrayLike<number>,
  scores: ArrayLike<number>,
  balanced = false,
): number {
  check(labels, scores);
  const weights = classWeights(labels, balanced);
  const gaps = new Float64Array(10);
  for (let i = 0; i < labels.length; i++) {
    gaps[Math.min(9, Math.floor(scores[i] * 10))] += weights[labels[i]] * (scores[i] - labels[i]);
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0);
}

/** What a row of class 0 and one of class 1 weigh, so that all rows together weigh 1. */
function classWeights(labels: ArrayLike<number>, balanced: boolean): readonly [number, number] {
  if (!balanced) return [1 / labels.length, 1 / labels.length];
  const positives = positivesOf(labels);
  return [0.5 / (labels.length - positives), 0.5 / positives];
}

/** Indices in rising order of score. @throws RangeError without both classes, or with a score that is NaN */
function ranked(labels: ArrayLike<number>, scores: ArrayLike<number>): Uint32Array {
  check(labels, scores);
  positivesOf(labels);
  return Uint32Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[a] - scores[b]);
}

/** How many labels are 1. @throws RangeError without both classes */
function positivesOf(labels: ArrayLike<number>): number {
  let positives = 0;
  for (let i = 0; i < labels.length; i++) positives += labels[i];
  if (positives === 0 || positives === labels.length) throw new RangeError("both classes are needed");
  return positives;
}

function check(labels: ArrayLike<number>, scores: ArrayLike<number>): void {
  if (labels.length !== scores.length) throw new RangeError("labels and scores differ in number");
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i])) throw new RangeError(`score ${i} is NaN`);
  }
}

function tieEnd(order: Uint32Array, scores: ArrayLike<number>, start: number): number {
  let end = start + 1;
  while (end < order.length && scores[order[end]] === scores[order[start]]) end++;
  return end;
}
