/** For tests of the registry: versions in real local KV, and a registry whose clock and background the test holds. */
import { env } from "cloudflare:workers";
import type { KVNamespace } from "@cloudflare/workers-types";
import kernel from "../build/score.wasm";
import { type Pointer, pointerKey, type Version, weightsKey, writtenPointer } from "../model/pointer.ts";
import { Scorer } from "../model/scorer.ts";
import { makeArtefact } from "../test/fixtures/artefact.ts";
import type { Bindings } from "./bindings.ts";
import { Registry, type RegistryOptions } from "./registry.ts";
import { sha256Of } from "./sha256.ts";

export const { MODELS } = env as unknown as Bindings;
export const first = makeArtefact(kernel, 11).bytes;
export const second = makeArtefact(kernel, 12).bytes;
export const third = makeArtefact(kernel, 13).bytes;
/** A row of theirs. */
export const row = [[10, 1, "tcp", true]];

/** Puts weights into KV and gives the version that names them. */
export async function weights(version: number, bytes: Uint8Array): Promise<Version> {
  const sha256 = await sha256Of(bytes);
  await MODELS.put(weightsKey(sha256), bytes);
  return { version, sha256, publishedAt: "2026-01-01T00:00:00.000Z" };
}

/** The same KV, whose reads answer what `instead` gives, where that is something. */
export function readingThrough(instead: (key: string) => Promise<never> | undefined): KVNamespace {
  return new Proxy(MODELS, {
    get: (target, name) =>
      name === "get"
        ? (key: string, options: never) => instead(key) ?? target.get(key, options)
        : Reflect.get(target, name),
  });
}

/** An answer that never comes. */
export const never = (): Promise<never> => new Promise(() => {});

export async function point(name: string, current: Version, more: Partial<Pointer> = {}): Promise<void> {
  await MODELS.put(pointerKey(name), writtenPointer({ name, current, history: [], ...more }));
}

export const missing = (version: number): Version => ({
  version,
  sha256: version.toString(16).repeat(64).slice(0, 64),
  publishedAt: "2026-01-01T00:00:00.000Z",
});

export function setUp(options: RegistryOptions & { kv?: KVNamespace } = {}) {
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

export const versionOf = async (served: ReturnType<Registry["get"]>): Promise<number> => (await served).version.version;
