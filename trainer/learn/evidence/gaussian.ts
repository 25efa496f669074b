/** The normal rows as one Gaussian, and the Mahalanobis distance to it. */
import { Kernel } from "../../../model/kernel.ts";
import { cholesky, forward } from "../cholesky.ts";
import type { Matrix } from "../../data/matrix.ts";
import { kernelModule } from "../engine.ts";
import type { Relevance } from "./relevance.ts";

/** Added to the variance of every input. */
const RIDGE = 0.02;
/** Normal rows looked at. */
const MOST_ROWS = 50_000;
/** Rows of one product. */
const BLOCK = 64;

/** z (D) = w·x + b = L⁻¹·(x − μ), Σ + ridge·I = L·Lᵀ: the whitened inputs. ‖z‖ is the Mahalanobis distance. */
export interface Gaussian {
  readonly w: Float32Array;
  readonly b: Float32Array;
}

/** @param relevance what each whitened input counts, where not all count alike */
export function fitGaussian({ rows, cols: n, data }: Matrix, relevance: Relevance): Gaussian {
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
  const column = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    column.fill(0);
    column[j] = 1;
    forward(lower, n, column);
    for (let i = 0; i < n; i++) w[i * n + j] = column[i];
  }
  forward(lower, n, mean);
  if (relevance) {
    for (let i = 0; i < n; i++) {
      mean[i] *= relevance[i];
      for (let j = 0; j < n; j++) w[i * n + j] *= relevance[i];
    }
  }
  return { w, b: Float32Array.from(mean, (value) => -value) };
}

/** ln(1 + ‖z‖²/D) of the whitened rows (rows), by the instructions that scoring runs. */
export function distances({ w, b }: Gaussian, { rows, cols: n, data }: Matrix): Float32Array {
  const kernel = new Kernel(kernelModule("score"));
  const { pack, stride } = kernel.functions;
  const padded = Math.ceil(n / 16) * 16;
  const packed = kernel.allocate(padded * n);
  const bias = kernel.allocate(padded);
  const staging = kernel.allocate(n * n);
  const input = kernel.allocate(BLOCK * stride(n));
  const white = kernel.allocate(BLOCK * stride(n));
  const distance = kernel.allocate(BLOCK);
  const run = kernel.compile([
    ["LINEAR", input, n, packed, bias, white, n, 0, { float: 1 }],
    ["LOG_MEAN_SQUARE", white, n, distance],
  ]);
  kernel.floats(staging, n * n).set(w);
  kernel.floats(bias, n).set(b);
  pack(staging, n, n, packed);
  const [x, out] = [kernel.floats(input, BLOCK * stride(n)), kernel.floats(distance, BLOCK)];
  const result = new Float32Array(rows);
  for (let first = 0; first < rows; first += BLOCK) {
    const many = Math.min(BLOCK, rows - first);
    for (let i = 0, at = first * n; i < many; i++, at += n) x.set(data.subarray(at, at + n), i * stride(n));
    run(many);
    result.set(out.subarray(0, many), first);
  }
  return result;
}
