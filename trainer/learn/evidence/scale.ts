/** Evidence in a common unit: centred on the median normal row, scaled by the 95th percentile, more beyond the last one. */
import { EVIDENCE, type Scale, standardised } from "../../../model/evidence.ts";
import type { Columns } from "./parts.ts";
import type { Table } from "./rows-of-evidence.ts";

/** Median, 1/(95th percentile − median), and the largest by these, of normal validation rows. */
function scaleOf(values: Float32Array): Scale {
  const sorted = values.toSorted();
  const centre = sorted[Math.floor(0.5 * (sorted.length - 1))];
  const spread = sorted[Math.floor(0.95 * (sorted.length - 1))] - centre;
  const scale = Math.fround(1 / Math.max(spread, 1e-4));
  return { centre, scale, far: Math.fround(Math.asinh((sorted[sorted.length - 1] - centre) * scale)) };
}

export function scalesOf(columns: Columns): Scale[] {
  return EVIDENCE.map((name) => scaleOf(columns[name]));
}

/** Standardised evidence, (rows, kinds). */
export function table(columns: Columns, scales: readonly Scale[]): Table {
  const rows = columns.shallow.length;
  const kinds = EVIDENCE.length;
  const data = new Float64Array(rows * kinds);
  for (const [j, name] of EVIDENCE.entries()) {
    for (let i = 0; i < rows; i++) data[i * kinds + j] = standardised(columns[name][i], scales[j]);
  }
  return { rows, data };
}
