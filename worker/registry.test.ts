import { expect, test } from "vitest";
import kernel from "../build/score.wasm";
import { type Canary, type Version } from "../model/pointer.ts";
import { Scorer } from "../model/scorer.ts";
import { POINTER_MS, RETRY_MS, STALE_MS } from "./limits.ts";
import { first, missing, MODELS, point, readingThrough, row, second, setUp } from "./registry-testing.ts";
import { third, versionOf, weights } from "./registry-testing.ts";

test("concurrent requests share one load, and a new version comes in behind an answer of the old one", async () => {
  await point("shared", await weights(1, first));
  const { registry, opened, pass, settle } = setUp();
  const served = await Promise.all(Array.from({ length: 50 }, () => registry.get("shared")));
  expect(new Set(served.map(({ scorer }) => scorer)).size).toBe(1);
  expect(opened()).toBe(1);
  await point("shared", await weights(2, second));
  expect(await versionOf(registry.get("shared"))).toBe(1);
  pass(POINTER_MS);
  expect(await versionOf(registry.get("shared"))).toBe(1);
  expect(opened()).toBe(1);
  await settle();
  expect(await versionOf(registry.get("shared"))).toBe(2);
  expect(opened()).toBe(2);
});

test("no request waits for KV while a version is there, however slow KV is; none is served a pointer of long ago", async () => {
  await point("slow", await weights(1, first));
  let stall: Promise<unknown> = Promise.resolve();
  let reads = 0;
  const kv = new Proxy(MODELS, {
    get: (target, name) => {
      if (name !== "get") return Reflect.get(target, name);
      return async (key: string, options: never) => {
        reads++;
        await stall;
        return target.get(key, options);
      };
    },
  });
  const { registry, pass, settle } = setUp({ kv });
  await registry.get("slow");
  await point("slow", await weights(2, second));
  let release = (): void => {};
  stall = new Promise<void>((resolve) => (release = resolve));
  reads = 0;
  pass(POINTER_MS);
  for (let i = 0; i < 20; i++) expect(await versionOf(registry.get("slow"))).toBe(1);
  expect(reads).toBe(1);
  release();
  await settle();
  expect(await versionOf(registry.get("slow"))).toBe(2);
  await point("slow", await weights(1, first));
  pass(STALE_MS);
  expect(await versionOf(registry.get("slow"))).toBe(1);
});

test("an older pointer after a newer one, as KV may give it, is passed over; a rollback, written later, is not", async () => {
  const [one, two] = [await weights(1, first), await weights(2, second)];
  const at = (minute: number): string => new Date(Date.UTC(2026, 1, 1, 0, minute)).toISOString();
  const { registry, pass, settle } = setUp();
  const next = async (current: Version, writtenAt?: string): Promise<number> => {
    await point("stale", current, writtenAt === undefined ? {} : { writtenAt });
    pass(POINTER_MS);
    await registry.get("stale").catch(() => {});
    await settle();
    return versionOf(registry.get("stale"));
  };
  expect(await next(one, at(1))).toBe(1);
  expect(await next(two, at(2))).toBe(2);
  expect(await next(one, at(1))).toBe(2);
  expect(await next(two, at(2))).toBe(2);
  expect(await next(one, at(3))).toBe(1);
  expect(await next(two)).toBe(2);
});

test("a version asked for by number is served while another is current; one there is not is a 404", async () => {
  const [older, newer] = [await weights(1, first), await weights(2, second)];
  await point("pinned", newer, { history: [older, missing(9)] });
  const { registry } = setUp();
  expect((await registry.get("pinned")).version).toEqual(newer);
  const old = await registry.get("pinned", { version: 1 });
  expect(old.version).toEqual(older);
  expect(old.scorer.scoreRows(row)).toEqual(Scorer.open(first, kernel).scoreRows(row));
  expect((await registry.get("pinned", { version: 2 })).version).toEqual(newer);
  await expect(registry.get("pinned", { version: 3 })).rejects.toMatchObject({ status: 404, code: "version-unknown" });
  await expect(registry.get("pinned", { version: 9 })).rejects.toMatchObject({ status: 503 });
  expect((await registry.pointer("pinned")).history.map(({ version }) => version)).toEqual([1, 9]);
});

test("the pointer of a model that is asked for by number alone is read no more often", async () => {
  await point("numbered", await weights(2, second), { history: [await weights(1, first)] });
  let reads = 0;
  const kv = readingThrough(() => void reads++);
  const { registry, pass, settle } = setUp({ kv });
  await registry.get("numbered", { version: 1 });
  reads = 0;
  for (let age = 0; age < POINTER_MS; age += RETRY_MS) {
    expect(reads).toBe(0);
    pass(RETRY_MS);
    await registry.get("numbered", { version: 1 });
    await settle();
  }
  expect(reads).toBe(1);
});

test("a canary answers its callers once it is loaded, the current version all others; a broken one answers nobody", async () => {
  const current = await weights(1, first);
  const canary: Canary = { ...(await weights(2, second)), percent: 40 };
  await point("trial", current, { canary });
  const { registry, pass, settle } = setUp();
  const ask = (): Promise<number[]> =>
    Promise.all(Array.from({ length: 200 }, (_, i) => versionOf(registry.get("trial", { caller: `device-${i}` }))));
  await registry.get("trial");
  expect(new Set(await ask())).toEqual(new Set([1]));
  await settle();
  const answers = await ask();
  expect(answers.filter((version) => version === 2).length / 200).toBeCloseTo(0.4, 0);
  expect(await ask()).toEqual(answers);
  expect(await versionOf(registry.get("trial"))).toBe(1);
  expect(await versionOf(registry.get("trial", { version: 2 }))).toBe(2);

  await point("trial", current, { canary: { ...missing(3), percent: 100 } });
  pass(POINTER_MS);
  await registry.get("trial", { caller: "x" });
  await settle();
  await registry.get("trial", { caller: "x" });
  await settle();
  const served = await registry.get("trial", { caller: "x" });
  expect([served.version.version, served.fault]).toEqual([1, expect.stringContaining("version 3")]);
  expect((await registry.get("trial")).fault).toBeUndefined();
});

test("decoded models stay within the bytes allowed: what is longest unused goes first and comes back when asked for", async () => {
  const [a, b, c] = [await weights(1, first), await weights(1, second), await weights(1, third)];
  await Promise.all([point("one", a), point("two", b), point("three", c)]);
  const unbounded = setUp();
  const { scorer } = await unbounded.registry.get("one");
  const each = unbounded.registry.bytes;
  expect(each).toBe(scorer.bytes + first.byteLength);
  const { registry, opened } = setUp({ bytes: 2.5 * each });
  await registry.get("one");
  await registry.get("two");
  await registry.get("one");
  await registry.get("three");
  expect(registry.bytes).toBeLessThanOrEqual(2.5 * each);
  expect(opened()).toBe(3);
  await registry.get("one");
  expect(opened()).toBe(3);
  const back = await registry.get("two");
  expect(opened()).toBe(4);
  expect(back.scorer.scoreRows(row)).toEqual(Scorer.open(second, kernel).scoreRows(row));
  const small = setUp({ bytes: 1 });
  for (const name of ["one", "two", "three", "one"]) await small.registry.get(name);
  expect(small.registry.bytes).toBe(each);
  expect(small.opened()).toBe(4);
});
