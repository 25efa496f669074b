import { hash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { isOlder, type Pointer, pointerKey, readPointer, weightsKey, writtenPointer } from "../../model/pointer.ts";
import { makeArtefact } from "../../test/fixtures/artefact.ts";
import { errorOf } from "../data/testing.ts";
import { kernelModule } from "../learn/engine.ts";
import { publish } from "./publish.ts";
import { rollback } from "./rollback.ts";
import { changePointer } from "./stored-pointer.ts";
import { published } from "./testing.ts";

/** In the place of KV: what somebody else does comes after a number of reads. */
const kv = vi.hoisted(() => ({ values: new Map<string, string>(), reads: 0, atRead: new Map<number, () => void>() }));
vi.mock(import("./wrangler.ts"), async (original) => ({
  ...(await original()),
  getKey: async (_, key) => {
    kv.atRead.get(++kv.reads)?.();
    return kv.values.get(key);
  },
  putKey: async (_, key, value) => void kv.values.set(key, String(value)),
  hasKey: async (_, key) => kv.values.has(key),
}));

const folder = mkdtempSync(join(tmpdir(), "unseen-pointer-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  kv.values.clear();
  kv.atRead.clear();
  kv.reads = 0;
});

const remote = { remote: true };
const key = pointerKey("flows");
const add = (letter: string) => (before: Pointer | undefined) => published(letter)(before);
const theirs = (): string => writtenPointer({ ...published("f")(undefined), writtenAt: "2026-01-01T00:00:00.000Z" });

test("a pointer that somebody else wrote since it was read is not overwritten", async () => {
  await changePointer(remote, "flows", add("a"));
  kv.reads = 0;
  kv.atRead.set(2, () => kv.values.set(key, theirs()));
  const refused = await errorOf(() => changePointer(remote, "flows", add("b")));
  expect([refused.code, refused.message]).toEqual(["publish-failed", expect.stringContaining("somebody else")]);
  expect(kv.values.get(key)).toBe(theirs());
});

test("who is overwritten is told, who reads an old value back is not", async () => {
  await changePointer(remote, "flows", add("a"));
  const before = kv.values.get(key) ?? "";
  kv.reads = 0;
  kv.atRead.set(3, () => kv.values.set(key, theirs()));
  expect((await errorOf(() => changePointer(remote, "flows", add("b")))).code).toBe("publish-failed");
  kv.values.set(key, before);
  kv.reads = 0;
  kv.atRead.set(3, () => kv.values.set(key, before));
  expect((await changePointer(remote, "flows", add("b"))).current.version).toBe(2);
});

test("a pointer of a later release asks for an update, a damaged one may be deleted", async () => {
  kv.values.set(key, '{"format":3}');
  const later = await errorOf(() => changePointer(remote, "flows", add("a")));
  expect([later.code, later.remedy]).toEqual(["publish-failed", expect.stringContaining("Update this program")]);
  const others = writtenPointer({ ...published("a")(undefined), name: "others" });
  for (const damaged of ['{"format":2}', others]) {
    kv.values.set(key, damaged);
    expect((await errorOf(() => changePointer(remote, "flows", add("a")))).remedy).toContain("delete it");
  }
});

test("a pointer is newer than the one before, also where that one's writer had a fast clock", async () => {
  const writtenAt = new Date(Date.now() + 3_600_000).toISOString();
  kv.values.set(key, writtenPointer({ ...published("a")(undefined), writtenAt }));
  const before = readPointer(kv.values.get(key) ?? "");
  await changePointer(remote, "flows", add("b"));
  const after = readPointer(kv.values.get(key) ?? "");
  expect(after?.current.version).toBe(2);
  expect(before && after && isOlder(before, after)).toBe(true);
});

test("a local KV has one writer of a name at a time; a lock of the dead does not count", async () => {
  const local = { persistTo: join(folder, "kv") };
  const lock = join(local.persistTo, "publish-flows.lock");
  const slowly = async (before: Pointer | undefined) => sleep(50).then(() => add("a")(before));
  const first = changePointer(local, "flows", slowly);
  const second = await errorOf(() => changePointer(local, "flows", add("b")));
  expect([second.code, second.remedy]).toEqual(["publish-failed", expect.stringContaining(lock)]);
  await changePointer(local, "others", (before) => ({ ...add("c")(before), name: "others" }));
  expect((await first).current.version).toBe(1);
  expect(existsSync(lock)).toBe(false);
  writeFileSync(lock, "99999999");
  expect((await changePointer(local, "flows", add("b"))).current.version).toBe(2);
  await expect(changePointer(local, "flows", () => Promise.reject(new Error("no KV")))).rejects.toThrow("no KV");
  expect(existsSync(lock)).toBe(false);
});

test("where weights to go back to are gone, the versions that can be chosen instead are named", async () => {
  for (const letter of ["a", "b", "c", "d"]) await changePointer(remote, "flows", add(letter));
  kv.values.set(weightsKey("a".repeat(64)), "weights");
  const refused = await errorOf(() => rollback({ name: "flows", ...remote }));
  expect([refused.code, refused.message]).toEqual(["version-unknown", expect.stringContaining("version 3")]);
  expect(refused.remedy).toBe("Publish the model file again, or choose another version with --to: 2, 1.");
  expect(await rollback({ name: "flows", to: 1, ...remote })).toMatchObject({ version: 1 });
});

test("a model that was replaced or rolled back from is published again, unless it is to stay so", async () => {
  const file = join(folder, "model.safetensors");
  const { bytes } = makeArtefact(kernelModule("score"), 1);
  writeFileSync(file, bytes);
  const again = { file, name: "flows", ...remote };
  expect(await publish({ ...again, once: true })).toMatchObject({ version: 1 });
  await changePointer(remote, "flows", add("b"));
  kv.values.delete(weightsKey(hash("sha256", bytes)));
  expect(await publish({ ...again, once: true })).toMatchObject({ version: 1 });
  expect(kv.values.has(weightsKey(hash("sha256", bytes)))).toBe(true);
  expect(readPointer(kv.values.get(key) ?? "")?.current.version).toBe(2);
  expect(await publish(again)).toMatchObject({ version: 3 });
});
