import { expect, test } from "vitest";
import { batchOf, bindings, PART_BYTES } from "./asking.ts";
import { type Batch, cancelKey, failureKey, manifestKey, progressKey, resultKey } from "./batch.ts";
import { countParts, isDone, putJson } from "./progress.ts";

const { BATCH_STORE: bucket } = bindings;
/** The store, two keys a page. */
const store = {
  head: (key: string) => bucket.head(key),
  get: (key: string) => bucket.get(key),
  put: (key: string, value: string, options?: R2PutOptions) => bucket.put(key, value, options),
  list: (options: R2ListOptions) => bucket.list({ ...options, limit: 2 }),
} as unknown as typeof bucket;

/** A batch of five parts, of which these are done and these have failed. */
async function begun(done: readonly number[], failed: readonly number[]): Promise<Batch> {
  const object = { key: "in/counted.ndjson", etag: "e", size: 5 * PART_BYTES - 1 };
  const batch = batchOf(object as R2Object, "0".repeat(64));
  for (const part of done) {
    const counts = { rows: String(10 ** part), bad: String(2 * 10 ** part), anomalies: String(3 * 10 ** part) };
    await bucket.put(resultKey(batch.id, part), "", { customMetadata: counts });
  }
  for (const part of failed) {
    const why = { code: `code ${part}`, detail: `detail ${part}` };
    await putJson(bucket, failureKey(batch.id, part), why, { customMetadata: why });
  }
  return batch;
}

const stored = async (key: string): Promise<unknown> => (await bucket.get(key))?.json() ?? null;

test("all pages of results and failures are counted, and a result wins over a failure of its part", async () => {
  const batch = await begun([0, 1, 2, 3], [0, 4]);
  const wanted = { batch, parts: 5, partsDone: 4, partsFailed: 1, rowsDone: 1111, rowsBad: 2222, anomalies: 3333 };
  const progress = { ...wanted, state: "incomplete" };
  expect(await countParts(store, batch)).toEqual(progress);
  expect(await stored(progressKey(batch.id))).toEqual(progress);
  const place = (part: number) => ({ part, from: part * PART_BYTES, to: (part + 1) * PART_BYTES });
  const result = (part: number) => {
    return { ...place(part), key: resultKey(batch.id, part), rows: 10 ** part, bad: 2 * 10 ** part };
  };
  const last = { ...place(4), to: 5 * PART_BYTES - 1, failure: { code: "code 4", detail: "detail 4" } };
  expect(await stored(manifestKey(batch.id))).toEqual({ ...progress, parts: [...[0, 1, 2, 3].map(result), last] });
  expect((await bucket.head(manifestKey(batch.id)))?.httpMetadata?.contentType).toBe("application/json");
});

test("while parts are missing it runs, and has no manifest; with the last count they are lost", async () => {
  const batch = await begun([1], [3]);
  expect(await countParts(store, batch)).toMatchObject({ state: "running", partsDone: 1, partsFailed: 1 });
  expect(await stored(manifestKey(batch.id))).toBeNull();
  expect(await countParts(store, batch, { last: true })).toMatchObject({ state: "incomplete", partsFailed: 4 });
  const codes = ["part-lost", undefined, "part-lost", "code 3", "part-lost"];
  expect(await stored(manifestKey(batch.id))).toMatchObject({
    parts: codes.map((code) => (code === undefined ? { key: resultKey(batch.id, 1) } : { failure: { code } })),
  });
});

test("cancelled, it ends with what is there; one that was done before stays complete", async () => {
  const batch = await begun([0], []);
  await putJson(bucket, cancelKey(batch.id), {});
  const cancelled = await countParts(store, batch);
  expect(cancelled).toMatchObject({ state: "cancelled", parts: 5, partsDone: 1, partsFailed: 4 });
  // a consumer that had just begun: the manifest that has been told of stands
  const manifest = await stored(manifestKey(batch.id));
  await bucket.put(resultKey(batch.id, 1), "", { customMetadata: { rows: "1", bad: "0", anomalies: "0" } });
  expect(await countParts(store, batch)).toEqual(cancelled);
  expect([await stored(manifestKey(batch.id)), await stored(progressKey(batch.id))]).toEqual([manifest, cancelled]);
  const whole = await begun([0, 1, 2, 3, 4], []);
  await putJson(bucket, cancelKey(whole.id), {});
  expect(await countParts(store, whole)).toMatchObject({ state: "complete", partsDone: 5, partsFailed: 0 });
  const answered = await begun([0, 1, 2, 3], [4]);
  await putJson(bucket, cancelKey(answered.id), {});
  expect(await countParts(store, answered)).toMatchObject({ state: "incomplete", partsDone: 4, partsFailed: 1 });
  const states = ["queued", "running", "complete", "incomplete", "cancelled"] as const;
  expect(states.map((state) => isDone({ state }))).toEqual([false, false, true, true, true]);
});
