/** Weights by their hash, whatever the pointer says meanwhile: what a batch was started with it ends with. */
import type { KVNamespace } from "@cloudflare/workers-types";
import { weightsKey } from "../../model/pointer.ts";
import type { Scorer } from "../../model/scorer.ts";

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
    const value = await kv.get(weightsKey(sha256), { type: "arrayBuffer", cacheTtl: 86_400 });
    if (value === null) throw new Error("the weights are not there (yet)");
    const bytes = new Uint8Array(value);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (hex !== sha256) throw new Error("the weights are damaged");
    const scorer = open(bytes);
    held = { sha256, scorer };
    return scorer;
  };
}
