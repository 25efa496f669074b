/** Normal rows kept as they are: what a new row is held against, as ResAD does (Yao et al. 2024, equation (1)). */
import type { Matrix } from "../../data/matrix.ts";
import { drawRows, rowsAt } from "../select.ts";
import type { Draw } from "../draw.ts";
import { MOST_ROWS, nearest, type Placed, type Points, pointsOf } from "./points.ts";

/** References, as many as make this many numbers, within these bounds: a megabyte, however wide the table. */
const NUMBERS = 2 ** 18;
const [LEAST, MOST] = [256, 8192];

export interface References extends Points {
  /** The normal rows that take part, references first. */
  readonly rows: Matrix;
  /** Where those lie among the references, none at itself: they depart from their like as new rows do. */
  readonly placed: Placed;
}

/** Up to 8,192 of the normal rows, fewer of wide ones: drawn at random. */
export function fitReferences(normal: Matrix, draw: Draw): References {
  const rows = rowsAt(normal, drawRows(normal.rows, MOST_ROWS, draw));
  const kept = Math.min(rows.rows, MOST, Math.max(LEAST, Math.floor(NUMBERS / normal.cols)));
  const centres = { rows: kept, cols: rows.cols, data: rows.data.subarray(0, kept * rows.cols) };
  const placed = nearest(centres, rows, kept > 1 ? kept : 0);
  return { ...pointsOf(centres, rows, placed), rows, placed };
}
