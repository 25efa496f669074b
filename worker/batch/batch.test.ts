import { introspectWorkflow } from "cloudflare:test";
import { beforeEach, expect, test } from "vitest";
import relaxed from "../../build/score-relaxed.wasm";
import plain from "../../build/score.wasm";
import { openFastest } from "../../model/builds.ts";
import { weightsKey } from "../../model/pointer.ts";
import type { Scorer } from "../../model/scorer.ts";
import { deliveries, failingSends, failingWrites } from "./testing.ts";
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
import {
  type Batch,
  failureKey,
  manifestKey,
  PART_BYTES as DEPLOYED_PART_BYTES,
  resultKey,
  resultsPrefix,
} from "./batch.ts";

const { BATCH_STORE: store, BATCH_QUEUE: queue, BATCH_FLOW: flow, MODELS } = bindings;
const BAD = ['{"bytes":1}', "[1,2", "", '[1,"x","tcp",true]'];
/** A line over the limit, longer than dozens of parts. */
const ENDLESS = { at: 200, text: `"${"y".repeat(270_000)}"` };

/** Rows as lines, a bad one now and then, and what each must be answered with; undefined for a bad one. */
function lines(scorer: Scorer, count: number, seed: number): { text: string; wanted: (number | undefined)[] } {
  const rows = randomRows(count, seed);
  const scores = scorer.scoreRows(rows);
  const bad = (i: number): string | undefined => {
    if (i === ENDLESS.at) return ENDLESS.text;
    return i % 97 === 5 ? BAD[i % BAD.length] : undefined;
  };
  return {
    text: rows.map((row, i) => bad(i) ?? JSON.stringify(row)).join("\n"),
    wanted: Array.from(scores, (score, i) => (bad(i) === undefined ? score : undefined)),
  };
}

/** Every line answered once, in its place, by the scorer's own number. */
async function expectWhole(id: string, wanted: (number | undefined)[]): Promise<Shown> {
  const progress = await finished(id);
  expect(progress).toMatchObject({ state: "complete", partsFailed: 0, partsDone: progress.parts });
  const got = await answers(id);
  expect(got.map(({ error, score }) => (error ? undefined : score))).toEqual(wanted);
  for (const { error, remedy, score, anomaly, margin } of got) {
    if (error) expect(remedy.length).toBeGreaterThan(5);
    else expect([anomaly, margin]).toEqual([score >= progress.threshold.value, score - progress.threshold.value]);
  }
  expect(progress.rowsDone).toBe(wanted.length);
  expect(progress.rowsBad).toBe(wanted.filter((score) => score === undefined).length);
  expect(progress.anomalies).toBe(got.filter(({ anomaly }) => anomaly).length);
  const manifest = await (await store.get(manifestKey(id)))?.json<{ parts: { part: number; rows: number }[] }>();
  expect(manifest?.parts.map(({ part }) => part)).toEqual(Array.from({ length: progress.parts }, (_, i) => i));
  expect(manifest?.parts.reduce((sum, { rows }) => sum + rows, 0)).toBe(wanted.length);
  return progress;
}

beforeEach(() => failingWrites.clear());

test("an object is scored whole, bad lines in their place, through faults of consumer and coordinator and messages twice", async () => {
  const [{ scorer }] = await publish("flows", 1);
  const { text, wanted } = lines(scorer, 4500, 3);
  await store.put("in/rows.ndjson", text);
  await using flows = await introspectWorkflow(flow as unknown as Workflow);
  await flows.modifyAll((each) => each.disableRetryDelays());
  failingSends.left = 1;
  failingWrites.set("/progress.json", { left: 1, when: "before" });
  failingWrites.set("/manifest.json", { left: 1, when: "after" });
  failingWrites.set("/results/000002", { left: 2, when: "before" });
  failingWrites.set("/results/000005", { left: 1, when: "after" });
  const response = await post({ object: "in/rows.ndjson", threshold: "fpr=0.05" });
  expect(response.status).toBe(202);
  const { id, parts } = (await response.json()) as Shown;
  expect(response.headers.get("location")).toBe(`/v1/batches/${id}`);
  expect(parts).toBe(Math.ceil(new TextEncoder().encode(text).length / PART_BYTES));
  expect(parts).toBeGreaterThan(100);
  const { model, threshold } = await expectWhole(id, wanted);
  expect([model.version, threshold.value]).toEqual([1, 0.6]);
  // A send that failed when it was done was done again, and the consumer's three faults came back once each.
  const twice = parts + 3 + Math.min(parts, 100);
  while (delivered(id) < twice) await new Promise((resolve) => setTimeout(resolve, 100));
  expect(delivered(id)).toBe(twice);

  // Every message again: no result is written anew, and nothing is counted twice.
  const before = await store.list({ prefix: resultsPrefix(id) });
  const messages = deliveries.filter(({ body }) => (body as { batch?: Batch }).batch?.id === id);
  for (let i = 0; i < messages.length; i += 100) {
    await queue.sendBatch(messages.slice(i, i + 100).map(({ body }) => ({ body })));
  }
  while (delivered(id) < 2 * twice) await new Promise((resolve) => setTimeout(resolve, 100));
  const after = await store.list({ prefix: resultsPrefix(id) });
  const written = ({ objects }: typeof after): unknown[] => objects.map(({ key, version }) => [key, version]);
  expect(written(after)).toEqual(written(before));
  await expectWhole(id, wanted);
  expect([...failingWrites.values()].map(({ left }) => left)).toEqual([0, 0, 0, 0]);
});

