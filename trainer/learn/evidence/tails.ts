/** How far out in its own column every value lies: the sum of two-sided tail surprises, after ECOD. */
import type { Matrix } from "../../data/matrix.ts";
import { countBelow, countUpTo } from "../../counts.ts";

/** Quantiles of the normal rows between which a column's surprise is taken as linear. */
const KNOTS = [0, 0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.995, 0.999, 1];
/** Beyond the outermost normal value the surprise rises to its greatest over this distance. */
const MARGIN = 0.05;
/** Knots are further apart than this. */
const LEAST_WIDTH = 1e-3;
/** Normal rows looked at. */
const MOST_ROWS = 20_000;

/** Σ_j −ln min(1, 2·P(X_j beyond x_j)): for each column knots and the surprise at them, between them linear. */
export type Tails = readonly { readonly places: Float32Array; readonly values: Float32Array }[];

/** Li et al. 2022, "ECOD: unsupervised outlier detection using empirical cumulative distribution functions", two-sided. */
export function fitTails(normal: Matrix): Tails {
  const step = Math.max(1, Math.ceil(normal.rows / MOST_ROWS));
  return Array.from({ length: normal.cols }, (_, j) => {
    const sorted = Float32Array.from(
      { length: Math.floor((normal.rows - 1) / step) + 1 },
      (__, i) => normal.data[i * step * normal.cols + j],
    ).sort();
    const quantiles = KNOTS.map((q) => sorted[Math.round(q * (sorted.length - 1))]);
    const places: number[] = [quantiles[0] - MARGIN];
    for (const place of [...quantiles, quantiles[quantiles.length - 1] + MARGIN]) {
      if (place - places[places.length - 1] >= LEAST_WIDTH) places.push(place);
    }
    return {
      places: Float32Array.from(places),
      values: Float32Array.from(places, (place) => surprise(sorted, place)),
    };
  });
}

/** Summed surprise of every row. */
export function surprises(tails: Tails, rows: Matrix): Float32Array {
  return Float32Array.from({ length: rows.rows }, (_, i) => {
    let sum = 0;
    for (const [j, { places, values }] of tails.entries()) {
      const x = rows.data[i * rows.cols + j];
      let next = 0;
      while (next < places.length && places[next] <= x) next++;
      if (next === 0 || next === places.length) {
        sum += values[Math.max(0, next - 1)];
        continue;
      }
      const done = (x - places[next - 1]) / (places[next] - places[next - 1]);
      sum += values[next - 1] + done * (values[next] - values[next - 1]);
    }
    return sum;
  });
}

/** −ln min(1, 2·the smaller tail at x), half a row added to either tail so that none is empty. */
function surprise(sorted: Float32Array, x: number): number {
  const n = sorted.length;
  const low = (countUpTo(sorted, x) + 0.5) / (n + 1);
  const high = (n - countBelow(sorted, x) + 0.5) / (n + 1);
  return Math.max(0, -Math.log(Math.min(1, 2 * Math.min(low, high))));
}
