// train.wasm: the scoring kernel with the backward passes, losses and optimiser that learning needs, for several threads.
export { layForest, leavesBelow } from "./forest-layout";
export { stride } from "./layout";
export { pack, packTransposed } from "./pack";
export { notFinite, notWhole, wrongNode } from "./soundness";
export {
  CONFIDENCE_GRADIENT,
  FOREST,
  GELU,
  GELU_BACKWARD,
  INSTRUCTION,
  LAYER_NORM,
  LAYER_NORM_BACKWARD,
  LINEAR,
  LOG_MEAN_SQUARE,
  MULTIPLY,
  NEAREST,
  SCORES,
  SIGN_STEP,
  STANDARDISE,
  TAILS,
} from "./program";
export {
  ACCUMULATE,
  ADAMW,
  CROSS_ENTROPY,
  HINGE_MARGIN,
  LINEAR_GRADIENT,
  PACK_TRANSPOSED,
  SQUARED_ERROR,
  SQUARES,
} from "./share";
export { CONTROL, follow, lead } from "./team";
export { bestSplit, binValues, gatherPairs, HISTOGRAM_BIN, histograms, partRows, subtractHistogram } from "./trees";

import { work } from "./team";

/** First free address: everything from here on is the host's to lay out. */
export const base: usize = __heap_base;

/** Runs `count` instructions at `program` over `rows` rows; traps on an unknown one. */
export function run(program: usize, count: i32, rows: i32): void {
  work(0, program, count, rows, 0, 1);
}