test("while KV has no weights parts wait; a version published meanwhile changes nothing", async () => {
  const [first] = await publish("switch", 31);
  const { text, wanted } = lines(first.scorer, 190, 4);
  await store.put("in/switch.ndjson", text);
  const request = { object: "in/switch.ndjson", model: "switch" };
  // The routes have the weights now; the consumer is yet to read them.
  expect((await post({ ...request, threshold: 7 })).status).toBe(422);
  const weights = await MODELS.get(weightsKey(first.sha256), "arrayBuffer");
  await MODELS.delete(weightsKey(first.sha256));
  const { id, parts } = (await (await post(request)).json()) as Shown;
  while (delivered(id) < parts + 2) await new Promise((resolve) => setTimeout(resolve, 50));
  const [, second] = await publish("switch", 31, 32);
  expect(second.sha256).not.toBe(first.sha256);
  await MODELS.put(weightsKey(first.sha256), weights as ArrayBuffer);
  const { model } = await expectWhole(id, wanted);
  expect(model).toEqual({ name: "switch", version: 1, sha256: first.sha256 });
});

test("a part no try helps goes to the dead letters and is named in its place; the rest is whole", async () => {
  const [{ scorer }] = await publish("flows", 1);
  const rows = randomRows(300, 5).map((row) => JSON.stringify(row));
  const wanted = scorer.scoreRows(randomRows(300, 5));
  const text = rows.join("\n");
  await store.put("in/poison.ndjson", text);
  failingWrites.set("/results/000001", { left: Number.POSITIVE_INFINITY, when: "before" });
  // the store is away longer than a part is tried
  failingWrites.set("/failures/000001", { left: 5, when: "before" });
  await queue.send("no part at all");
  const { id } = (await (await post({ object: "in/poison.ndjson" })).json()) as Shown;
  expect(await finished(id)).toMatchObject({ state: "incomplete", partsFailed: 1 });
  expect(await store.head(resultKey(id, 1))).toBeNull();
  expect(await (await store.get(failureKey(id, 1)))?.json()).toMatchObject({ part: 1, code: "part-dead" });
  const got = await answers(id);
  const gap = got.findIndex(({ error }) => error);
  expect(got[gap]).toMatchObject({ code: "part-dead", from: PART_BYTES, to: 2 * PART_BYTES });
  const scores = got.filter(({ error }) => !error).map(({ score }) => score);
  const missing = wanted.length - scores.length;
  expect(missing).toBeGreaterThan(10);
  expect(scores).toEqual([...wanted.slice(0, gap), ...wanted.slice(gap + missing)]);
  const { objects } = await store.list({ prefix: "batches/dead-letters/" });
  expect(await (await store.get(objects[0].key))?.json()).toBe("no part at all");
  const dead = deliveries.filter((delivery) => delivery.queue.endsWith("-dead"));
  expect(dead).toHaveLength(7);
});

