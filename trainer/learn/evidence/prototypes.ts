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
/** Rows at the mean distance of all that every prototype counts besides its own: few rows say little of what is usual. */
const SHARED = 10;
/** The mean distance counts as no less, where all rows are alike. */
const LEAST_DISTANCE = 1e-3;

export interface Prototypes {
  /** (K, D) */
  readonly centres: Matrix;
  /** (K) 1/mean distance of the normal rows around each: being far off is judged by what is usual there. */
  readonly scale: Float32Array;
}

/** Some 256 to 1,024 prototypes by width, and no more than half the rows: Lloyd's rounds from rows drawn at random. */
export function fitPrototypes(normal: Matrix, draw: Draw): Prototypes {
  const { cols } = normal;
  const rows = rowsAt(normal, drawRows(normal.rows, MOST_ROWS, draw));
  const k = Math.max(1, Math.min(MOST, Math.max(LEAST, Math.floor(NUMBERS / cols)), rows.rows >> 1));
  let centres = rowsAt(
    rows,
    Int32Array.from({ length: k }, (_, i) => i),
  );
  for (let round = 0; round < ROUNDS; round++) {
    const sums = new Float64Array(k * cols);
    const counts = new Int32Array(k);
    const { member } = nearest(centres, rows);
    for (let i = 0; i < rows.rows; i++) {
      counts[member[i]]++;
      for (let j = 0, from = i * cols, to = member[i] * cols; j < cols; j++, from++, to++) sums[to] += rows.data[from];
    }
    const data = centres.data.slice();
    for (let i = 0; i < k; i++) {
      if (counts[i] > 0) for (let j = 0; j < cols; j++) data[i * cols + j] = sums[i * cols + j] / counts[i];
    }
    centres = { rows: k, cols, data };
  }
  return { centres, scale: localScale(centres, rows) };
}

function localScale(centres: Matrix, rows: Matrix): Float32Array {
  const { member, distance } = nearest(centres, rows);
  const mean = Math.max(LEAST_DISTANCE, distance.reduce((sum, d) => sum + d, 0) / rows.rows);
  const sums = new Float64Array(centres.rows).fill(SHARED * mean);
  const counts = new Float64Array(centres.rows).fill(SHARED);
  for (let i = 0; i < rows.rows; i++) {
    sums[member[i]] += distance[i];
    counts[member[i]]++;
  }
  return Float32Array.from(sums, (sum, i) => counts[i] / sum);
}

/** Distances of rows to their nearest prototypes, in units of what is usual around those. */
export function nearness({ centres, scale }: Prototypes, rows: Matrix): Float32Array {
  const { member, distance } = nearest(centres, rows);
  return distance.map((d, i) => d * scale[member[i]]);
}

/** The nearest prototype of every row and the distance to it. */
function nearest(prototypes: Matrix, rows: Matrix): { member: Int32Array; distance: Float32Array } {
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
