/** Prototypes of the normal rows, by k-means: a coarse mesh, in which a row that few others are like stays far off. */
import type { Matrix } from "../../data/matrix.ts";
import { drawRows, rowsAt } from "../select.ts";
import type { Draw } from "../draw.ts";
import { MOST_ROWS, nearest, type Points, pointsOf } from "./points.ts";

/** Prototypes, as many as make this many numbers, within these bounds: narrow tables need a finer mesh, and it costs no more. */
const NUMBERS = 8192;
const [LEAST, MOST] = [256, 1024];
const ROUNDS = 12;

/** Meshes, each from rows drawn anew: which rows a single one passes over is chance. */
const SETS = 3;

/** Sets of as many prototypes each. */
export function fitPrototypes(normal: Matrix, draw: Draw): Points[] {
  return Array.from({ length: SETS }, () => fitSet(normal, draw));
}

/** Some 256 to 1,024 prototypes by width, and no more than half the rows: Lloyd's rounds from rows drawn at random. */
function fitSet(normal: Matrix, draw: Draw): Points {
  const { cols } = normal;
  const rows = rowsAt(normal, drawRows(normal.rows, MOST_ROWS, draw));
  const k = Math.max(1, Math.min(MOST, Math.max(LEAST, Math.floor(NUMBERS / cols)), rows.rows >> 1));
  let centres = { rows: k, cols, data: rows.data.slice(0, k * cols) };
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
  return pointsOf(centres, rows);
}
