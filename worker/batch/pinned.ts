/** Weights by their hash, whatever the pointer says meanwhile: what a batch was started with it ends with. */
import type { KVNamespace } from "@cloudflare/workers-types";
import type { Scorer } from "../../model/scorer.ts";
import { readWeights } from "../stored-weights.ts";

export type PinnedScorer = (kv: KVNamespace, sha256: string) => Promise<Scorer>;

/**
 * Opens weights by hash and keeps the last, since an isolate mostly works on one batch at a time.
 *
 * @param open decodes, checks and self-tests weights; throws where they must not serve
 */
export function pinnedScorer(open: (bytes: Uint8Array) => Scorer): PinnedScorer {
  let held: { readonly sha256: string; readonly scorer: Scorer } | undefined;
  return async (kv, sha256) => {
    if (held?.sha256 === sha256) return held.scorer;
    const read = await readWeights(kv, sha256);
    if (typeof read === "string") throw new Error(`the weights are ${read}`);
    const scorer = open(read);
    held = { sha256, scorer };
    return scorer;
  };
}
