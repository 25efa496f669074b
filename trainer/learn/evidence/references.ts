/** Normal rows kept as they are: what a new row is held against, as ResAD does (Yao et al. 2024, equation (1)). */
import type { Matrix } from "../../data/matrix.ts";
import { drawRows, rowsAt } from "../select.ts";
import type { Draw } from "../draw.ts";
import { nearest, type Placed, type Points, pointsOf } from "./points.ts";

/** References, as many as make this many numbers, within these bounds: a megabyte, however wide the table. */
const NUMBERS = 2 ** 18;
const [LEAST, MOST] = [256, 2048];
/** Normal rows that take part. */
const MOST_ROWS = 12_000;

export interface References extends Points {
  /** Normal rows that are no references themselves: what departs from its like as a new row does. */
  readonly others: Matrix;
  /** Where those lie among the references. */
  readonly placed: Placed;
}

/** Up to 2,048 of the normal rows, fewer of wide ones, and no more than half of them: drawn at random. */
export function fitReferences(normal: Matrix, draw: Draw): References {
  const drawn = drawRows(normal.rows, MOST_ROWS, draw);
  const fitting = Math.max(LEAST, Math.floor(NUMBERS / normal.cols));
  const kept = Math.max(1, Math.min(MOST, fitting, drawn.length >> 1));
  const centres = rowsAt(normal, drawn.subarray(0, kept));
  const others = rowsAt(normal, drawn.length > 1 ? drawn.subarray(kept) : drawn);
  const placed = nearest(centres, others);
  return { ...pointsOf(centres, others, placed), others, placed };
}
