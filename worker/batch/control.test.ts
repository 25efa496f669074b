import { expect, test } from "vitest";
import relaxed from "../../build/score-relaxed.wasm";
import plain from "../../build/score.wasm";
import { openFastest } from "../../model/builds.ts";
import { randomRows } from "../../test/fixtures/artefact.ts";
import { createApp } from "../app.ts";
import {
  answers,
  ask,
  batchOf,
  bindings,
  delivered,
  finished,
  PART_BYTES,
  post,
  publish,
  type Shown,
} from "./asking.ts";
import { type Batch, LIST, listKey, manifestKey, partsOf, PREFIX, resultsPrefix } from "./batch.ts";
import { type Progress, putJson, writeProgress } from "./progress.ts";

const { BATCH_STORE: store, BATCH_QUEUE: queue, BATCH_FLOW: flow } = bindings;
const cancel = (id: string): Promise<Response> => ask(`/v1/batches/${id}/cancel`, { method: "POST" });

/** A batch as it is started, but without the coordinator that would go on with it. */
async function begun(object: string): Promise<Batch> {
  const [{ sha256 }] = await publish("flows", 1);
  const stored = await store.put(
    object,
    randomRows(900, 8)
      .map((row) => `${JSON.stringify(row)}\n`)
      .join(""),
  );
  const batch = batchOf(stored, sha256);
  await written(batch, "queued");
  return batch;
}

/** Writes what starting a batch writes. */
async function written(batch: Batch, state: Progress["state"]): Promise<void> {
  const none = { partsDone: 0, partsFailed: 0, rowsDone: 0, rowsBad: 0, anomalies: 0 };
  await writeProgress(store, { batch, state, parts: partsOf(batch), ...none });
  await putJson(store, listKey(batch), {});
}

async function results(id: string): Promise<number> {
  return (await store.list({ prefix: resultsPrefix(id) })).objects.length;
}

test("a batch is cancelled: what is done stays, the rest is named, and nothing is done afterwards", async () => {
  const batch = await begun("in/runaway.ndjson");
  const { id } = batch;
  const parts = partsOf(batch);
  expect(parts).toBeGreaterThan(3);
  await queue.send({ batch, part: 0 });
  while ((await results(id)) < 1) await new Promise((resolve) => setTimeout(resolve, 50));

  const stopped = (await (await cancel(id)).json()) as Shown;
  expect(stopped).toMatchObject({ id, state: "cancelled", partsDone: 1, partsFailed: parts - 1 });
  expect(await (await cancel(id)).json()).toEqual(stopped);
  const got = await answers(id);
  expect(got.length - (parts - 1)).toBe(stopped.rowsDone);
  expect(got.slice(1 - parts).map(({ code }) => code)).toEqual(Array.from({ length: parts - 1 }, () => "cancelled"));
  expect(got.at(1 - parts)).toMatchObject({ from: PART_BYTES, to: 2 * PART_BYTES });

  // Messages that still wait are passed over, and the coordinator sends no more and ends.
  await queue.sendBatch(Array.from({ length: parts }, (_, part) => ({ body: { batch, part } })));
  while (delivered(id) < parts + 1) await new Promise((resolve) => setTimeout(resolve, 50));
  const instance = await flow.create({ id, params: batch });
  while ((await instance.status()).status !== "complete") await new Promise((resolve) => setTimeout(resolve, 50));
  expect([await results(id), delivered(id)]).toEqual([1, parts + 1]);
  expect(await finished(id)).toMatchObject({ state: "cancelled", partsDone: 1 });
});

test("a batch that is done stays as it is, and one that is not there cannot be cancelled", async () => {
  await publish("flows", 1);
  await store.put("in/short.ndjson", '[1,1,"tcp",true]\n');
  const { id } = (await (await post({ object: "in/short.ndjson" })).json()) as Shown;
  expect(await finished(id)).toMatchObject({ state: "complete" });
  expect(await (await cancel(id)).json()).toMatchObject({ state: "complete", partsDone: 1 });
  expect(await store.head(manifestKey(id))).not.toBeNull();
  expect((await cancel(crypto.randomUUID())).status).toBe(404);
});

