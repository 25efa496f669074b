/** Evidence in a common unit: centred on the median normal row, scaled by the 95th percentile. */
import { EVIDENCE, standardised } from "../../../model/evidence.ts";
import type { Columns } from "./parts.ts";
import type { Table } from "./rows-of-evidence.ts";

export interface Scale {
  readonly centre: number;
  readonly scale: number;
}

/** Median, and 1/(95th percentile − median), of normal validation rows. */
function scaleOf(values: Float32Array): Scale {
  const sorted = values.toSorted();
  const centre = sorted[Math.floor(0.5 * (sorted.length - 1))];
  const spread = sorted[Math.floor(0.95 * (sorted.length - 1))] - centre;
  return { centre: Math.fround(centre), scale: Math.fround(1 / Math.max(spread, 1e-4)) };
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
    const { centre, scale } = scales[j];
    for (let i = 0; i < rows; i++) data[i * kinds + j] = standardised(columns[name][i], centre, scale);
  }
  return { rows, data };
}
