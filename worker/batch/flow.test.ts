import type { WorkflowEvent, WorkflowStep } from "cloudflare:workers";
import { expect, test } from "vitest";
import { batchOf, PART_BYTES } from "./asking.ts";
import { type Batch, cancelKey, type Part, progressKey } from "./batch.ts";
import { BatchFlow } from "./flow.ts";

/** Runs the coordinator on a store where no part is ever answered, without its waits. */
async function coordinated(parts: number, given: (batch: Batch) => readonly string[] = () => []) {
  const object = { key: "in/lost.ndjson", etag: "e", size: parts * PART_BYTES };
  const batch = batchOf(object as R2Object, "0".repeat(64));
  const stored = new Map<string, unknown>(given(batch).map((key) => [key, {}]));
  const lots: Part[][] = [];
  const waits: number[] = [];
  const env = {
    BATCH_STORE: {
      head: async (key: string) => stored.get(key) ?? null,
      put: async (key: string, value: unknown) => stored.set(key, value),
      list: async () => ({ objects: [], truncated: false }),
    },
    BATCH_QUEUE: { sendBatch: async (lot: { body: Part }[]) => void lots.push(lot.map(({ body }) => body)) },
  };
  const step = {
    do: (_name: string, _tries: unknown, work: () => Promise<unknown>) => work(),
    sleep: async (_name: string, ms: number) => {
      if (waits.push(ms / 1000) > 2000) throw new Error("it goes on for ever");
    },
  };
  const run = BatchFlow.prototype.run.bind({ env } as unknown as BatchFlow);
  const state = await run({ payload: batch } as WorkflowEvent<Batch>, step as unknown as WorkflowStep);
  return { batch, state, lots, waits, stored };
}

test("every part is sent once, a hundred at a time; after two days, asked ever more seldom, a batch ends with what it has", async () => {
  const { batch, state, lots, waits, stored } = await coordinated(205);
  expect(lots.map(({ length }) => length)).toEqual([100, 100, 5]);
  expect(lots.flat()).toEqual(Array.from({ length: 205 }, (_, part) => ({ batch, part })));
  expect(state).toBe("incomplete");
  let waited = 0;
  for (const seconds of waits) {
    expect(waited).toBeLessThan(48 * 3600);
    expect(seconds).toBe(Math.min(300, Math.max(1, Math.round(waited / 10))));
    waited += seconds;
  }
  expect(waited).toBeGreaterThanOrEqual(48 * 3600);
  const progress = JSON.parse(String(stored.get(progressKey(batch.id))));
  expect(progress).toMatchObject({ state: "incomplete", partsDone: 0, partsFailed: 205 });
});

test("of a batch that was cancelled nothing is sent", async () => {
  const { state, lots, waits } = await coordinated(3, ({ id }) => [cancelKey(id)]);
  expect([state, lots, waits]).toEqual(["cancelled", [], []]);
});
