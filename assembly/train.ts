// train.wasm: the scoring kernel with the backward passes, losses and optimiser that learning needs.
import { accumulate, linearGradient } from "./gradients";
import { packTransposed } from "./gemm";
import { crossEntropy, hingeMargin, squaredError } from "./losses";
import { execute, float, INSTRUCTION, word } from "./program";

export { adamw } from "./adamw";
export { pack, packTransposed } from "./gemm";
export { axpy, dot } from "./gradients";
export { stride } from "./layout";
export { bestSplit, binValues, gatherPairs, HISTOGRAM_BIN, histograms, partRows, subtractHistogram } from "./trees";
export {
  CONFIDENCE_GRADIENT,
  EXPAND,
  FOREST,
  GELU,
  GELU_BACKWARD,
  INSTRUCTION,
  LAYER_NORM,
  LAYER_NORM_BACKWARD,
  LINEAR,
  LOG_MEAN_SQUARE,
  MAHALANOBIS,
  NEAREST,
  SCORES,
  SIGN_STEP,
  STANDARDISE,
} from "./program";

export const LINEAR_GRADIENT: i32 = 32;
export const ACCUMULATE: i32 = 33;
export const CROSS_ENTROPY: i32 = 34;
export const HINGE_MARGIN: i32 = 35;
export const SQUARED_ERROR: i32 = 36;
export const PACK_TRANSPOSED: i32 = 37;

/** First free address: everything from here on is the host's to lay out. */
export const base: usize = __heap_base;

/** Runs `count` instructions at `program` over `rows` rows; traps on an unknown one. */
export function run(program: usize, count: i32, rows: i32): void {
  for (const end = program + count * INSTRUCTION; program < end; program += INSTRUCTION) {
    if (!execute(program, rows)) train(program, rows);
  }
}

function train(at: usize, rows: i32): void {
  switch (load<i32>(at)) {
    case LINEAR_GRADIENT:
      linearGradient(
        rows, word(at, 1), word(at, 2), word(at, 3), word(at, 4), float(at, 5), word(at, 6), word(at, 7), word(at, 8),
      );
      return;
    case ACCUMULATE:
      accumulate(rows, word(at, 1), word(at, 2), float(at, 3), word(at, 4));
      return;
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
    case PACK_TRANSPOSED:
      packTransposed(word(at, 1), word(at, 2), word(at, 3), word(at, 4));
      return;
    default:
      unreachable();
  }
}
