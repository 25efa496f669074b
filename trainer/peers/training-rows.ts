/** The training side as plain matrices: all normal rows of all domains, and those rows beside the labelled ones. */
import type { Matrix } from "../data/matrix.ts";
import { below, type Draw } from "../learn/draw.ts";
import type { TrainingSide } from "./method.ts";

/** Rows of several matrices of one width, one after another. */
export function stacked(parts: readonly Matrix[], cols: number): Matrix {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const data = new Float32Array(rows * cols);
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { rows, cols, data };
}

/** The rows with these indices, copied. */
export function rowsAt({ cols, data }: Matrix, indices: ArrayLike<number>): Matrix {
  const picked = new Float32Array(indices.length * cols);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i] * cols;
    picked.set(data.subarray(from, from + cols), i * cols);
  }
  return { rows: indices.length, cols, data: picked };
}

/** `most` different row indices of `rows` in random order, or all of them in random order where there are fewer. */
export function drawRows(rows: number, most: number, draw: Draw): Int32Array {
  const order = Int32Array.from({ length: rows }, (_, i) => i);
  const count = Math.min(rows, most);
  for (let i = 0; i < count; i++) {
    const j = i + below(draw, rows - i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order.subarray(0, count);
}

/** At most `most` rows, drawn without replacement; the matrix itself where it is small enough. */
export function atMost(rows: Matrix, most: number, draw: Draw): Matrix {
  return rows.rows <= most ? rows : rowsAt(rows, drawRows(rows.rows, most, draw).toSorted());
}

/** Normal training rows of all domains. */
export function normalRows({ normal, width }: TrainingSide): Matrix {
  return stacked(
    normal.map(({ train }) => train),
    width,
  );
}

/** Support labels of all seen families. */
export function anomalousRows({ seen, width }: TrainingSide): Matrix {
  return stacked(
    seen.map(({ support }) => support),
    width,
  );
}

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
