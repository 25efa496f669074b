/** A plain linear classifier: logistic regression by gradient descent with momentum, both classes of equal weight. */

import type { Vector } from "./table.ts";

const STEPS = 100;
const RATE = 0.1;
const MOMENTUM = 0.9;
const DECAY = 1e-3;

/** Returns a scorer: higher means more like the anomalies. */
export function fitLogistic(normal: readonly Vector[], anomalies: readonly Vector[]): (row: Vector) => number {
  const cols = normal[0]?.length ?? 0;
  const weights = new Float64Array(cols + 1); // the last is the bias
  const gradient = new Float64Array(cols + 1);
  const speed = new Float64Array(cols + 1);
  const logit = (row: Vector) => {
    let sum = weights[cols] ?? 0;
    for (let col = 0; col < cols; col++) sum += (row[col] ?? 0) * (weights[col] ?? 0);
    return sum;
  };
  const collect = (rows: readonly Vector[], label: number) => {
    for (const row of rows) {
      const error = (1 / (1 + Math.exp(-logit(row))) - label) / (2 * rows.length);
      for (let col = 0; col < cols; col++) gradient[col] = (gradient[col] ?? 0) + error * (row[col] ?? 0);
      gradient[cols] = (gradient[cols] ?? 0) + error;
    }
  };
  for (let step = 0; step < STEPS; step++) {
    gradient.fill(0);
    collect(normal, 0);
    collect(anomalies, 1);
    for (let col = 0; col <= cols; col++) {
      const weight = weights[col] ?? 0;
      speed[col] = MOMENTUM * (speed[col] ?? 0) + (gradient[col] ?? 0) + DECAY * weight;
      weights[col] = weight - RATE * (speed[col] ?? 0);
    }
  }
  return logit;
}
