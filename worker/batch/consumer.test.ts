import type { Message } from "@cloudflare/workers-types";
import { expect, test, vi } from "vitest";
import relaxed from "../../build/score-relaxed.wasm";
import plain from "../../build/score.wasm";
import { openFastest } from "../../model/builds.ts";
import type { Bindings } from "../bindings.ts";
import { batchOf, bindings, PART_BYTES, publish } from "./asking.ts";
import { cancelKey, deadLetterKey, failureKey, resultKey } from "./batch.ts";
import { createConsumer } from "./consumer.ts";

const { BATCH_STORE: store } = bindings;
const consume = createConsumer((bytes) => openFastest(bytes, { plain, relaxed }));
const batch = batchOf({ key: "in/a.ndjson", etag: "e", size: 3 * PART_BYTES } as R2Object, "0".repeat(64));

test("what fails waits twice as long from try to try, five minutes at the most, and only the fault's name is logged", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const head = (): never => {
    throw new TypeError("a row's value");
  };
  const waits: unknown[] = [];
  const retry = (options: unknown): void => void waits.push(options);
  const ack = (): never => expect.fail("it is not done");
  const messages = [1, 2, 3, 8, 9, 99].map((attempts) => ({ id: "m", attempts, body: { batch, part: 2 }, ack, retry }));
  const env = { ...bindings, BATCH_STORE: { head, put: head } } as unknown as Bindings;
  for (const queue of ["parts", "parts-dead"]) {
    await consume({ queue, messages: messages as unknown as Message<unknown>[] }, env);
    expect(waits.splice(0)).toEqual([2, 4, 8, 256, 300, 300].map((delaySeconds) => ({ delaySeconds })));
  }
  const [[line]] = log.mock.calls;
  const logged = { batch: batch.id, part: 2, message: "m", attempts: 1, what: "failed", fault: "TypeError" };
  expect(JSON.parse(line)).toEqual(logged);
  log.mockRestore();
});

/** Whether a message was done with, or is to come again. */
async function outcome(body: unknown, queue = "parts"): Promise<"acknowledged" | "tried again"> {
  const [ack, retry] = [vi.fn(), vi.fn()];
  const messages = [{ id: "m", attempts: 1, body, ack, retry }] as unknown as Message<unknown>[];
  await consume({ queue, messages }, bindings);
  expect(ack.mock.calls.length + retry.mock.calls.length).toBe(1);
  return ack.mock.calls.length > 0 ? "acknowledged" : "tried again";
}

const stored = async (key: string): Promise<unknown> => (await store.get(key))?.json() ?? null;

test("a part is done once; one that no try can help, or that nobody wants any more, is not tried again", async () => {
  const [{ sha256 }] = await publish("flows", 1);
  const whole = batchOf(await store.put("in/whole.ndjson", '[1,1,"tcp",true]\n'), sha256);
  expect(await outcome({ batch: whole, part: 0 })).toBe("acknowledged");
  const first = await store.head(resultKey(whole.id, 0));
  expect(first?.customMetadata).toMatchObject({ rows: "1", bad: "0" });
  expect(await outcome({ batch: whole, part: 0 })).toBe("acknowledged");
  expect((await store.head(resultKey(whole.id, 0)))?.version).toBe(first?.version);
  const unwanted = { ...whole, id: crypto.randomUUID() };
  await store.put(cancelKey(unwanted.id), "{}");
  expect(await outcome({ batch: unwanted, part: 0 })).toBe("acknowledged");
  expect(await store.head(resultKey(unwanted.id, 0))).toBeNull();
  const changed = { ...whole, id: crypto.randomUUID(), etag: "another" };
  expect(await outcome({ batch: changed, part: 0 })).toBe("acknowledged");
  expect(await stored(failureKey(changed.id, 0))).toMatchObject({ part: 0, code: "object-changed" });
});

test("a dead letter becomes its part's failure, or is kept where it is no part; elsewhere that comes again", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  expect(await outcome("no part")).toBe("tried again");
  expect(await outcome("no part", "parts-dead")).toBe("acknowledged");
  expect(await stored(deadLetterKey("m"))).toBe("no part");
  expect(await outcome({ batch, part: 2 }, "parts-dead")).toBe("acknowledged");
  expect(await stored(failureKey(batch.id, 2))).toMatchObject({ part: 2, code: "part-dead" });
  const { customMetadata } = (await store.head(failureKey(batch.id, 2))) ?? {};
  expect(customMetadata).toEqual({ code: "part-dead", detail: expect.stringContaining("Every retry") });
  vi.restoreAllMocks();
});
