import type { KVNamespace } from "@cloudflare/workers-types";
import { expect, test } from "vitest";
import kernel from "../build/score.wasm";
import { pointerKey, weightsKey, writtenPointer } from "../model/pointer.ts";
import { Scorer } from "../model/scorer.ts";
import { makeArtefact } from "../test/fixtures/artefact.ts";
import { pinnedScorer } from "./batch/pinned.ts";
import { Registry } from "./registry.ts";
import { readWeights } from "./stored-weights.ts";
import { development, serve } from "./test-server.ts";
import { sha256Of } from "./sha256.ts";

const { bytes } = makeArtefact(kernel, 1);
const hash = await sha256Of(bytes);
const pointer = writtenPointer({
  name: "flows",
  current: { version: 1, sha256: hash, publishedAt: "2026-01-01T00:00:00.000Z" },
  history: [],
});
const open = (file: Uint8Array): Scorer => Scorer.open(file, kernel);

/** KV as one location sees it: what was read, misses too, is answered again for as long as a reader lets it be. */
function locationOf(values: Map<string, string | Uint8Array>) {
  let now = Date.parse("2026-06-01T00:00:00.000Z");
  const cached = new Map<string, { readonly value: string | Uint8Array | undefined; readonly at: number }>();
  const get = async (key: string, { type, cacheTtl }: { type: string; cacheTtl: number }): Promise<unknown> => {
    let entry = cached.get(key);
    if (!entry || now - entry.at >= 1000 * cacheTtl) cached.set(key, (entry = { value: values.get(key), at: now }));
    if (entry.value === undefined) return null;
    const answer = new Response(entry.value);
    return type === "text" ? answer.text() : type === "stream" ? answer.body : answer.arrayBuffer();
  };
  return { kv: { get } as unknown as KVNamespace, now: () => now, pass: (ms: number) => void (now += ms) };
}

/** Whether the weights can be had, one way after another. */
const readers: readonly [string, (kv: KVNamespace, now: () => number) => Promise<unknown>][] = [
  ["a model that serves", (kv, now) => new Registry(kv, open, { now, behind: () => {} }).get("flows")],
  ["a batch", (kv) => pinnedScorer(open)(kv, hash)],
];
const download = (MODELS: KVNamespace): Promise<Response> =>
  serve()(`/v1/models/flows/weights/${hash}`, {}, { ...development, MODELS });

test.each(readers)(
  "%s has weights soon after they were missing or damaged, though KV remembers that",
  async (_, read) => {
    for (const before of [undefined, new TextEncoder().encode("damaged")]) {
      const values = new Map<string, string | Uint8Array>([[pointerKey("flows"), pointer]]);
      if (before) values.set(weightsKey(hash), before);
      const { kv, now, pass } = locationOf(values);
      await expect(read(kv, now)).rejects.toThrow(before ? "damaged" : "not there");
      values.set(weightsKey(hash), bytes);
      pass(60_000);
      await expect(read(kv, now)).resolves.toBeDefined();
    }
  },
);

test("a download has weights soon after they were missing", async () => {
  const values = new Map<string, string | Uint8Array>([[pointerKey("flows"), pointer]]);
  const { kv, pass } = locationOf(values);
  expect((await download(kv)).status).toBe(404);
  values.set(weightsKey(hash), bytes);
  pass(60_000);
  const response = await download(kv);
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
});

test("weights that are there are read once a day", async () => {
  const values = new Map<string, string | Uint8Array>([[weightsKey(hash), bytes]]);
  const { kv, pass } = locationOf(values);
  expect(await readWeights(kv, hash)).toEqual(bytes);
  values.clear();
  pass(80_000_000);
  expect(await readWeights(kv, hash)).toEqual(bytes);
});
