/** Calibration: from scores of validation rows to a probability that a row is anomalous, classes weighing half each. */
import { countUpTo } from "../counts.ts";

/** Maps one score to a probability in [0, 1]; never falls as the score rises. */
export type Calibration = (score: number) => number;

const MOST_STEPS = 100;
/** Scores and logits beyond ± this many are as good as infinite. */
const FAR = 40;

/**
 * Platt scaling: P = σ(a·s + b), a ≥ 0, of least cross-entropy, by Newton's method with step halving and Platt's
 * smoothed targets, which keep a finite where scores separate the classes. Scores are standardised first, so that their
 * unit does not matter.
 *
 * @param labels 1 anomalous, 0 normal; both must occur
 * @throws RangeError without both classes
 * @see Platt 1999; Lin, Lin, Weng: A note on Platt's probabilistic outputs for support vector machines, 2007
 */
export function platt(labels: ArrayLike<number>, scores: ArrayLike<number>): Calibration {
  const { slope, intercept } = plattLine(labels, scores);
  return (score) => sigmoid(slope * score + intercept);
}

/** The line a·s + b of Platt scaling; both 0 where scores fall with anomaly or are all alike. @throws RangeError without both classes */
export function plattLine(
  labels: ArrayLike<number>,
  scores: ArrayLike<number>,
): { readonly slope: number; readonly intercept: number } {
  const { targets, weights } = smoothed(labels);
  const n = labels.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += weights[i] * scores[i];
  let variance = 0;
  for (let i = 0; i < n; i++) variance += weights[i] * (scores[i] - mean) ** 2;
  const scale = Math.sqrt(variance);
  // All the same but for rounding, they say nothing.
  if (scale <= 1e-12 * Math.abs(mean)) return { slope: 0, intercept: 0 };
  const x = Float64Array.from({ length: n }, (_, i) => (scores[i] - mean) / scale);
  let [a, b] = [0, 0];
  let loss = crossEntropy(x, targets, weights, a, b);
  for (let step = 0; step < MOST_STEPS; step++) {
    let [ga, gb, haa, hab, hbb] = [0, 0, 1e-9, 0, 1e-9];
    for (let i = 0; i < n; i++) {
      const p = sigmoid(a * x[i] + b);
      const gap = weights[i] * (p - targets[i]);
      const curve = weights[i] * p * (1 - p);
      ga += gap * x[i];
      gb += gap;
      haa += curve * x[i] * x[i];
      hab += curve * x[i];
      hbb += curve;
    }
    const determinant = haa * hbb - hab * hab;
    const [da, db] = [(hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant];
    let length = 1;
    let next = loss;
    for (; length > 1e-6; length /= 2) {
      next = crossEntropy(x, targets, weights, a - length * da, b - length * db);
      if (next <= loss) break;
    }
    if (!(next <= loss)) break;
    [a, b] = [a - length * da, b - length * db];
    const gain = loss - next;
    loss = next;
    if (gain < 1e-12) break;
  }
  // A score that falls with anomaly says nothing to be trusted: no slope rather than a turned ranking.
  if (a < 0) return { slope: 0, intercept: 0 };
  return { slope: a / scale, intercept: b - (a * mean) / scale };
}

/**
 * Temperature: P = σ(logit(p) / T) of least cross-entropy, by golden section over log T in [−4, 4].
 *
 * @param probabilities scores already meant as probabilities
 * @throws RangeError without both classes
 * @see Guo, Pleiss, Sun, Weinberger: On calibration of modern neural networks, 2017
 */
export function temperature(labels: ArrayLike<number>, probabilities: ArrayLike<number>): Calibration {
  const { weights } = smoothed(labels);
  const logits = Float64Array.from(probabilities, logit);
  const targets = Float64Array.from(labels);
  const loss = (log: number): number => crossEntropy(logits, targets, weights, Math.exp(-log), 0);
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [-4, 4];
  for (let i = 0; i < 60; i++) {
    const width = golden * (high - low);
    if (loss(high - width) <= loss(low + width)) high = low + width;
    else low = high - width;
  }
  const slope = Math.exp(-(low + high) / 2);
  return (probability) => sigmoid(slope * logit(probability));
}

/**
 * Isotonic regression: the rising steps of least squared error, by pooling adjacent violators; between the steps' scores
 * linear, beyond them constant.
 *
 * @throws RangeError without both classes
 * @see Zadrozny, Elkan: Transforming classifier scores into accurate multiclass probability estimates, 2002
 */
export function isotonic(labels: ArrayLike<number>, scores: ArrayLike<number>): Calibration {
  const { weights } = smoothed(labels);
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort((i, j) => scores[i] - scores[j]);
  const pools: { first: number; last: number; weight: number; mean: number }[] = [];
  for (const i of order) {
    let pool = { first: scores[i], last: scores[i], weight: weights[i], mean: labels[i] };
    // Equal scores share a step whatever their labels.
    for (let last = pools.at(-1); last && (last.mean >= pool.mean || last.last === pool.first); last = pools.at(-1)) {
      pools.pop();
      const weight = last.weight + pool.weight;
      const mean = (last.weight * last.mean + pool.weight * pool.mean) / weight;
      pool = { first: last.first, last: pool.last, weight, mean };
    }
    pools.push(pool);
  }
  const xs = Float64Array.from(pools.flatMap(({ first, last }) => [first, last]));
  const ys = Float64Array.from(pools.flatMap(({ mean }) => [mean, mean]));
  return (score) => {
    const next = countUpTo(xs, score);
    if (next === 0) return ys[0];
    if (next === xs.length) return ys[xs.length - 1];
    const share = (score - xs[next - 1]) / (xs[next] - xs[next - 1]);
    return ys[next - 1] + share * (ys[next] - ys[next - 1]);
  };
}

/** Platt's targets (n₊ + 1)/(n₊ + 2) and 1/(n₋ + 2), and weights that add up to a half in each class. */
function smoothed(labels: ArrayLike<number>): { targets: Float64Array; weights: Float64Array } {
  let positives = 0;
  for (let i = 0; i < labels.length; i++) positives += labels[i];
  const negatives = labels.length - positives;
  if (positives === 0 || negatives === 0) throw new RangeError("both classes are needed");
  const [high, low] = [(positives + 1) / (positives + 2), 1 / (negatives + 2)];
  return {
    targets: Float64Array.from(labels, (label) => (label === 1 ? high : low)),
    weights: Float64Array.from(labels, (label) => 0.5 / (label === 1 ? positives : negatives)),
  };
}

/** Σ w·(log(1 + e^z) − t·z) with z = a·x + b. */
function crossEntropy(x: Float64Array, targets: Float64Array, weights: Float64Array, a: number, b: number): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const z = a * x[i] + b;
    sum += weights[i] * (Math.max(0, z) + Math.log1p(Math.exp(-Math.abs(z))) - targets[i] * z);
  }
  return sum;
}

/** 1/(1 + e^−z), in double precision. */
export function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}

/** log p − log(1 − p), within ± 40, in double precision. */
export function logit(p: number): number {
  return Math.min(FAR, Math.max(-FAR, Math.log(p) - Math.log1p(-p)));
}
