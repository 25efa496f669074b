/** The normal rows as one Gaussian: Mahalanobis distance, and what each input deviates from what the others foretell. */
import { Kernel } from "../../../model/kernel.ts";
import { backward, cholesky, forward } from "../cholesky.ts";
import type { Matrix } from "../../data/matrix.ts";
import { kernelModule } from "../engine.ts";

/** Added to the variance of every input. */
const RIDGE = 0.02;
/** Normal rows looked at. */
const MOST_ROWS = 50_000;
/** Rows of one product. */
const BLOCK = 64;
/**
 * Weights below this share of an input's own are rounding, and are none: an input that never varies would get residuals
 * of 1e-24 by them, which trees could split by and which no two orders of summing agree on.
 */
const ROUNDING = 2 ** -24;

/**
 * r (D) = w·x + b are the conditional residuals (P·(x − μ))/√diag(P), P = (Σ + ridge·I)⁻¹: how far input j lies from its
 * regression on all others, in that regression's own standard deviations. Σ (x − μ)·r·weight is the squared distance.
 */
export interface Gaussian {
  readonly w: Float32Array;
  readonly b: Float32Array;
  readonly mean: Float32Array;
  readonly weight: Float32Array;
}

export function fitGaussian({ rows, cols: n, data }: Matrix): Gaussian {
  const step = Math.max(1, Math.ceil(rows / MOST_ROWS));
  const used = Math.ceil(rows / step);
  const mean = new Float64Array(n);
  for (let i = 0; i < rows; i += step) for (let j = 0; j < n; j++) mean[j] += data[i * n + j] / used;
  const covariance = new Float64Array(n * n);
  const offset = new Float64Array(n);
  for (let i = 0; i < rows; i += step) {
    for (let j = 0; j < n; j++) offset[j] = data[i * n + j] - mean[j];
    for (let j = 0; j < n; j++) {
      for (let k = 0, at = j * n; k <= j; k++, at++) covariance[at] += offset[j] * offset[k];
    }
  }
  for (let j = 0; j < n; j++) {
    for (let k = 0; k <= j; k++) covariance[j * n + k] /= Math.max(1, used - 1);
    covariance[j * n + j] += RIDGE;
  }
  const lower = cholesky(covariance, n);
  const w = new Float32Array(n * n);
  const b = new Float32Array(n);
  const weight = new Float32Array(n);
  const row = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    row.fill(0);
    row[j] = 1;
    forward(lower, n, row);
    backward(lower, n, row);
    const deviation = Math.sqrt(row[j]);
    weight[j] = deviation;
    let bias = 0;
    for (let k = 0; k < n; k++) {
      if (Math.abs(row[k]) < ROUNDING * row[j]) row[k] = 0;
      w[j * n + k] = row[k] / deviation;
      bias -= (row[k] / deviation) * mean[k];
    }
    b[j] = bias;
  }
  return { w, b, mean: Float32Array.from(mean), weight };
}

/** Conditional residuals (rows, D), by the product that scoring runs. */
export function conditional({ w, b }: Gaussian, { rows, cols: n, data }: Matrix): Matrix {
  const kernel = new Kernel(kernelModule("score"));
  const { pack, stride } = kernel.functions;
  const padded = Math.ceil(n / 16) * 16;
  const packed = kernel.allocate(padded * n);
  const bias = kernel.allocate(padded);
  const staging = kernel.allocate(n * n);
  const input = kernel.allocate(BLOCK * stride(n));
  const output = kernel.allocate(BLOCK * stride(n));
  const run = kernel.compile([["LINEAR", input, n, packed, bias, output, n, 0, { float: 1 }]]);
  kernel.floats(staging, n * n).set(w);
  kernel.floats(bias, n).set(b);
  pack(staging, n, n, packed);
  const [x, y] = [input, output].map((at) => kernel.floats(at, BLOCK * stride(n)));
  const out = new Float32Array(rows * n);
  for (let first = 0; first < rows; first += BLOCK) {
    const many = Math.min(BLOCK, rows - first);
    for (let i = 0, at = first * n; i < many; i++, at += n) x.set(data.subarray(at, at + n), i * stride(n));
    run(many);
    for (let i = 0, at = first * n; i < many; i++, at += n) out.set(y.subarray(i * stride(n), i * stride(n) + n), at);
  }
  return { rows, cols: n, data: out };
}

/** Mahalanobis distances (rows), given the rows' conditional residuals. */
export function distances(
  { mean, weight }: Gaussian,
  { rows, cols: n, data }: Matrix,
  residuals: Matrix,
): Float32Array {
  return Float32Array.from({ length: rows }, (_, i) => {
    let sum = 0;
    for (let j = 0, at = i * n; j < n; j++, at++) sum += (data[at] - mean[j]) * residuals.data[at] * weight[j];
    return Math.sqrt(Math.max(0, sum));
  });
}
