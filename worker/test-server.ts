/** A Worker with models in real local KV, for tests that run inside workerd. */
import { env } from "cloudflare:workers";
import kernel from "../build/score.wasm";
import { pointerKey, type Version, weightsKey, writtenPointer } from "../model/pointer.ts";
import { Scorer } from "../model/scorer.ts";
import { createApp } from "./app.ts";
import type { Bindings } from "./bindings.ts";
import { sha256Of } from "./sha256.ts";

export const bindings = env as unknown as Bindings;
export const development = { ...bindings, ENVIRONMENT: "development" };

/** Asks a fresh Worker of its own; `given` are its bindings. */
export function serve(): (path: string, init?: RequestInit, given?: Bindings) => Promise<Response> {
  const app = createApp((value) => Scorer.open(value, kernel));
  return async (path, init = {}, given = development) => app.request(path, init, given);
}

/** Publishes versions 1, 2, … of a model, the last of them current. */
export async function publish(name: string, ...values: Uint8Array[]): Promise<void> {
  const versions: Version[] = [];
  for (const [i, value] of values.entries()) {
    const hash = await sha256Of(value);
    await bindings.MODELS.put(weightsKey(hash), value);
    versions.unshift({ version: i + 1, sha256: hash, publishedAt: "2026-01-01T00:00:00.000Z" });
  }
  const [current, ...history] = versions;
  await bindings.MODELS.put(pointerKey(name), writtenPointer({ name, current, history }));
}

/** A body that comes in these chunks. */
export function inChunks(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(body) {
      for (const chunk of chunks) body.enqueue(chunk);
      body.close();
    },
  });
}
