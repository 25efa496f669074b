import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import kernel from "../build/score.wasm";
import { pointerKey, weightsKey } from "../model/pointer.ts";
import { Scorer } from "../model/scorer.ts";
import { makeArtefact } from "../test/fixtures/artefact.ts";
import type { Bindings } from "./bindings.ts";
import { POINTER_MS, RETRY_MS } from "./limits.ts";
import { Registry } from "./registry.ts";

const { MODELS } = env as unknown as Bindings;

async function hash(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function point(name: string, version: number, sha256: string): Promise<void> {
  const current = { version, sha256, publishedAt: "2026-01-01T00:00:00.000Z" };
  await MODELS.put(pointerKey(name), JSON.stringify({ name, current, history: [] }));
}

async function publish(name: string, version: number, bytes: Uint8Array): Promise<void> {
  const sha256 = await hash(bytes);
  await MODELS.put(weightsKey(sha256), bytes);
  await point(name, version, sha256);
}

function setUp(): { registry: Registry; opened: () => number; pass: (ms: number) => void } {
  let now = 0;
  let opened = 0;
  const open = (bytes: Uint8Array): Scorer => {
    opened++;
    return Scorer.open(bytes, kernel);
  };
  return { registry: new Registry(MODELS, open, () => now), opened: () => opened, pass: (ms) => (now += ms) };
}

const first = makeArtefact(kernel, 11).bytes;
const second = makeArtefact(kernel, 12).bytes;

test("concurrent requests share one load, and the pointer is trusted for a while", async () => {
  await publish("shared", 1, first);
  const { registry, opened, pass } = setUp();
  const served = await Promise.all(Array.from({ length: 50 }, () => registry.get("shared")));
  expect(new Set(served.map(({ scorer }) => scorer)).size).toBe(1);
  expect(opened()).toBe(1);
  await publish("shared", 2, second);
  expect((await registry.get("shared")).version.version).toBe(1);
  pass(POINTER_MS);
  expect((await registry.get("shared")).version.version).toBe(2);
  expect(opened()).toBe(2);
});

test("while a new version is not there, damaged or fails its self-test, the old one goes on serving and says why", async () => {
  await publish("stays", 1, first);
  const { registry, pass } = setUp();
  await registry.get("stays");

  await point("stays", 2, "f".repeat(64));
  pass(POINTER_MS);
  const half = await registry.get("stays");
  expect(half.version.version).toBe(1);
  expect(half.fault).toContain("not there");

  await MODELS.put(weightsKey("e".repeat(64)), "not what its name says");
  await point("stays", 3, "e".repeat(64));
  pass(POINTER_MS);
  expect((await registry.get("stays")).fault).toContain("damaged");

  const broken = second.slice();
  broken[broken.length - 5] ^= 0x40;
  await publish("stays", 4, broken);
  pass(POINTER_MS);
  expect((await registry.get("stays")).fault).toContain("refused");

  await MODELS.put(pointerKey("stays"), "{");
  pass(POINTER_MS);
  expect((await registry.get("stays")).fault).toContain("pointer");

  await publish("stays", 5, second);
  pass(RETRY_MS);
  const healed = await registry.get("stays");
  expect([healed.version.version, healed.fault]).toEqual([5, undefined]);
});

test("without a version that ever served: 404 for no pointer, 503 with a code and Retry-After for all else", async () => {
  const { registry, opened, pass } = setUp();
  await expect(registry.get("nothing")).rejects.toMatchObject({ status: 404, code: "model-unknown" });
  await point("empty", 1, "d".repeat(64));
  await expect(registry.get("empty")).rejects.toMatchObject({ status: 503, code: "model-unavailable" });
  await publish("hostile", 1, new TextEncoder().encode("hostile"));
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

test("a version asked for by number is served while another is current; one there is not is a 404", async () => {
  await publish("pinned", 1, first);
  const older = { version: 1, sha256: await hash(first), publishedAt: "2026-01-01T00:00:00.000Z" };
  const newer = { ...older, version: 2, sha256: await hash(second) };
  await MODELS.put(weightsKey(newer.sha256), second);
  await MODELS.put(pointerKey("pinned"), JSON.stringify({ name: "pinned", current: newer, history: [older] }));
  const { registry } = setUp();
  expect((await registry.get("pinned")).version).toEqual(newer);
  const rows = [[10, 1, "tcp", true]];
  const old = await registry.get("pinned", { version: 1 });
  expect(old.version).toEqual(older);
  expect(old.scorer.scoreRows(rows)).toEqual(Scorer.open(first, kernel).scoreRows(rows));
  expect((await registry.get("pinned", { version: 2 })).version).toEqual(newer);
  await expect(registry.get("pinned", { version: 3 })).rejects.toMatchObject({ status: 404, code: "version-unknown" });
});
