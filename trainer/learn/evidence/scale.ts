/** Evidence in a common unit: centred on the median normal row, scaled by the 95th percentile. */
import { EVIDENCE, type EvidenceName, standardised } from "../../../model/evidence.ts";
import type { Table } from "./head.ts";
import type { Columns } from "./parts.ts";

export interface Scale {
  readonly centre: number;
  readonly scale: number;
}

/** Median, and 1/(95th percentile − median), of normal validation rows. */
export function scaleOf(values: Float32Array): Scale {
  const sorted = values.toSorted();
  const centre = sorted[Math.floor(0.5 * (sorted.length - 1))];
  const spread = sorted[Math.floor(0.95 * (sorted.length - 1))] - centre;
  return { centre: Math.fround(centre), scale: Math.fround(1 / Math.max(spread, 1e-4)) };
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

/** Evidence of several lots of rows, one lot after another. */
export function joined(lots: readonly Columns[]): Columns {
  const join = (name: EvidenceName): Float32Array => {
    const all = new Float32Array(lots.reduce((sum, lot) => sum + lot[name].length, 0));
    let at = 0;
    for (const lot of lots) {
      all.set(lot[name], at);
      at += lot[name].length;
    }
    return all;
  };
  return Object.fromEntries(EVIDENCE.map((name) => [name, join(name)])) as Record<EvidenceName, Float32Array>;
}
