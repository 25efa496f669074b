/** Locks: a dead process's is taken over by one command alone. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { errorOf, writeFolder } from "./data/testing.ts";
import { locked } from "./lock.ts";

/** Ids of processes end below. */
const DEAD = String(2 ** 30);

test("a lock that another command has taken over, since it was seen to be a dead one's, is left to it", async () => {
  const file = join(writeFolder({ lock: DEAD }), "lock");
  const other = String(process.ppid);
  const asked = vi.spyOn(process, "kill").mockImplementationOnce(() => {
    writeFileSync(file, other);
    throw new Error("there is no such process");
  });
  const work = vi.fn<() => Promise<void>>();
  expect((await errorOf(() => locked(file, "at it", work))).code).toBe("publish-failed");
  expect([work.mock.calls.length, readFileSync(file, "utf8")]).toEqual([0, other]);
  asked.mockRestore();
});

test("a dead one's lock is taken over, and nothing is left of it", async () => {
  const folder = writeFolder({ lock: DEAD });
  const held = await locked(join(folder, "lock"), "at it", () => Promise.resolve(readdirSync(folder)));
  expect([held, readdirSync(folder)]).toEqual([["lock"], []]);
});
