// A network is a program: instructions of twelve words in memory, run in order over a block of rows.
import { gelu, geluBackward, layerNorm, layerNormBackward } from "./activation";
import { confidenceGradient, scores, signStep } from "./confidence";
import { logMeanSquare, multiply, nearest, standardise } from "./evidence";
import { linearFixed } from "./fixed";
import { forest } from "./forest";
import { linear } from "./gemm";
import { tails } from "./tails";

/** Bytes of one instruction: the operation and up to eleven arguments (addresses, sizes, f32 bits). */
export const INSTRUCTION: i32 = 48;

// Operation codes are exported, so the host reads them from the module and never repeats them.
export const LINEAR: i32 = 1;
export const GELU: i32 = 2;
export const GELU_BACKWARD: i32 = 3;
export const LAYER_NORM: i32 = 4;
export const LAYER_NORM_BACKWARD: i32 = 5;
export const SCORES: i32 = 6;
export const CONFIDENCE_GRADIENT: i32 = 7;
export const SIGN_STEP: i32 = 8;
export const TAILS: i32 = 9;
export const LOG_MEAN_SQUARE: i32 = 10;
export const MULTIPLY: i32 = 11;
export const NEAREST: i32 = 12;
export const FOREST: i32 = 13;
export const STANDARDISE: i32 = 14;
export const LINEAR_FIXED: i32 = 15;

/** Argument i (1 to 11) of the instruction at `at`. */
// @ts-ignore: decorator
@inline
export function word(at: usize, i: usize): i32 {
  return load<i32>(at + (i << 2));
}

/** Argument i as a float. */
// @ts-ignore: decorator
@inline
export function float(at: usize, i: usize): f32 {
  return load<f32>(at + (i << 2));
}

/** Runs one scoring instruction; false where it is not one. */
export function execute(at: usize, rows: i32): bool {
  switch (load<i32>(at)) {
    case LINEAR:
      linear(rows, word(at, 1), word(at, 2), word(at, 3), word(at, 4), word(at, 5), word(at, 6), word(at, 7), float(at, 8));
      return true;
    case GELU:
      gelu(rows, word(at, 1), word(at, 2), word(at, 3));
      return true;
    case GELU_BACKWARD:
      geluBackward(rows, word(at, 1), word(at, 2), word(at, 3), word(at, 4));
      return true;
    case LAYER_NORM:
      layerNorm(rows, word(at, 1), word(at, 2), word(at, 3), word(at, 4), word(at, 5), word(at, 6), word(at, 7));
      return true;
    case LAYER_NORM_BACKWARD:
      layerNormBackward(rows, word(at, 1), word(at, 2), word(at, 3), word(at, 4), word(at, 5), word(at, 6), word(at, 7));
      return true;
    case SCORES:
      scores(rows, word(at, 1), word(at, 2), word(at, 3));
      return true;
    case CONFIDENCE_GRADIENT:
      confidenceGradient(rows, word(at, 1), word(at, 2), word(at, 3));
      return true;
    case SIGN_STEP:
      signStep(rows, word(at, 1), word(at, 2), word(at, 3), word(at, 4), word(at, 5));
      return true;
    case LOG_MEAN_SQUARE:
      logMeanSquare(rows, word(at, 1), word(at, 2), word(at, 3));
      return true;
    case MULTIPLY:
      multiply(rows, word(at, 1), word(at, 2), word(at, 3), word(at, 4));
      return true;
    case NEAREST:
      nearest(
        rows, word(at, 1), word(at, 2), word(at, 3), word(at, 4), word(at, 5), word(at, 6), word(at, 7), word(at, 8),
        word(at, 9),
      );
      return true;
    case FOREST:
      forest(rows, word(at, 1), word(at, 2), word(at, 3), word(at, 4), float(at, 5), word(at, 6));
      return true;
    case STANDARDISE:
      standardise(rows, word(at, 1), float(at, 2), float(at, 3), float(at, 4), word(at, 5), word(at, 6));
      return true;
    case TAILS:
      tails(rows, word(at, 1), word(at, 2), word(at, 3), word(at, 4), word(at, 5));
      return true;
    case LINEAR_FIXED:
      linearFixed(
        rows, word(at, 1), word(at, 2), word(at, 3), word(at, 4), word(at, 5), word(at, 6), word(at, 7), word(at, 8),
        float(at, 9), word(at, 10),
      );
      return true;
    default:
      return false;
  }
}
