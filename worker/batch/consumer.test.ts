import type { Message } from "@cloudflare/workers-types";
import { expect, test, vi } from "vitest";
import type { Bindings } from "../bindings.ts";
import { batchOf, bindings, PART_BYTES } from "./asking.ts";
import { createConsumer } from "./consumer.ts";

const consume = createConsumer(() => expect.fail("no weights are to be opened"));
const batch = batchOf({ key: "in/a.ndjson", etag: "e", size: 3 * PART_BYTES } as R2Object, "0".repeat(64));

test("a part that fails waits twice as long from try to try, five minutes at the most, and only the fault's name is logged", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const head = (): never => {
    throw new TypeError("a row's value");
  };
  const waits: unknown[] = [];
  const retry = (options: unknown): void => void waits.push(options);
  const ack = (): never => expect.fail("it is not done");
  const messages = [1, 2, 3, 8, 9, 99].map((attempts) => ({ id: "m", attempts, body: { batch, part: 2 }, ack, retry }));
  const env = { ...bindings, BATCH_STORE: { head } } as unknown as Bindings;
  await consume({ queue: "parts", messages: messages as unknown as Message<unknown>[] }, env);
  expect(waits).toEqual([2, 4, 8, 256, 300, 300].map((delaySeconds) => ({ delaySeconds })));
  const [[line]] = log.mock.calls;
  const logged = { batch: batch.id, part: 2, message: "m", attempts: 1, what: "failed", fault: "TypeError" };
  expect(JSON.parse(line)).toEqual(logged);
  log.mockRestore();
});
