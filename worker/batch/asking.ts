/** For tests of batches: asking the Worker, publishing to its KV, and waiting for batches and their answers. */
import { env, exports } from "cloudflare:workers";
import type { R2Object } from "@cloudflare/workers-types";
import { expect } from "vitest";
import relaxed from "../../build/score-relaxed.wasm";
import plain from "../../build/score.wasm";
import { openFastest } from "../../model/builds.ts";
import { pointerKey, type Version, weightsKey, writtenPointer } from "../../model/pointer.ts";
import type { Scorer } from "../../model/scorer.ts";
import { makeArtefact } from "../../test/fixtures/artefact.ts";
import type { Bindings } from "../bindings.ts";
import { BatchFault } from "../card-schemas.ts";
import type { Batch } from "./batch.ts";
import { deliveries } from "./testing.ts";
import { sha256Of } from "../sha256.ts";

export const bindings = env as unknown as Required<Bindings>;
const { MODELS } = bindings;
/** As vitest.config.ts has it. */
export const PART_BYTES = 4096;

export interface Shown {
  id: string;
  state: string;
  parts: number;
  partsDone: number;
  partsFailed: number;
  rowsDone: number;
  rowsBad: number;
  anomalies: number;
  model: Batch["model"];
  threshold: Batch["threshold"];
  code?: string;
}

export const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  (exports as unknown as { default: { fetch(url: string, init: RequestInit): Promise<Response> } }).default.fetch(
    `http://worker${path}`,
    init,
  );
export const post = (body: object): Promise<Response> =>
  ask("/v1/batches", {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });

export async function publish(name: string, ...seeds: number[]): Promise<{ scorer: Scorer; sha256: string }[]> {
  const versions = await Promise.all(
    seeds.map(async (seed) => {
      const { bytes } = makeArtefact(plain, seed);
      const sha256 = await sha256Of(bytes);
      await MODELS.put(weightsKey(sha256), bytes);
      return { scorer: openFastest(bytes, { plain, relaxed }), sha256, bytes };
    }),
  );
  const entry = (i: number): Version => ({
    version: i + 1,
    sha256: versions[i].sha256,
    publishedAt: "2026-01-01T00:00:00.000Z",
  });
  const current = versions.length - 1;
  const history = versions.slice(0, -1).map((_, i) => entry(current - 1 - i));
  await MODELS.put(pointerKey(name), writtenPointer({ name, current: entry(current), history }));
  return versions;
}

/** A batch of an object of lines as it is started, but nothing of it is put anywhere. */
export function batchOf(object: R2Object | null, sha256: string, partBytes = PART_BYTES): Batch {
  if (!object) throw new Error("the object is not in the store");
  const { key, etag, size } = object;
  return {
    id: crypto.randomUUID(),
    object: key,
    etag,
    size,
    format: "ndjson",
    startedAt: Date.now(),
    partBytes,
    model: { name: "flows", version: 1, sha256 },
    threshold: { spec: 0.5, value: 0.5 },
  };
}

export async function finished(id: string): Promise<Shown> {
  for (;;) {
    const progress = (await (await ask(`/v1/batches/${id}`)).json()) as Shown;
    if (progress.state !== "queued" && progress.state !== "running") return progress;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export type Answer = { score: number; anomaly: boolean; margin: number; error?: string; code?: string; remedy: string };

/** All answers, by the links from one response to the next. */
export async function answers(id: string): Promise<Answer[]> {
  const all: Answer[] = [];
  for (let path: string | undefined = `/v1/batches/${id}/results`; path !== undefined;) {
    const response = await ask(path);
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const text = new TextDecoder().decode(await response.arrayBuffer());
    expect(text.endsWith("\n")).toBe(true);
    for (const line of text.trimEnd().split("\n")) {
      const answer = JSON.parse(line) as Answer;
      // whatever is not described would be stripped
      if (answer.code !== undefined) expect(BatchFault.parse(answer)).toEqual(answer);
      all.push(answer);
    }
    path = /^<(.+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1];
  }
  return all;
}

export const delivered = (id: string): number =>
  deliveries.filter(({ body }) => (body as { batch?: Batch }).batch?.id === id).length;
