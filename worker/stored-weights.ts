/** Weights in KV by their hash: kept for a day where they are read, looked for again at once where they are not right. */
import type { KVNamespace } from "@cloudflare/workers-types";
import { weightsKey } from "../model/pointer.ts";
import { sha256Of } from "./sha256.ts";

/**
 * Seconds for which KV may answer by what it read before, that a key was missing included: long, for what is there never
 * changes; then short, for what was missing or damaged may have arrived or been published again.
 */
const [LONG, SHORT] = [86_400, 30];

/** What is wrong with weights that cannot be used. */
export type WeightsFault = "not there (yet)" | "damaged";

/** A model file whose bytes have the hash they are stored under. @returns what is wrong where there is none */
export async function readWeights(kv: KVNamespace, sha256: string): Promise<Uint8Array | WeightsFault> {
  let fault: WeightsFault = "not there (yet)";
  for (const cacheTtl of [LONG, SHORT]) {
    const value = await kv.get(weightsKey(sha256), { type: "arrayBuffer", cacheTtl });
    if (value && (await sha256Of(value)) === sha256) return new Uint8Array(value);
    fault = value ? "damaged" : "not there (yet)";
  }
  return fault;
}

/** A model file as it is stored, its hash not checked. @returns null where there is none */
export async function streamWeights(kv: KVNamespace, sha256: string): ReturnType<typeof stream> {
  return (await stream(kv, sha256, LONG)) ?? stream(kv, sha256, SHORT);
}

function stream(kv: KVNamespace, sha256: string, cacheTtl: number) {
  return kv.get(weightsKey(sha256), { type: "stream", cacheTtl });
}
