/** Points that stand for the normal rows, and how far rows lie from the nearest of them. */
import type { Matrix } from "../../data/matrix.ts";
import { Distances } from "../distances.ts";

/** Normal rows that points and forests are fitted on at the most: what is fitted on more costs time and says the same. */
export const MOST_ROWS = 12_000;

/** Rows at the mean distance of all that every point counts besides its own: few rows say little of what is usual. */
const SHARED = 10;
/** The mean distance counts as no less, where all rows are alike. */
const LEAST_DISTANCE = 1e-3;

/** Where rows lie among some points: the nearest of each row and the distance to it. */
export interface Placed {
  readonly member: Int32Array;
  readonly distance: Float32Array;
}

export interface Points {
  /** (K, D) */
  readonly centres: Matrix;
  /** (K) 1/mean distance of the normal rows around each: being far off is judged by what is usual there. */
  readonly scale: Float32Array;
}

/** Points with what is usual around them by these normal rows. */
export function pointsOf(centres: Matrix, normal: Matrix, { member, distance } = nearest(centres, normal)): Points {
  const mean = Math.max(LEAST_DISTANCE, distance.reduce((sum, d) => sum + d, 0) / normal.rows);
  const sums = new Float64Array(centres.rows).fill(SHARED * mean);
  const counts = new Float64Array(centres.rows).fill(SHARED);
  for (let i = 0; i < normal.rows; i++) {
    sums[member[i]] += distance[i];
    counts[member[i]]++;
  }
  return { centres, scale: Float32Array.from(sums, (sum, i) => counts[i] / sum) };
}

/** Distances of rows to their nearest points, in units of what is usual around those. */
export function nearness(
  { centres, scale }: Points,
  rows: Matrix,
  { member, distance } = nearest(centres, rows),
): Float32Array {
  return distance.map((d, i) => d * scale[member[i]]);
}

/** |x − p| (rows, D), p being the nearest point: how far each input of a row departs from its like. */
export function departures({ centres }: Points, rows: Matrix, { member } = nearest(centres, rows)): Matrix {
  const { cols } = rows;
  const data = new Float32Array(rows.rows * cols);
  for (let i = 0, at = 0; i < rows.rows; i++) {
    for (let j = 0, p = member[i] * cols; j < cols; j++, at++, p++)
      data[at] = Math.abs(rows.data[at] - centres.data[p]);
  }
  return { rows: rows.rows, cols, data };
}

/**
 * The search among the points; who needs several of the above of the same rows searches once and hands it on.
 *
 * @param own how many of the rows, from the first on, are the points themselves: those are placed by another one
 */
export function nearest(centres: Matrix, rows: Matrix, own = 0): Placed {
  const search = new Distances(centres);
  const member = search.nearest(rows, own);
  return { member, distance: Float32Array.from(member, (best, row) => Math.sqrt(search.exact(rows, row, best))) };
}
