// score.wasm: what the edge needs to score a row, and nothing else.
import { execute, INSTRUCTION } from "./program";

export { packFixed } from "./fixed";
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
  LINEAR_FIXED,
  LOG_MEAN_SQUARE,
  MULTIPLY,
  NEAREST,
  SCORES,
  SIGN_STEP,
  STANDARDISE,
  TAILS,
} from "./program";

/** First free address: everything from here on is the host's to lay out. */
export const base: usize = __heap_base;

/** Runs `count` instructions at `program` over `rows` rows; traps on an unknown one. */
export function run(program: usize, count: i32, rows: i32): void {
  for (const end = program + count * INSTRUCTION; program < end; program += INSTRUCTION) {
    if (!execute(program, rows)) unreachable();
  }
}
