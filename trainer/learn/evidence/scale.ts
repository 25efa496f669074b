/** Evidence in a common unit: centred on the median normal row, scaled by the 95th percentile; and what of it is far. */
import { EVIDENCE, type Scale, standardised } from "../../../model/evidence.ts";
import type { Columns } from "./parts.ts";
import type { Table } from "./rows-of-evidence.ts";

/** By how much `far` is beyond the largest normal z: the rows that set it set thresholds as well, and new ones go further. */
const MARGIN = 1.25;
/** Of fewer normal rows the largest says little, and nothing is far. */
const LEAST_ROWS = 100;
const NEVER = 1e30;

/** Median, 1/(95th percentile − median), and what is far by these, of normal validation rows. */
function scaleOf(values: Float32Array, far: boolean): Scale {
  const sorted = values.toSorted();
  const centre = sorted[Math.floor(0.5 * (sorted.length - 1))];
  const spread = sorted[Math.floor(0.95 * (sorted.length - 1))] - centre;
  const scale = Math.fround(1 / Math.max(spread, 1e-4));
  const largest = Math.asinh((sorted[sorted.length - 1] - centre) * scale);
  return { centre, scale, far: Math.fround(far && sorted.length >= LEAST_ROWS ? MARGIN * largest : NEVER) };
}

/** @param far whether anything may be far */
export function scalesOf(columns: Columns, far = true): Scale[] {
  return EVIDENCE.map((name) => scaleOf(columns[name], far));
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