/** Asks a Worker whose Workflow is another one. */
const askWith = async (other: object, path: string, init: RequestInit = {}): Promise<Response> =>
  createApp((bytes) => openFastest(bytes, { plain, relaxed })).request(path, init, {
    ...bindings,
    BATCH_FLOW: other,
  });

test("a batch whose Workflow cannot be made is a 503, and leaves nothing that looks like one", async () => {
  await publish("flows", 1);
  await store.put("in/short.ndjson", '[1,1,"tcp",true]\n');
  const keys = async (prefix: string): Promise<string[]> =>
    (await store.list({ prefix })).objects.map(({ key }) => key);
  const listed = await keys(LIST);
  let made = "";
  const create = async ({ id }: { id: string }): Promise<never> => {
    made = id;
    throw new Error("Workflows are away");
  };
  const response = await askWith({ create }, "/v1/batches", {
    method: "POST",
    body: '{"object":"in/short.ndjson"}',
    headers: { "content-type": "application/json" },
  });
  expect([response.status, ((await response.json()) as Shown).code]).toEqual([503, "store-unavailable"]);
  expect(await keys(LIST)).toEqual(listed);
  expect(await keys(`${PREFIX}${made}/`)).toEqual([`${PREFIX}${made}/cancelled.json`]);
  expect((await ask(`/v1/batches/${made}`)).status).toBe(404);
});

test("a stopped batch's results are not to be waited for; cancelled, it gives those that are there", async () => {
  const { id } = await begun("in/stopped.ndjson");
  const other = { get: async () => ({ status: async () => ({ status: "errored" }) }) };
  expect(await (await askWith(other, `/v1/batches/${id}`)).json()).toMatchObject({ state: "stopped" });
  const response = await askWith(other, `/v1/batches/${id}/results`);
  expect([response.status, response.headers.get("retry-after")]).toEqual([409, null]);
  expect(await response.json()).toMatchObject({
    detail: expect.stringContaining("stopped"),
    remedy: expect.stringContaining("cancel"),
  });
  expect((await ask(`/v1/batches/${id}/results`)).headers.get("retry-after")).toBe("5");
  expect((await askWith(other, `/v1/batches/${id}/cancel`, { method: "POST" })).status).toBe(200);
  expect((await answers(id))[0]).toMatchObject({ code: "cancelled" });
  // who asks for no body has none written, which nobody would read
  const behind: Promise<unknown>[] = [];
  const waitUntil = (work: Promise<unknown>): unknown => behind.push(work);
  const app = createApp((bytes) => openFastest(bytes, { plain, relaxed }));
  const context = { waitUntil, passThroughOnException: () => undefined, props: undefined };
  const given = { ...bindings, ENVIRONMENT: "development" };
  const head = await app.request(`/v1/batches/${id}/results`, { method: "HEAD" }, given, context);
  expect([head.status, head.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
  await Promise.all(behind);
}, 10_000);

test("batches are listed by pages, the one started last first; what was deleted is passed over", async () => {
  const many = 55;
  const batch = await begun("in/listed.ndjson");
  const ids = Array.from({ length: many }, () => crypto.randomUUID());
  for (const [i, id] of ids.entries()) {
    // Later than all that this file has started.
    await written({ ...batch, id, startedAt: batch.startedAt + 1000 - i }, "complete");
  }
  await store.delete(`batches/${ids[2]}/progress.json`);
  const first = await ask("/v1/batches");
  const { batches } = (await first.json()) as { batches: (Shown & { startedAt: string })[] };
  expect(batches.map(({ id }) => id)).toEqual(ids.slice(0, 50).filter((id) => id !== ids[2]));
  expect(batches[0]).toMatchObject({ state: "complete", object: "in/listed.ndjson" });
  expect(Date.parse(batches[0].startedAt)).toBeGreaterThan(Date.parse(batches[1].startedAt));
  const next = /^<(.+)>; rel="next"$/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
  const second = (await (await ask(next)).json()) as { batches: Shown[] };
  expect(second.batches.slice(0, many - 50).map(({ id }) => id)).toEqual(ids.slice(50));
  expect((await ask("/v1/batches?after=x")).status).toBe(422);
  const after = `after=20260101000000-${crypto.randomUUID()}`;
  expect((await ask(`/v1/batches?${after}&${after}`)).status).toBe(422);
});
