/** Logistic regression on the labels with an L2 penalty, normal and anomalous rows counting half each. */
import { sigmoid } from "../evaluate/calibrate.ts";
import { constantScores } from "./training.ts";
import { backward, cholesky, forward } from "../learn/cholesky.ts";
import type { Fitted } from "./method.ts";
import { type Labelled, labelled } from "../learn/boosting/labelled.ts";
import { anomalousRows, normalRows } from "./training-rows.ts";
import { tunedClassifier } from "./tuned.ts";

/** C: what the summed losses (weights of mean 1) count against ½·‖w‖². */
const STRENGTH = 0.1;
const MOST_STEPS = 50;
/** The largest slope left, per training row. */
const TOLERANCE = 1e-8;

/** Probability of an anomaly among as many normal rows; without labels, one half for every row. */
export const logistic = tunedClassifier({
  name: "logistic",
  title: "Logistic regression",
  source: "Cox: The regression analysis of binary sequences, 1958",
  group: "practice",
  settings: [STRENGTH, 0.001, 0.01, 1],
  prepare: (side) => {
    const anomalous = anomalousRows(side);
    if (anomalous.rows === 0) return () => constantScores(true);
    const training = labelled(normalRows(side), anomalous);
    return (strength) => fitLogistic(training, strength);
  },
});

/** Minimises ½·‖w‖² + C·Σ weight·log loss by Newton's method with halved steps; the intercept is not penalised. */
export function fitLogistic(training: Labelled, strength = STRENGTH): Fitted {
  const { cols } = training.rows;
  const size = cols + 1;
  let point = evaluate(training, strength, new Float64Array(size));
  for (let step = 0; step < MOST_STEPS; step++) {
    if (point.slope.every((slope) => Math.abs(slope) < TOLERANCE * training.rows.rows)) break;
    const direction = point.slope.slice();
    const lower = cholesky(curvature(training, strength, point.shares), size);
    const descent = forward(lower, size, direction);
    backward(lower, size, direction);
    let next = point;
    for (let share = 1; share > 1e-6; share /= 2) {
      next = evaluate(
        training,
        strength,
        point.weights.map((weight, j) => weight - share * direction[j]),
      );
      if (next.loss <= point.loss - 1e-4 * share * descent) break;
    }
    if (next.loss >= point.loss) break;
    point = next;
  }
  const { weights } = point;
  return {
    probability: true,
    bytes: 4 * size,
    score: ({ rows, data }) => {
      const scores = new Float64Array(rows);
      for (let i = 0, at = 0; i < rows; i++) {
        let logit = weights[cols];
        for (let j = 0; j < cols; j++, at++) logit += weights[j] * data[at];
        scores[i] = sigmoid(logit);
      }
      return scores;
    },
  };
}

interface Point {
  /** (inputs + 1); the last is the intercept. */
  readonly weights: Float64Array;
  readonly loss: number;
  readonly slope: Float64Array;
  /** Per row, the probability of an anomaly. */
  readonly shares: Float64Array;
}

function evaluate(
  { rows: { rows, cols, data }, labels, weights: counts }: Labelled,
  strength: number,
  weights: Float64Array,
): Point {
  const slope = new Float64Array(cols + 1);
  const shares = new Float64Array(rows);
  let loss = 0;
  for (let j = 0; j < cols; j++) {
    loss += (weights[j] * weights[j]) / 2;
    slope[j] = weights[j];
  }
  for (let i = 0; i < rows; i++) {
    const from = i * cols;
    let logit = weights[cols];
    for (let j = 0; j < cols; j++) logit += weights[j] * data[from + j];
    const count = strength * counts[i];
    const against = labels[i] === 1 ? -logit : logit;
    loss += count * (against > 0 ? against + Math.log1p(Math.exp(-against)) : Math.log1p(Math.exp(against)));
    shares[i] = sigmoid(logit);
    const error = count * (shares[i] - labels[i]);
    for (let j = 0; j < cols; j++) slope[j] += error * data[from + j];
    slope[cols] += error;
  }
  return { weights, loss, slope, shares };
}

/** Second derivatives, (inputs + 1, inputs + 1); only the lower half is filled. */
function curvature(
  { rows: { rows, cols, data }, weights: counts }: Labelled,
  strength: number,
  shares: Float64Array,
): Float64Array {
  const size = cols + 1;
  const matrix = new Float64Array(size * size);
  const row = new Float64Array(size).fill(1);
  for (let i = 0; i < rows; i++) {
    const count = strength * counts[i] * shares[i] * (1 - shares[i]);
    if (count < 1e-14) continue;
    for (let j = 0; j < cols; j++) row[j] = data[i * cols + j];
    for (let j = 0; j < size; j++) {
      const value = count * row[j];
      if (value === 0) continue;
      for (let k = 0, at = j * size; k <= j; k++, at++) matrix[at] += value * row[k];
    }
  }
  for (let j = 0; j < cols; j++) matrix[j * size + j] += 1;
  matrix[size * size - 1] += 1e-10;
  return matrix;
}
