/** Corrupted normal rows: an anomaly family of no labels, which keeps the normal manifold in view. */
import type { Matrix } from "../data/matrix.ts";
import { below, type Draw, gaussian, unit } from "./draw.ts";

/** `count` corrupted rows, each from a normal row of one of the domains. */
export function corrupted(domains: readonly Matrix[], count: number, draw: Draw): Matrix {
  const [{ cols }] = domains;
  const data = new Float32Array(count * cols);
  for (let i = 0; i < count; i++) {
    const domain = domains[below(draw, domains.length)];
    const row = below(draw, domain.rows) * cols;
    const other = below(draw, domain.rows) * cols;
    corrupt(domain, row, other, data.subarray(i * cols, (i + 1) * cols), draw);
  }
  return { rows: count, cols, data };
}

/**
 * Writes row `row` with a random share of its columns (at least one) spoilt: half of the time by the values of row
 * `other`, which breaks what columns have to do with each other, else by noise of 1 to 4 scales, which leaves the
 * range of the normal rows.
 */
export function corrupt({ data, cols }: Matrix, row: number, other: number, out: Float32Array, draw: Draw): void {
  const share = 0.05 + 0.45 * unit(draw);
  const noise = unit(draw) < 0.5 ? 1 + 3 * unit(draw) : 0;
  const surely = below(draw, cols);
  for (let j = 0; j < cols; j++) {
    const spoilt = j === surely || unit(draw) < share;
    if (!spoilt) out[j] = data[row + j];
    else if (noise > 0) out[j] = data[row + j] + noise * gaussian(draw);
    else out[j] = data[other + j];
  }
}
