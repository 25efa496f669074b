/** Which build of the kernel scores a model: plain SIMD128 is the reference, relaxed SIMD is faster where it may be used. */
import { readArtefact } from "./artefact.ts";
import { UnseenError } from "./errors.ts";
import { isEvidence } from "./evidence.ts";
import { Kernel } from "./kernel.ts";
import { Scorer } from "./scorer.ts";
import { searchesIn } from "./soundness.ts";

export interface Builds {
  /** score.wasm */
  readonly plain: WebAssembly.Module;
  /** score-relaxed.wasm, where the engine has relaxed SIMD. */
  readonly relaxed?: WebAssembly.Module | undefined;
}

/**
 * Opens a model on the fastest build that may score it. Relaxed SIMD rounds products and sums once where plain SIMD does
 * twice, as the processor has it. That moves scores of the residual network by less than 1e-5. An evidence network finds
 * the nearest reference by such sums, where the last bit can decide between two, and trees look at what a row differs
 * from it: it is always scored by the plain build, and so are a network in fixed point, whose activations the last bit can
 * move by a whole step, and a model whose golden rows the relaxed build does not score as the trainer did.
 *
 * @throws UnseenError as Scorer.open does
 */
export function openFastest(bytes: Uint8Array, { plain, relaxed }: Builds): Scorer {
  const kernel = new Kernel(plain);
  const artefact = readArtefact(bytes, searchesIn(kernel));
  const fixed = [...artefact.tensors.values()].some(({ dtype }) => dtype === "I16");
  if (relaxed && !fixed && !isEvidence(artefact.network)) {
    try {
      return new Scorer(artefact, relaxed);
    } catch (fault) {
      if (!(fault instanceof UnseenError) || fault.code !== "artefact-self-test") throw fault;
    }
  }
  return new Scorer(artefact, kernel);
}
