/** A one-class SVM with a Gaussian kernel: the smallest region of feature space that holds most normal rows. */
import type { Matrix } from "../data/matrix.ts";
import { drawFor } from "../learn/draw.ts";
import { Distances } from "../learn/distances.ts";
import type { Fitted } from "./method.ts";
import { atMost, rowsAt } from "../learn/select.ts";
import { normalRows } from "./training-rows.ts";
import { tunedDetector } from "./tuned.ts";

interface Setting {
  /** ν: an upper bound on the share of training rows outside, a lower bound on that of support vectors. */
  readonly nu: number;
  /** γ·inputs·variance: 1 for the usual width of the kernel. */
  readonly gamma: number;
}

const DEFAULT: Setting = { nu: 0.05, gamma: 1 };
const MOST_ROWS = 3000;
/** The largest violation of the optimality conditions that is left, as in libsvm. */
const TOLERANCE = 1e-3;
const DRAW = 4301;

/** Fitted on at most 3,000 normal training rows, drawn by the seed where there are more. */
export const oneClassSvm = tunedDetector<Setting>({
  name: "one-class-svm",
  title: "One-class SVM (RBF)",
  source:
    "Schölkopf, Platt, Shawe-Taylor, Smola, Williamson: Estimating the support of a high-dimensional distribution, 2001",
  group: "practice",
  settings: [DEFAULT, { nu: 0.05, gamma: 0.1 }, { nu: 0.05, gamma: 10 }, { nu: 0.2, gamma: 1 }],
  prepare: (side) => {
    const train = atMost(normalRows(side), MOST_ROWS, drawFor(side.seed, DRAW));
    return (setting) => fitOneClass(train, setting);
  },
});

/** Scores are ρ − Σ α·k(x, t): above 0 outside the region. */
export function fitOneClass(train: Matrix, { nu, gamma: scale } = DEFAULT): Fitted {
  const gamma = scale / (train.cols * (variance(train.data) || 1));
  const { alpha, rho } = solveDual(kernelMatrix(train, gamma), train.rows, nu * train.rows);
  const support = Array.from(alpha.keys()).filter((i) => alpha[i] > 0);
  const weights = Float64Array.from(support, (i) => alpha[i]);
  const distances = new Distances(rowsAt(train, support));
  return {
    bytes: distances.bytes + 4 * (weights.length + 1),
    score: (rows) => {
      const scores = new Float64Array(rows.rows);
      distances.each(rows, (row, squared, offsets) => {
        let sum = 0;
        for (let i = 0; i < weights.length; i++) sum += weights[i] * gaussianOf(gamma, squared + offsets[i]);
        scores[row] = rho - sum;
      });
      return scores;
    },
  };
}

/** k(x, t) = exp(−γ·‖x − t‖²). */
function gaussianOf(gamma: number, squared: number): number {
  return squared > 0 ? Math.exp(-gamma * squared) : 1;
}

/** (n, n), ones on the diagonal. */
function kernelMatrix(train: Matrix, gamma: number): Float32Array {
  const n = train.rows;
  const matrix = new Float32Array(n * n);
  new Distances(train).each(train, (row, squared, offsets) => {
    for (let i = 0; i < row; i++) {
      const value = gaussianOf(gamma, squared + offsets[i]);
      matrix[row * n + i] = value;
      matrix[i * n + row] = value;
    }
    matrix[row * n + row] = 1;
  });
  return matrix;
}

/**
 * Minimises ½·αᵀ·K·α subject to 0 ≤ α ≤ 1 and Σα = total, two multipliers at a time: the first where the slope pulls
 * up most, the second where a step promises most by second order (Fan, Chen, Lin 2005).
 */
function solveDual(kernel: Float32Array, n: number, total: number): { alpha: Float64Array; rho: number } {
  const alpha = new Float64Array(n);
  const slope = new Float64Array(n);
  for (let i = 0; i < n && i < total; i++) {
    alpha[i] = Math.min(1, total - i);
    for (let j = 0, at = i * n; j < n; j++, at++) slope[j] += alpha[i] * kernel[at];
  }
  for (let step = 0; step < 100 * n; step++) {
    let up = -1;
    for (let i = 0; i < n; i++) if (alpha[i] < 1 && (up < 0 || slope[i] < slope[up])) up = i;
    let down = -1;
    let promise = 0;
    let violation = 0;
    for (let i = 0, at = up * n; i < n && up >= 0; i++, at++) {
      const pull = slope[i] - slope[up];
      if (alpha[i] <= 0 || pull <= 0) continue;
      if (pull > violation) violation = pull;
      const gain = (pull * pull) / Math.max(2 - 2 * kernel[at], 1e-12);
      if (gain <= promise) continue;
      promise = gain;
      down = i;
    }
    if (violation < TOLERANCE) break;
    const best = (slope[down] - slope[up]) / Math.max(2 - 2 * kernel[up * n + down], 1e-12);
    const change = Math.min(best, 1 - alpha[up], alpha[down]);
    alpha[up] = change === 1 - alpha[up] ? 1 : alpha[up] + change;
    alpha[down] = change === alpha[down] ? 0 : alpha[down] - change;
    for (let j = 0, a = up * n, b = down * n; j < n; j++, a++, b++) slope[j] += change * (kernel[a] - kernel[b]);
  }
  return { alpha, rho: threshold(alpha, slope) };
}

/** ρ: the slope where a multiplier is free, else half-way between the bounded ones. */
function threshold(alpha: Float64Array, slope: Float64Array): number {
  let sum = 0;
  let free = 0;
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; i < alpha.length; i++) {
    if (alpha[i] >= 1) most = Math.max(most, slope[i]);
    else if (alpha[i] <= 0) least = Math.min(least, slope[i]);
    else {
      sum += slope[i];
      free++;
    }
  }
  if (free > 0) return sum / free;
  if (least === Infinity) return most;
  return most === -Infinity ? least : (least + most) / 2;
}

/** Variance of all values together. */
function variance(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2;
  return squares / values.length;
}
