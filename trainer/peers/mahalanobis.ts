/** One Gaussian over the normal rows: the Mahalanobis distance under their mean and ridged covariance. */
import type { Matrix } from "../data/matrix.ts";
import { cholesky, forward } from "../learn/cholesky.ts";
import { columnMeans } from "../learn/distances.ts";
import type { Fitted } from "./method.ts";
import { normalRows } from "./training-rows.ts";
import { tunedDetector } from "./tuned.ts";

/** Added to every variance, in units of the encoded inputs. */
const RIDGE = 0.01;

export const mahalanobis = tunedDetector({
  name: "mahalanobis",
  title: "Mahalanobis distance",
  source: "Mahalanobis: On the generalised distance in statistics, 1936",
  group: "practice",
  settings: [RIDGE, 0.001, 0.1, 1],
  prepare: (side) => {
    const train = normalRows(side);
    return (ridge) => fitGaussian(train, ridge);
  },
});

/** Scores are distances √((x − μ)ᵀ·(Σ + ridge·I)⁻¹·(x − μ)), Σ with divisor n − 1. */
export function fitGaussian(train: Matrix, ridge = RIDGE): Fitted {
  const { cols } = train;
  const mean = columnMeans(train);
  const lower = cholesky(ridgedCovariance(train, mean, ridge), cols);
  const difference = new Float64Array(cols);
  return {
    bytes: 4 * (cols + (cols * (cols + 1)) / 2),
    score: ({ rows, data }) => {
      const scores = new Float64Array(rows);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < cols; j++) difference[j] = data[i * cols + j] - mean[j];
        scores[i] = Math.sqrt(forward(lower, cols, difference));
      }
      return scores;
    },
  };
}

/** Σ + ridge·I, (cols, cols); only the lower half is filled. */
function ridgedCovariance({ rows, cols, data }: Matrix, mean: Float64Array, ridge: number): Float64Array {
  const covariance = new Float64Array(cols * cols);
  const row = new Float64Array(cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) row[j] = data[i * cols + j] - mean[j];
    for (let j = 0; j < cols; j++) {
      const value = row[j];
      if (value === 0) continue;
      for (let k = 0, at = j * cols; k <= j; k++, at++) covariance[at] += value * row[k];
    }
  }
  const divisor = Math.max(1, rows - 1);
  for (let at = 0; at < covariance.length; at++) covariance[at] /= divisor;
  for (let j = 0; j < cols; j++) covariance[j * cols + j] += ridge;
  return covariance;
}