test("an object overwritten on the way is refused, not scored in a mixture", async () => {
  const [{ sha256 }] = await publish("flows", 1);
  const head = await store.put("in/changed.ndjson", '[1,1,"tcp",true]\n');
  await store.put("in/changed.ndjson", '[2,1,"tcp",true]\n');
  const batch = batchOf(head, sha256);
  const { id } = batch;
  const instance = await flow.create({ id, params: batch });
  while ((await instance.status()).status !== "complete") await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await finished(id)).toMatchObject({ state: "incomplete", partsDone: 0, partsFailed: 1 });
  expect(await answers(id)).toMatchObject([{ code: "object-changed", from: 0 }]);
});

test("a part of lines so short that their answers are too large fails at once, and says what to do", async () => {
  const [{ sha256 }] = await publish("flows", 1);
  const blank = await store.put("in/blank.ndjson", "\n".repeat(DEPLOYED_PART_BYTES));
  const batch = batchOf(blank, sha256, DEPLOYED_PART_BYTES);
  await flow.create({ id: batch.id, params: batch });
  while ((await ask(`/v1/batches/${batch.id}`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await finished(batch.id)).toMatchObject({ state: "incomplete", partsFailed: 1 });
  const wanted = { code: "answers-too-large", error: expect.stringContaining("BATCH_PART_BYTES") };
  expect(await answers(batch.id)).toMatchObject([wanted]);
  expect(delivered(batch.id)).toBe(1);
});

test("requests that cannot start a batch say why", async () => {
  await publish("flows", 1);
  await store.put("in/empty.ndjson", "");
  const refused: [object, number, string][] = [
    [{ object: "in/none.ndjson" }, 404, "object-unknown"],
    [{ object: "in/empty.ndjson" }, 404, "object-unknown"],
    [{ object: "batches/x/manifest.json" }, 404, "object-unknown"],
    [{ object: "in/empty.ndjson", model: "none" }, 404, "model-unknown"],
    [{ object: "in/empty.ndjson", version: 9 }, 404, "version-unknown"],
    [{ object: "in/empty.ndjson", threshold: "fpr=0.3" }, 422, "threshold-unknown"],
    [{ object: 7 }, 422, "request-invalid"],
    [{ object: "é".repeat(513) }, 422, "request-invalid"],
    [{ object: "é".repeat(512) }, 404, "object-unknown"],
    [{ object: "in/empty.ndjson", rows: 3 }, 422, "request-invalid"],
    [{ object: "in/empty.ndjson", format: "xml" }, 422, "request-invalid"],
  ];
  for (const [body, status, code] of refused) {
    const response = await post(body);
    expect([response.status, ((await response.json()) as Shown).code]).toEqual([status, code]);
  }
  for (const path of ["", "/results"]) {
    const response = await ask(`/v1/batches/${crypto.randomUUID()}${path}`);
    expect([response.status, ((await response.json()) as Shown).code]).toEqual([404, "batch-unknown"]);
    for (const query of ["from=x", "from=0&from=1"]) {
      expect((await ask(`/v1/batches/${crypto.randomUUID()}/results?${query}`)).status).toBe(422);
    }
    expect((await ask(`/v1/batches/..%2fflows${path}`)).status).toBe(404);
  }
});

test("a Worker without bucket, queue and Workflow says so, and serves all else", async () => {
  const app = createApp((bytes) => openFastest(bytes, { plain, relaxed }));
  const bare = { MODELS, ENVIRONMENT: "development" };
  for (const [path, method] of [
    ["/v1/batches", "POST"],
    [`/v1/batches/${crypto.randomUUID()}`, "GET"],
    [`/v1/batches/${crypto.randomUUID()}/results`, "GET"],
  ]) {
    const response = await app.request(path, { method }, bare);
    expect([response.status, ((await response.json()) as Shown).code]).toEqual([501, "batches-off"]);
  }
  expect((await app.request("/v2/health/live", {}, bare)).status).toBe(200);
});

test("a size of parts that is none starts no batch", async () => {
  await publish("flows", 1);
  await store.put("in/short.ndjson", '[1,1,"tcp",true]\n');
  const app = createApp((bytes) => openFastest(bytes, { plain, relaxed }));
  const init = {
    method: "POST",
    body: '{"object":"in/short.ndjson"}',
    headers: { "content-type": "application/json" },
  };
  for (const size of ["2 MiB", "", "0", "1.5", "-1"]) {
    const response = await app.request("/v1/batches", init, { ...bindings, BATCH_PART_BYTES: size });
    expect([response.status, ((await response.json()) as Shown).code]).toEqual([501, "batches-off"]);
  }
});
