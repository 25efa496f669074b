import { env } from "cloudflare:workers";
import type { KVNamespace } from "@cloudflare/workers-types";
import { expect, test } from "vitest";
import kernel from "../build/score.wasm";
import { type Canary, type Pointer, pointerKey, type Version, weightsKey, writtenPointer } from "../model/pointer.ts";
import { Scorer } from "../model/scorer.ts";
import { makeArtefact } from "../test/fixtures/artefact.ts";
import type { Bindings } from "./bindings.ts";
import { POINTER_MS, RETRY_MS, STALE_MS } from "./limits.ts";
import { Registry, type RegistryOptions } from "./registry.ts";

const { MODELS } = env as unknown as Bindings;
const first = makeArtefact(kernel, 11).bytes;
const second = makeArtefact(kernel, 12).bytes;
const third = makeArtefact(kernel, 13).bytes;
const row = [[10, 1, "tcp", true]];

async function hash(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Puts weights into KV and gives the version that names them. */
async function weights(version: number, bytes: Uint8Array): Promise<Version> {
  const sha256 = await hash(bytes);
  await MODELS.put(weightsKey(sha256), bytes);
  return { version, sha256, publishedAt: "2026-01-01T00:00:00.000Z" };
}

async function point(name: string, current: Version, more: Partial<Pointer> = {}): Promise<void> {
  await MODELS.put(pointerKey(name), writtenPointer({ name, current, history: [], ...more }));
}

const missing = (version: number): Version => ({
  version,
  sha256: version.toString(16).repeat(64).slice(0, 64),
  publishedAt: "2026-01-01T00:00:00.000Z",
});

function setUp(options: RegistryOptions & { kv?: KVNamespace } = {}) {
  let now = 0;
  let opened = 0;
  const work: Promise<unknown>[] = [];
  const open = (bytes: Uint8Array): Scorer => {
    opened++;
    return Scorer.open(bytes, kernel);
  };
  const behind = (promise: Promise<unknown>): void => void work.push(promise);
  const registry = new Registry(options.kv ?? MODELS, open, { now: () => now, behind, ...options });
  return {
    registry,
    opened: () => opened,
    /** Time goes by. */
    pass: (ms: number) => void (now += ms),
    /** Waits for what goes on behind the answers. */
    settle: async () => {
      while (work.length > 0) await work.pop();
    },
  };
}

const versionOf = async (served: ReturnType<Registry["get"]>): Promise<number> => (await served).version.version;

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

test("while a new version is not there, damaged or fails its self-test, the old one goes on serving and says why", async () => {
  await point("stays", await weights(1, first));
  const { registry, pass, settle } = setUp();
  await registry.get("stays");
  const next = async (): ReturnType<Registry["get"]> => {
    pass(POINTER_MS);
    await registry.get("stays");
    await settle();
    return registry.get("stays");
  };

  await point("stays", missing(2));
  const half = await next();
  expect(half.version.version).toBe(1);
  expect(half.fault).toContain("not there");

  await MODELS.put(weightsKey(missing(3).sha256), "not what its name says");
  await point("stays", missing(3));
  expect((await next()).fault).toContain("damaged");

  const broken = second.slice();
  broken[broken.length - 5] ^= 0x40;
  await point("stays", await weights(4, broken));
  expect((await next()).fault).toContain("refused");

  for (const damaged of ["{", JSON.stringify({ format: 9, name: "stays" }), "\u0000", ""]) {
    await MODELS.put(pointerKey("stays"), damaged);
    const served = await next();
    expect([served.version.version, served.fault]).toEqual([1, expect.stringContaining("pointer")]);
  }

  await point("stays", await weights(5, second));
  const healed = await next();
  expect([healed.version.version, healed.fault]).toEqual([5, undefined]);

  await MODELS.delete(pointerKey("stays"));
  pass(POINTER_MS);
  await registry.get("stays");
  await settle();
  await expect(registry.get("stays")).rejects.toMatchObject({ status: 404, code: "model-unknown" });
});

test("without a version that ever served: 404 for no pointer, 503 with a code and Retry-After for all else", async () => {
  const { registry, opened, pass } = setUp();
  await expect(registry.get("nothing")).rejects.toMatchObject({ status: 404, code: "model-unknown" });
  await point("empty", missing(13));
  await expect(registry.get("empty")).rejects.toMatchObject({ status: 503, code: "model-unavailable" });
  await point("hostile", await weights(1, new TextEncoder().encode("hostile")));
  for (let i = 0; i < 5; i++) {
    await expect(registry.get("hostile")).rejects.toMatchObject({
      status: 503,
      code: "artefact-truncated",
      headers: { "retry-after": "5" },
    });
  }
  expect(opened()).toBe(1);
  pass(RETRY_MS);
  await expect(registry.get("hostile")).rejects.toMatchObject({ status: 503 });
  expect(opened()).toBe(2);
});

test("a new isolate falls back to the version published before one that cannot be read, but to none given up", async () => {
  const history = [
    { ...(await weights(3, third)), abandoned: true },
    await weights(2, second),
    await weights(1, first),
  ];
  await point("cold", missing(4), { history });
  const { registry, pass, settle } = setUp();
  const served = await registry.get("cold");
  expect([served.version.version, served.fault]).toEqual([2, expect.stringContaining("version 4")]);
  await point("cold", await weights(5, first), { history });
  pass(RETRY_MS);
  await registry.get("cold");
  await settle();
  expect(await registry.get("cold")).toMatchObject({ version: { version: 5 } });
  expect((await registry.get("cold")).fault).toBeUndefined();
});

test("KV failing altogether is a 503 without a version, and goes unnoticed by callers with one", async () => {
  await point("outage", await weights(1, first));
  let down = true;
  const kv = new Proxy(MODELS, {
    get: (target, name) =>
      name === "get"
        ? (key: string, options: never) =>
            down ? Promise.reject(new Error("KV GET failed: 500")) : target.get(key, options)
        : Reflect.get(target, name),
  });
  const { registry, pass, settle } = setUp({ kv });
  await expect(registry.get("outage")).rejects.toMatchObject({ status: 503, code: "model-unavailable" });
  down = false;
  expect((await registry.get("outage")).fault).toBeUndefined();
  down = true;
  pass(STALE_MS);
  const served = await registry.get("outage");
  expect([served.version.version, served.fault]).toEqual([1, expect.stringContaining("KV")]);
  down = false;
  pass(RETRY_MS);
  await registry.get("outage");
  await settle();
  expect((await registry.get("outage")).fault).toBeUndefined();
});

test("KV that never answers is waited for only so long, and asked anew afterwards", async () => {
  await point("hangs", await weights(1, first));
  let hung: string | undefined = pointerKey("hangs");
  const kv = new Proxy(MODELS, {
    get: (target, name) =>
      name === "get"
        ? (key: string, options: never) => (key === hung ? new Promise(() => {}) : target.get(key, options))
        : Reflect.get(target, name),
  });
  const { registry, opened, pass } = setUp({ kv, patience: 50 });
  const late = { status: 503, code: "model-unavailable", message: expect.stringContaining("in time") };
  await Promise.all([1, 2, 3].map(() => expect(registry.get("hangs")).rejects.toMatchObject(late)));
  hung = weightsKey(await hash(first));
  await expect(registry.get("hangs")).rejects.toMatchObject(late);
  hung = undefined;
  pass(RETRY_MS);
  expect(await versionOf(registry.get("hangs"))).toBe(1);
  expect(opened()).toBe(1);
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
  await unbounded.registry.get("one");
  const each = unbounded.registry.bytes;
  expect(each).toBeGreaterThan(first.byteLength);
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
