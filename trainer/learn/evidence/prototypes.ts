/** Prototypes of the normal rows, by k-means: one small product at the edge in place of a search through all rows. */
import type { Matrix } from "../../data/matrix.ts";
import { Distances } from "../distances.ts";
import { drawRows, rowsAt } from "../select.ts";
import type { Draw } from "../draw.ts";

/** Prototypes, as many as make this many numbers, within these bounds: narrow tables need a finer mesh, and it costs no more. */
const NUMBERS = 8192;
const [LEAST, MOST] = [256, 1024];
const ROUNDS = 12;
/** Normal rows that take part. */
const MOST_ROWS = 12_000;

/** Some 256 to 1,024 prototypes by width, and no more than half the rows: Lloyd's rounds from rows drawn at random. */
export function fitPrototypes(normal: Matrix, draw: Draw): Matrix {
  const { cols } = normal;
  const rows = rowsAt(normal, drawRows(normal.rows, MOST_ROWS, draw));
  const k = Math.max(1, Math.min(MOST, Math.max(LEAST, Math.floor(NUMBERS / cols)), rows.rows >> 1));
  let prototypes = rowsAt(
    rows,
    Int32Array.from({ length: k }, (_, i) => i),
  );
  for (let round = 0; round < ROUNDS; round++) {
    const sums = new Float64Array(k * cols);
    const counts = new Int32Array(k);
    const { member } = nearest(prototypes, rows);
    for (let i = 0; i < rows.rows; i++) {
      counts[member[i]]++;
      for (let j = 0, from = i * cols, to = member[i] * cols; j < cols; j++, from++, to++) sums[to] += rows.data[from];
    }
    const data = prototypes.data.slice();
    for (let i = 0; i < k; i++) {
      if (counts[i] > 0) for (let j = 0; j < cols; j++) data[i * cols + j] = sums[i * cols + j] / counts[i];
    }
    prototypes = { rows: k, cols, data };
  }
  return prototypes;
}

/** The nearest prototype of every row and the distance to it. */
export function nearest(prototypes: Matrix, rows: Matrix): { member: Int32Array; distance: Float32Array } {
  const search = new Distances(prototypes);
  const member = new Int32Array(rows.rows);
  const distance = new Float32Array(rows.rows);
  search.each(rows, (row, _squared, offsets) => {
    let best = 0;
    for (let i = 1; i < prototypes.rows; i++) if (offsets[i] < offsets[best]) best = i;
    member[row] = best;
    distance[row] = Math.sqrt(search.exact(rows, row, best));
  });
  return { member, distance };
}
