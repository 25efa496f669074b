import type { R2Bucket, R2Object, R2PutOptions } from "@cloudflare/workers-types";
import { expect, test } from "vitest";
import { stream } from "../../test/fixtures/artefact.ts";
import { batchOf, PART_BYTES } from "./asking.ts";
import { cancelKey, manifestKey, progressKey, resultKey } from "./batch.ts";
import { countParts, type ManifestPart, type Progress, putJson } from "./progress.ts";

const PARTS = 3;

/** Work that begins at once and goes on a step at a time, now here and now there, as a stream of random numbers says. */
class Schedule {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  readonly turn = (): Promise<void> => new Promise((resolve) => this.#waiting.push(resolve));

  begin(work: () => Promise<unknown>): void {
    this.#running++;
    void work().finally(() => this.#running--);
  }

  async run(next: () => number): Promise<void> {
    while (this.#running > 0) {
      const [go] = this.#waiting.splice(Math.floor(next() * this.#waiting.length), 1);
      go?.();
      // until what has gone on waits for another turn
      for (let i = 0; i < 12; i++) await Promise.resolve();
    }
  }
}

/** A bucket each of whose operations takes a turn to begin and one to be answered. */
function bucketOf(turn: () => Promise<void>) {
  const objects = new Map<string, { text: string; customMetadata?: R2PutOptions["customMetadata"] }>();
  const answered = async <T>(operation: () => T): Promise<T> => {
    await turn();
    const answer = operation();
    await turn();
    return answer;
  };
  const json = (key: string): unknown => JSON.parse(objects.get(key)?.text ?? "null");
  const put = (key: string, text: string, { customMetadata, onlyIf }: R2PutOptions = {}) =>
    answered(() => (onlyIf && objects.has(key) ? null : objects.set(key, { text, customMetadata })));
  const list = ({ prefix }: { prefix: string }) =>
    answered(() => {
      const found = [...objects].filter(([key]) => key.startsWith(prefix));
      return { objects: found.map(([key, { customMetadata }]) => ({ key, customMetadata })), truncated: false };
    });
  const head = (key: string) => answered(() => objects.get(key) ?? null);
  const get = (key: string) => answered(() => (objects.has(key) ? { json: async () => json(key) } : null));
  return { store: { put, list, head, get } as unknown as R2Bucket, json };
}

test("in whatever order messages come twice, coordinator and cancelling count, manifest and progress say the same", async () => {
  const states = new Set<string>();
  for (let seed = 1; seed <= 2000; seed++) {
    const next = stream(seed);
    const schedule = new Schedule();
    const { store, json } = bucketOf(schedule.turn);
    const batch = batchOf({ key: "in/x", etag: "e", size: PARTS * PART_BYTES } as R2Object, "0".repeat(64));
    const { id } = batch;
    const consume = async (part: number): Promise<void> => {
      const there = await Promise.all([resultKey(id, part), cancelKey(id)].map((key) => store.head(key)));
      const customMetadata = { rows: "10", bad: "1", anomalies: "2" };
      if (there.every((each) => each === null)) await store.put(resultKey(id, part), "", { customMetadata });
    };
    const coordinate = async (): Promise<void> => {
      while ((await countParts(store, batch)).state === "running") await schedule.turn();
    };
    const cancel = async (): Promise<void> => {
      for (let turns = Math.floor(8 * next()); turns > 0; turns--) await schedule.turn();
      await putJson(store, cancelKey(id), {});
      await countParts(store, batch);
    };
    for (let part = 0; part < PARTS; part++) for (let k = 0; k < 2; k++) schedule.begin(() => consume(part));
    for (const work of [coordinate, cancel]) schedule.begin(work);
    await schedule.run(next);
    const progress = json(progressKey(id)) as Progress;
    const manifest = json(manifestKey(id)) as Progress & { parts: readonly ManifestPart[] };
    expect({ ...manifest, parts: PARTS }).toEqual(progress);
    const done = manifest.parts.filter(({ key }) => key !== undefined);
    expect([done.length, 10 * done.length]).toEqual([progress.partsDone, progress.rowsDone]);
    expect(progress.partsDone + progress.partsFailed).toBe(PARTS);
    states.add(progress.state);
  }
  expect([...states].sort()).toEqual(["cancelled", "complete"]);
});
