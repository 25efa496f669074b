import { expect, test } from "vitest";
import { pointerKey, weightsKey } from "../model/pointer.ts";
import { POINTER_MS, RETRY_MS, STALE_MS } from "./limits.ts";
import {
  first,
  missing,
  MODELS,
  point,
  second,
  setUp,
  third,
  versionOf,
  weights,
  never,
  readingThrough,
} from "./registry-testing.ts";
import { Registry } from "./registry.ts";
import { sha256Of } from "./sha256.ts";

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
  await point("stays", missing(6));
  expect((await next()).version.version).toBe(5);

  await MODELS.delete(pointerKey("stays"));
  pass(POINTER_MS);
  await registry.get("stays");
  await settle();
  await expect(registry.get("stays")).rejects.toMatchObject({ status: 404, code: "model-unknown" });
});

test("who asks seldom is told as well, however long ago the wanted version failed", async () => {
  await point("seldom", await weights(1, first));
  const { registry, pass, settle } = setUp();
  const later = async (): ReturnType<Registry["get"]> => {
    pass(POINTER_MS);
    const served = await registry.get("seldom");
    await settle();
    return served;
  };
  await later();
  await point("seldom", missing(2));
  await later();
  const faults = async () => [(await later()).fault, (await later()).fault, (await later()).fault];
  expect(await faults()).toEqual(Array(3).fill(expect.stringContaining("not there")));
  await MODELS.put(weightsKey(missing(3).sha256), "not what its name says");
  await point("seldom", missing(3));
  await later();
  expect(await faults()).toEqual(Array(3).fill(expect.stringContaining("damaged")));
  await point("seldom", await weights(4, second));
  await later();
  expect(await later()).toMatchObject({ version: { version: 4 } });
  expect((await later()).fault).toBeUndefined();
});

test("a pointer that publishing refuses to replace is told with what mends it", async () => {
  const { registry } = setUp();
  for (const [text, why, remedy] of [
    ["{", "is damaged", "delete the key models/unreadable, and publish the model again"],
    ['{"format":9}', "was written by a later release", "Deploy this Worker anew"],
  ]) {
    await MODELS.put(pointerKey("unreadable"), text);
    await expect(registry.get("unreadable")).rejects.toMatchObject({
      status: 503,
      message: expect.stringContaining(why),
      remedy: expect.stringContaining(remedy),
    });
  }
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

test("a new isolate falls back to the version served before one that cannot be read, but to none given up or rolled back from", async () => {
  const history = [
    { ...(await weights(3, third)), abandoned: true },
    { ...(await weights(7, third)), rolledBack: true },
    await weights(6, second),
    await weights(1, first),
  ];
  await point("cold", missing(4), { history });
  const { registry, pass, settle } = setUp();
  const served = await registry.get("cold");
  expect([served.version.version, served.fault]).toEqual([6, expect.stringContaining("version 4")]);
  await point("cold", await weights(8, first), { history });
  pass(RETRY_MS);
  await registry.get("cold");
  await settle();
  expect(await registry.get("cold")).toMatchObject({ version: { version: 8 } });
  expect((await registry.get("cold")).fault).toBeUndefined();
});

test("KV failing altogether is a 503 without a version, and goes unnoticed by callers with one", async () => {
  await point("outage", await weights(1, first));
  let down = true;
  const kv = readingThrough(() => (down ? Promise.reject(new Error("KV GET failed: 500")) : undefined));
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
  const kv = readingThrough((key) => (key === hung ? never() : undefined));
  const { registry, opened, pass } = setUp({ kv, patience: 50 });
  const late = { status: 503, code: "model-unavailable", message: expect.stringContaining("in time") };
  await Promise.all([1, 2, 3].map(() => expect(registry.get("hangs")).rejects.toMatchObject(late)));
  hung = weightsKey(await sha256Of(first));
  await expect(registry.get("hangs")).rejects.toMatchObject(late);
  hung = undefined;
  pass(RETRY_MS);
  expect(await versionOf(registry.get("hangs"))).toBe(1);
  expect(opened()).toBe(1);
});

test("an older pointer that comes when nobody waits for it any more does not replace the newer one", async () => {
  await point("overtaken", await weights(1, first), { writtenAt: "2026-01-01T00:00:00.000Z" });
  const { promise: held, resolve } = Promise.withResolvers<string>();
  const old = await MODELS.get(pointerKey("overtaken"));
  let slow = true;
  const kv = readingThrough((key) => (slow && key === pointerKey("overtaken") ? (held as Promise<never>) : undefined));
  const { registry, pass, settle } = setUp({ kv, patience: 50 });
  await expect(registry.get("overtaken")).rejects.toMatchObject({ status: 503 });
  slow = false;
  pass(RETRY_MS);
  await point("overtaken", await weights(2, second), { writtenAt: "2026-01-02T00:00:00.000Z" });
  expect(await versionOf(registry.get("overtaken"))).toBe(2);
  resolve(old ?? "");
  await new Promise((done) => setTimeout(done, 20));
  expect(await versionOf(registry.get("overtaken"))).toBe(2);
  await settle();
  expect(await versionOf(registry.get("overtaken"))).toBe(2);
});

test("weights that hang are told of as long as they do, and nobody waits for them again and again", async () => {
  await point("heavy", await weights(1, first));
  let hung = true;
  const stuck = weightsKey(await sha256Of(second));
  const kv = readingThrough((key) => (hung && key === stuck ? never() : undefined));
  const { registry, pass, settle } = setUp({ kv, patience: 50 });
  await registry.get("heavy");
  await point("heavy", await weights(2, second));
  pass(POINTER_MS);
  await registry.get("heavy");
  await settle();
  for (let i = 0; i < 3; i++) {
    pass(RETRY_MS);
    const served = await registry.get("heavy");
    // in the middle of another try
    await new Promise((resolve) => setTimeout(resolve, 20));
    const again = await registry.get("heavy");
    for (const { version, fault } of [served, again])
      expect([version.version, fault]).toEqual([1, expect.stringContaining("time")]);
    await settle();
  }
  const asked = Date.now();
  await expect(registry.get("heavy", { version: 2 })).rejects.toMatchObject({ status: 503 });
  expect(Date.now() - asked).toBeLessThan(40);
  hung = false;
  pass(RETRY_MS);
  await registry.get("heavy");
  await settle();
  expect(await registry.get("heavy")).toMatchObject({ version: { version: 2 } });
});

test("while KV hangs, a model that is there goes on serving, long unasked or not, and says why", async () => {
  await point("stalls", await weights(1, first));
  let hung = false;
  const kv = readingThrough(() => (hung ? never() : undefined));
  const { registry, pass, settle } = setUp({ kv, patience: 50 });
  await registry.get("stalls");
  hung = true;
  // asked all the time: behind the answers
  for (let age = 0; age <= STALE_MS; age += POINTER_MS) {
    pass(POINTER_MS);
    const asked = Date.now();
    expect(await versionOf(registry.get("stalls"))).toBe(1);
    expect(Date.now() - asked).toBeLessThan(40);
    await settle();
  }
  // asked again after a while
  pass(STALE_MS);
  const served = await Promise.all([1, 2, 3].map(() => registry.get("stalls")));
  for (const { version, fault } of served)
    expect([version.version, fault]).toEqual([1, expect.stringContaining("time")]);
  hung = false;
  pass(RETRY_MS);
  await registry.get("stalls");
  await settle();
  expect((await registry.get("stalls")).fault).toBeUndefined();
});
