/** Normal and anomalous rows as what a classifier is fitted on. */
import type { Matrix } from "../../data/matrix.ts";
import { stacked } from "../select.ts";

/** What a classifier is fitted on. */
export interface Labelled {
  readonly rows: Matrix;
  /** Per row, 1 for an anomaly and 0 for a normal row. */
  readonly labels: Uint8Array;
  /** Per row; mean 1, and normal and anomalous rows count half each. */
  readonly weights: Float64Array;
}

/** Normal rows followed by anomalous ones; both must have at least one row. */
export function labelled(normal: Matrix, anomalous: Matrix): Labelled {
  const rows = stacked([normal, anomalous], normal.cols);
  const labels = new Uint8Array(rows.rows).fill(1, normal.rows);
  const half = rows.rows / 2;
  const weights = new Float64Array(rows.rows).fill(half / anomalous.rows);
  return { rows, labels, weights: weights.fill(half / normal.rows, 0, normal.rows) };
}
