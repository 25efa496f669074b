// How instructions are shared between threads: some by rows, some by what they write, so that no sum depends on how many.
import { gelu, geluBackward, layerNorm, layerNormBackward } from "./activation";
import { adamw, squares } from "./adamw";
import { confidenceGradient, scores, signStep } from "./confidence";
import { linear } from "./gemm";
import { accumulate, biasGradient, linearGradient, normGradient, scale } from "./gradients";
import { panels, stride } from "./layout";
import { crossEntropy, hingeMargin, squaredError } from "./losses";
import { packTransposedRows } from "./pack";
import {
  CONFIDENCE_GRADIENT,
  execute,
  float,
  GELU,
  GELU_BACKWARD,
  LAYER_NORM,
  LAYER_NORM_BACKWARD,
  LINEAR,
  SCORES,
  SIGN_STEP,
  word,
} from "./program";

export const LINEAR_GRADIENT: i32 = 32;
export const ACCUMULATE: i32 = 33;
export const CROSS_ENTROPY: i32 = 34;
export const HINGE_MARGIN: i32 = 35;
export const SQUARED_ERROR: i32 = 36;
export const PACK_TRANSPOSED: i32 = 37;
export const SQUARES: i32 = 38;
export const ADAMW: i32 = 39;

/** Parts of an instruction's work: a share of the rows first, which needs no other rows; then a share of what is written, from all rows. */
export const BY_ROWS: i32 = 1;
export const BY_PLACE: i32 = 2;

/** Which of the two an instruction has. */
export function stages(at: usize): i32 {
  switch (load<i32>(at)) {
    case LINEAR:
    case GELU:
    case GELU_BACKWARD:
    case LAYER_NORM:
    case SCORES:
    case CONFIDENCE_GRADIENT:
    case SIGN_STEP:
    case ACCUMULATE:
      return BY_ROWS;
    case LAYER_NORM_BACKWARD:
      return word(at, 8) ? BY_ROWS | BY_PLACE : BY_ROWS;
    case LINEAR_GRADIENT:
      return float(at, 5) == 1 ? BY_PLACE : BY_ROWS | BY_PLACE;
    default:
      return BY_PLACE;
  }
}

/** The address of row `first` of a matrix (rows, n), or 0 for none. */
// @ts-ignore: decorator
@inline
function rowAt(matrix: i32, n: i32, first: i32): i32 {
  return matrix ? matrix + ((first * stride(n)) << 2) : 0;
}

/** `rows` rows of an instruction, from row `first` on. */
export function byRows(at: usize, first: i32, rows: i32): void {
  const a = word(at, 1);
  const b = word(at, 2);
  const c = word(at, 3);
  const d = word(at, 4);
  switch (load<i32>(at)) {
    case LINEAR: {
      const n = word(at, 6);
      linear(
        rows, rowAt(a, b, first), b, c, d, rowAt(word(at, 5), n, first), n, rowAt(word(at, 7), n, first), float(at, 8),
      );
      return;
    }
    case GELU:
      gelu(rows, rowAt(a, b, first), b, rowAt(c, b, first));
      return;
    case GELU_BACKWARD:
      geluBackward(rows, rowAt(a, b, first), b, rowAt(c, b, first), rowAt(d, b, first));
      return;
    case LAYER_NORM: {
      const stats = word(at, 7);
      const from: i32 = stats ? stats + (first << 3) : 0;
      const u = rowAt(word(at, 5), b, first);
      layerNorm(rows, rowAt(a, b, first), b, c, d, u, rowAt(word(at, 6), b, first), from);
      return;
    }
    case LAYER_NORM_BACKWARD: {
      const dx = rowAt(word(at, 6), b, first);
      if (dx) {
        const du = rowAt(word(at, 5), b, first);
        layerNormBackward(rows, rowAt(a, b, first), b, c, d + (first << 3), du, dx, word(at, 7));
      }
      return;
    }
    case SCORES:
      scores(rows, rowAt(a, 2, first), b, c + (first << 2));
      return;
    case CONFIDENCE_GRADIENT:
      confidenceGradient(rows, rowAt(a, 2, first), b, rowAt(c, 2, first));
      return;
    case SIGN_STEP:
      signStep(rows, rowAt(a, b, first), b, rowAt(c, b, first), d, rowAt(word(at, 5), b, first));
      return;
    case ACCUMULATE:
      accumulate(rows, rowAt(a, b, first), b, rowAt(c, b, first));
      return;
    case LINEAR_GRADIENT:
      scale(rows, rowAt(c, d, first), d, float(at, 5), rowAt(word(at, 6), d, first));
      return;
    default:
      unreachable();
  }
}

/** Where share `part` of `parts` of n things begins, on a multiple of `unit`. */
export function shareOf(n: i32, part: i32, parts: i32, unit: i32): i32 {
  if (part == parts) return n;
  return (((n as i64) * part) / parts / unit) as i32 * unit;
}

/** What share `part` of `parts` of an instruction writes, from all rows. Losses and what only scoring knows are the first one's. */
export function byPlace(at: usize, rows: i32, part: i32, parts: i32): void {
  const a = word(at, 1);
  const b = word(at, 2);
  const c = word(at, 3);
  const d = word(at, 4);
  switch (load<i32>(at)) {
    case LINEAR_GRADIENT: {
      const dy = float(at, 5) == 1 ? c : word(at, 6);
      const db = word(at, 8);
      linearGradient(rows, a, b, dy, d, word(at, 7), shareOf(b, part, parts, 2), shareOf(b, part + 1, parts, 2));
      const many = panels(d);
      if (db) biasGradient(rows, dy, d, db, shareOf(many, part, parts, 1), shareOf(many, part + 1, parts, 1));
      return;
    }
    case LAYER_NORM_BACKWARD: {
      const many = panels(b);
      const first = shareOf(many, part, parts, 1);
      normGradient(
        rows, a, b, d, word(at, 5), word(at, 8), word(at, 9), first, shareOf(many, part + 1, parts, 1),
      );
      return;
    }
    case PACK_TRANSPOSED:
      packTransposedRows(a, b, c, d, shareOf(b, part, parts, 4), shareOf(b, part + 1, parts, 4));
      return;
    case SQUARES:
      squares(a, b, c, part, parts);
      return;
    case ADAMW:
      adamw(
        a, b, c, d, word(at, 5), word(at, 6), word(at, 7), shareOf(a, part, parts, 4), shareOf(a, part + 1, parts, 4),
      );
      return;
    default:
      if (part == 0) alone(at, rows);
  }
}

function alone(at: usize, rows: i32): void {
  switch (load<i32>(at)) {
    case CROSS_ENTROPY:
      crossEntropy(rows, word(at, 1), word(at, 2), word(at, 3), word(at, 4), float(at, 5), word(at, 6), word(at, 7));
      return;
    case HINGE_MARGIN:
      hingeMargin(rows, word(at, 1), word(at, 2), word(at, 3), float(at, 4), float(at, 5), word(at, 6), word(at, 7));
      return;
    case SQUARED_ERROR:
      squaredError(
        rows, word(at, 1), word(at, 2), word(at, 3), float(at, 4), word(at, 5), word(at, 6), word(at, 7), word(at, 8),
      );
      return;
    default:
      if (!execute(at, rows)) unreachable();
  }
}
