/** Rows out of matrices: joined, picked, drawn. */
import { concat } from "../concat.ts";
import type { Matrix } from "../data/matrix.ts";
import { below, type Draw } from "./draw.ts";

/** Rows of several matrices of one width, one after another. */
export function stacked(parts: readonly Matrix[], cols: number): Matrix {
  const data = concat(
    Float32Array,
    parts.map((part) => part.data),
  );
  return { rows: parts.reduce((sum, { rows }) => sum + rows, 0), cols, data };
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

/** The rows whose index is wanted, copied. */
export function rowsWhere(rows: Matrix, wanted: (i: number) => boolean): Matrix {
  return rowsAt(rows, Array.from({ length: rows.rows }, (_, i) => i).filter(wanted));
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

/** Two matrices of as many rows, side by side. */
export function beside(left: Matrix, right: Matrix): Matrix {
  const cols = left.cols + right.cols;
  const data = new Float32Array(left.rows * cols);
  for (let i = 0; i < left.rows; i++) {
    data.set(left.data.subarray(i * left.cols, (i + 1) * left.cols), i * cols);
    data.set(right.data.subarray(i * right.cols, (i + 1) * right.cols), i * cols + left.cols);
  }
  return { rows: left.rows, cols, data };
}
