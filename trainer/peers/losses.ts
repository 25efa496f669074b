/** Losses of the neural peers' classifiers, with their gradients to the logits. */

import { sigmoid } from "../evaluate/calibrate.ts";

/** Anomaly probabilities of logits. */
export function probabilities(logits: Float32Array): Float64Array {
  return Float64Array.from(logits, sigmoid);
}

/**
 * Mean binary cross-entropy of logits against targets in {0, 1}.
 *
 * @param gradient receives (σ(ℓ) − y)/n
 */
export function binaryCrossEntropy(logits: Float32Array, targets: ArrayLike<number>, gradient: Float32Array): number {
  const n = logits.length;
  let loss = 0;
  for (let i = 0; i < n; i++) {
    const logit = logits[i];
    // log(1 + e^ℓ) − y·ℓ without overflow
    loss += Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit))) - targets[i] * logit;
    gradient[i] = (sigmoid(logit) - targets[i]) / n;
  }
  return loss / n;
}

/** Softmax of one row of logits at temperature T into `out`. */
export function softmax(
  logits: ArrayLike<number>,
  at: number,
  classes: number,
  temperature: number,
  out: Float64Array,
): void {
  let highest = -Infinity;
  for (let j = 0; j < classes; j++) highest = Math.max(highest, logits[at + j]);
  let sum = 0;
  for (let j = 0; j < classes; j++) sum += out[j] = Math.exp((logits[at + j] - highest) / temperature);
  for (let j = 0; j < classes; j++) out[j] /= sum;
}

/**
 * Mean cross-entropy of softmax rows (rows, classes).
 *
 * @param targets class of each row
 * @param gradient receives (S − onehot)/rows, (rows, classes)
 */
export function crossEntropy(
  logits: Float32Array,
  classes: number,
  targets: ArrayLike<number>,
  gradient: Float32Array,
): number {
  const rows = logits.length / classes;
  const weight = 1 / rows;
  const shares = new Float64Array(classes);
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    softmax(logits, i * classes, classes, 1, shares);
    const target = targets[i];
    loss -= weight * Math.log(Math.max(shares[target], 1e-300));
    for (let j = 0; j < classes; j++) gradient[i * classes + j] = weight * (shares[j] - (j === target ? 1 : 0));
  }
  return loss;
}
