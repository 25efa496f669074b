/** The piecewise-linear encoding: every input cut at quantiles of normal and labelled rows, one column a piece. */
import type { Matrix } from "../../data/matrix.ts";

/** Pieces of equally many normal rows, before equal edges fall together. */
const QUANTILES = 8;
/** Quantiles of the labelled anomalies that edges are added at: what sets them apart should not share a piece. */
const LABELLED = [0.1, 0.3, 0.5, 0.7, 0.9];
/** Encoded inputs are clipped here; the outermost pieces reach this far. */
const REACH = 10;
/** Pieces are wider than this. */
const LEAST_WIDTH = 1e-3;
/** Normal rows that set the edges at the most. */
const MOST_ROWS = 10_000;

/** Pieces of all inputs, in order of input and place: y = clamp((x[column] − from)·scale, 0, 1). */
export interface Pieces {
  readonly count: number;
  readonly inputs: number;
  readonly column: Int32Array;
  readonly from: Float32Array;
  readonly scale: Float32Array;
}

/** Gorishniy et al. 2022, "On embeddings for numerical features", with edges at labelled rows' quantiles as well. */
export function fitPieces(normal: Matrix, labelled: Matrix): Pieces {
  const column: number[] = [];
  const from: number[] = [];
  const scale: number[] = [];
  for (let j = 0; j < normal.cols; j++) {
    const values = sortedColumn(normal, j);
    const edges = Array.from({ length: QUANTILES + 1 }, (_, i) => at(values, i / QUANTILES));
    if (labelled.rows > 0) {
      const anomalous = sortedColumn(labelled, j);
      edges.push(...LABELLED.map((q) => at(anomalous, q)));
    }
    let last = -REACH;
    for (const edge of [...edges.sort((a, b) => a - b), REACH]) {
      if (edge - last <= LEAST_WIDTH) continue;
      column.push(j);
      from.push(last);
      scale.push(1 / (edge - last));
      last = edge;
    }
  }
  return {
    count: column.length,
    inputs: normal.cols,
    column: Int32Array.from(column),
    from: Float32Array.from(from),
    scale: Float32Array.from(scale),
  };
}

/** Writes the pieces of row `row` to `out[at…]`, those of inputs whose `kept` is 0 as 0, the others times `kept`. */
export function expandRow(
  pieces: Pieces,
  rows: Matrix,
  row: number,
  out: Float32Array,
  at: number,
  kept?: Float32Array,
): void {
  const { count, column, from, scale } = pieces;
  const base = row * rows.cols;
  for (let p = 0; p < count; p++) {
    const j = column[p];
    const y = (rows.data[base + j] - from[p]) * scale[p];
    const clamped = y < 0 ? 0 : y > 1 ? 1 : y;
    out[at + p] = kept ? clamped * kept[j] : clamped;
  }
}

/** All pieces of all rows, (rows, pieces). */
export function expanded(pieces: Pieces, rows: Matrix): Matrix {
  const data = new Float32Array(rows.rows * pieces.count);
  for (let i = 0; i < rows.rows; i++) expandRow(pieces, rows, i, data, i * pieces.count);
  return { rows: rows.rows, cols: pieces.count, data };
}

function sortedColumn({ rows, cols, data }: Matrix, j: number): Float32Array {
  const step = Math.max(1, Math.ceil(rows / MOST_ROWS));
  return Float32Array.from({ length: Math.floor((rows - 1) / step) + 1 }, (_, i) => data[i * step * cols + j]).sort();
}

function at(sorted: Float32Array, q: number): number {
  return sorted[Math.round(q * (sorted.length - 1))];
}
