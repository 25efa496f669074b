/** ResAD (Yao et al. 2024): what a row differs by from its nearest normal reference, drawn together where it is normal. */
import type { Matrix } from "../data/matrix.ts";
import { type Draw, drawFor } from "../learn/draw.ts";
import { Distances } from "../learn/distances.ts";
import { fitGaussian } from "./mahalanobis.ts";
import type { EncodedSide, Fitted } from "./method.ts";
import { BATCH, Mlp } from "./mlp.ts";
import { drawInto, families, seenAuc, train } from "./training.ts";
import { drawRows, rowsAt } from "../learn/select.ts";
import { normalRows } from "./training-rows.ts";
import { tunedClassifier } from "./tuned.ts";

/** Normal rows kept as references, at most half of them. */
const REFERENCES = 1024;
const STEPS = 500;
const RATE = 2e-3;
const DRAW = 4316;

export const resAd = tunedClassifier<boolean>({
  name: "resad",
  title: "ResAD",
  source: "Yao, Chen, Gao, Zhai, Zhang: ResAD: a simple framework for class generalizable anomaly detection, 2024",
  group: "paper",
  settings: [true, false],
  prepare,
});

/**
 * Features are the encoded inputs, where the authors have a pretrained image network. The density on constrained
 * residuals is one Gaussian, where they have a normalising flow and a loss (5) of its own: scores are Mahalanobis
 * distances, which rank as (7).
 * Without labels the residuals stay as they are, since the loss of normal rows alone is solved by mapping all to 0.
 *
 * @returns the fit, of residuals constrained by the labels, as theirs are, or of plain ones
 */
function prepare(side: EncodedSide): (constrain: boolean) => Fitted {
  const draw = drawFor(side.seed, DRAW);
  const normal = normalRows(side);
  // No training row may be its own reference: residuals of normal rows would be 0.
  const order = drawRows(normal.rows, normal.rows, draw);
  const kept = Math.min(REFERENCES, Math.floor(normal.rows / 2));
  const pool = new Distances(rowsAt(normal, order.subarray(0, kept).toSorted()));
  const residuals = residualsOf(pool, rowsAt(normal, order.subarray(kept)));
  return (constrain) => {
    if (side.seen.length > 0 && constrain) return fitConstrained(side, pool, residuals, draw);
    const density = fitGaussian(residuals);
    return { bytes: pool.bytes + density.bytes, score: (rows) => density.score(residualsOf(pool, rows)) };
  };
}

function fitConstrained(side: EncodedSide, pool: Distances, residuals: Matrix, draw: Draw): Fitted {
  const { width } = side;
  // Shallow, as theirs is, so that it cannot overfit the known anomalies; without biases residual 0 stays at 0.
  const constraintor = new Mlp({ sizes: [width, 128, width], bias: false, decay: 1e-3 }, draw);
  const anomalies = families(side).map((rows) => residualsOf(pool, rows));
  const half = BATCH / 2;
  const x = new Float32Array(BATCH * width);
  const gradient = new Float32Array(x.length);
  train({
    nets: [constraintor],
    steps: STEPS,
    rate: RATE,
    gradients: () => {
      drawInto([residuals], half, draw, x);
      drawInto(anomalies, half, draw, x, half);
      occGradient(constraintor.forward(x, BATCH), x, half, width, gradient);
      constraintor.backward(gradient);
    },
    value: seenAuc(side, (rows) => lengths(constraintor.apply(residualsOf(pool, rows)))),
  });

  const constrained = constraintor.apply(residuals);
  const scale = 1 / Math.sqrt(constrained.data.reduce((sum, v) => sum + v * v, 1e-12) / constrained.data.length);
  const density = fitGaussian(scaled(constrained, scale));
  return {
    bytes: pool.bytes + constraintor.bytes + density.bytes,
    score: (rows) => density.score(scaled(constraintor.apply(residualsOf(pool, rows)), scale)),
  };
}

/** (1): x − argmin over the pool of ‖x − reference‖. */
function residualsOf(pool: Distances, rows: Matrix): Matrix {
  const { cols } = rows;
  const data = rows.data.slice();
  const references = pool.rows.data;
  for (const [row, nearest] of pool.nearest(rows).entries()) {
    for (let j = 0; j < cols; j++) data[row * cols + j] -= references[nearest * cols + j];
  }
  return { rows: rows.rows, cols, data };
}

/**
 * (2), the abnormal invariant OCC loss, normal and anomalous rows half each: √(‖x′‖ + 1) − 1 draws constrained residuals
 * x′ of normal rows to the origin, ‖x′ − x‖ leaves those of anomalies as they are.
 *
 * @param normals rows at the start of the batch that are normal
 */
function occGradient(y: Float32Array, x: Float32Array, normals: number, width: number, gradient: Float32Array): void {
  const rows = y.length / width;
  for (let i = 0; i < rows; i++) {
    const isNormal = i < normals;
    let squared = 1e-12;
    for (let j = i * width; j < (i + 1) * width; j++) squared += (y[j] - (isNormal ? 0 : x[j])) ** 2;
    const length = Math.sqrt(squared);
    const slope = (isNormal ? 1 / (2 * Math.sqrt(length + 1)) : 1) / (length * rows);
    for (let j = i * width; j < (i + 1) * width; j++) gradient[j] = slope * (y[j] - (isNormal ? 0 : x[j]));
  }
}

function lengths({ rows, cols, data }: Matrix): Float64Array {
  const result = new Float64Array(rows);
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < cols; j++, at++) result[i] += data[at] ** 2;
  return result;
}

function scaled({ rows, cols, data }: Matrix, factor: number): Matrix {
  return { rows, cols, data: data.map((value) => factor * value) };
}
