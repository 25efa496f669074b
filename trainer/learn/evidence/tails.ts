/** How far out in its own column every value lies: the sum of two-sided tail surprises, after ECOD. */
import type { Matrix } from "../../data/matrix.ts";
import { type Pieces } from "./pieces.ts";

/** Quantiles of the normal rows between which a column's surprise is taken as linear. */
const KNOTS = [0, 0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.995, 0.999, 1];
/** Beyond the outermost normal value the surprise rises to its greatest over this distance. */
const MARGIN = 0.05;
/** Normal rows looked at. */
const MOST_ROWS = 20_000;

/** Σ_j −ln min(1, 2·P(X_j beyond x_j)) = bias + Σ_p weight_p·piece_p(x): piecewise linear in every column. */
export interface Tails {
  readonly pieces: Pieces;
  readonly weight: Float32Array;
  readonly bias: number;
}

/** Li et al. 2022, "ECOD: unsupervised outlier detection using empirical cumulative distribution functions", two-sided. */
export function fitTails(normal: Matrix): Tails {
  const column: number[] = [];
  const from: number[] = [];
  const scale: number[] = [];
  const weight: number[] = [];
  let bias = 0;
  const step = Math.max(1, Math.ceil(normal.rows / MOST_ROWS));
  for (let j = 0; j < normal.cols; j++) {
    const sorted = Float32Array.from(
      { length: Math.floor((normal.rows - 1) / step) + 1 },
      (_, i) => normal.data[i * step * normal.cols + j],
    ).sort();
    const places = KNOTS.map((q) => sorted[Math.round(q * (sorted.length - 1))]);
    const knots = [places[0] - MARGIN, ...places, places[places.length - 1] + MARGIN];
    let last = knots[0];
    let before = surprise(sorted, last);
    bias += before;
    for (const knot of knots.slice(1)) {
      if (knot - last < 1e-3) continue;
      const now = surprise(sorted, knot);
      column.push(j);
      from.push(last);
      scale.push(1 / (knot - last));
      weight.push(now - before);
      [last, before] = [knot, now];
    }
  }
  return {
    pieces: {
      count: column.length,
      inputs: normal.cols,
      column: Int32Array.from(column),
      from: Float32Array.from(from),
      scale: Float32Array.from(scale),
    },
    weight: Float32Array.from(weight),
    bias,
  };
}

/** Summed surprise of every row. */
export function surprises({ pieces, weight, bias }: Tails, rows: Matrix): Float32Array {
  const { count, column, from, scale } = pieces;
  return Float32Array.from({ length: rows.rows }, (_, i) => {
    const base = i * rows.cols;
    let sum = bias;
    for (let p = 0; p < count; p++) {
      const y = (rows.data[base + column[p]] - from[p]) * scale[p];
      sum += weight[p] * (y < 0 ? 0 : y > 1 ? 1 : y);
    }
    return sum;
  });
}

/** −ln min(1, 2·the smaller tail at x), half a row added to either tail so that none is empty. */
function surprise(sorted: Float32Array, x: number): number {
  const n = sorted.length;
  const low = (below(sorted, x, true) + 0.5) / (n + 1);
  const high = (n - below(sorted, x, false) + 0.5) / (n + 1);
  return Math.max(0, -Math.log(Math.min(1, 2 * Math.min(low, high))));
}

/** How many values are less than x, or with `equal` at most x. */
function below(sorted: Float32Array, x: number, equal: boolean): number {
  let [first, end] = [0, sorted.length];
  while (first < end) {
    const middle = (first + end) >> 1;
    if (sorted[middle] < x || (equal && sorted[middle] === x)) first = middle + 1;
    else end = middle;
  }
  return first;
}
