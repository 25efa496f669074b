/** The models of an isolate: pointers looked up in KV, weights decoded once, the old version kept while a new one fails. */
import type { KVNamespace } from "@cloudflare/workers-types";
import { UnseenError } from "../model/errors.ts";
import { MODEL_NAME, type Pointer, pointerKey, readPointer, type Version, weightsKey } from "../model/pointer.ts";
import type { Scorer } from "../model/scorer.ts";
import { MODELS, POINTER_MS, RETRY_MS } from "./limits.ts";
import { Problem } from "./problem.ts";

/** A model as it is served now. */
export interface Served {
  readonly name: string;
  readonly version: Version;
  readonly scorer: Scorer;
  readonly pointer: Pointer;
  /** Why the current version is not the one served, where it is not. */
  readonly fault?: string;
}

/** Which of a model's versions a request wants. */
export interface Wish {
  /** A version by its number; without it the one that serves now. */
  readonly version?: number | undefined;
  /** Who asks, in a form that tells nothing of the key: the same caller gets the same version of a canary. */
  readonly caller?: string | undefined;
}

interface Slot {
  /** When the pointer was last read. */
  readAt: number;
  served?: Served;
  /** The load under way, which concurrent requests share. */
  loading?: Promise<Served>;
  /** A version that failed, and when. */
  failed?: { readonly sha256: string; readonly at: number; readonly problem: Problem };
}

/**
 * Serves models by name. State lives as long as the isolate; nothing in it is needed for correctness but speed and
 * the last good version.
 */
export class Registry {
  readonly #kv: KVNamespace;
  readonly #open: (bytes: Uint8Array) => Scorer;
  readonly #now: () => number;
  readonly #slots = new Map<string, Slot>();

  /** @param open decodes, checks and self-tests weights; throws where they must not serve */
  constructor(kv: KVNamespace, open: (bytes: Uint8Array) => Scorer, now: () => number = Date.now) {
    this.#kv = kv;
    this.#open = open;
    this.#now = now;
  }

  /**
   * The model of a name, at most POINTER_MS behind its pointer.
   *
   * @throws Problem 404 where nothing is published under it or not that version, 503 where nothing usable is
   */
  async get(name: string, { version }: Wish = {}): Promise<Served> {
    if (!MODEL_NAME.test(name)) throw unknown(name);
    const key = version === undefined ? name : `${name}@${version}`;
    const slot = this.#slots.get(key) ?? { readAt: Number.NEGATIVE_INFINITY };
    if (slot.served && this.#now() - slot.readAt < POINTER_MS) {
      this.#touch(key, slot);
      return slot.served;
    }
    // One load at a time: every request that comes meanwhile waits for the same one.
    slot.loading ??= this.#load(name, version, slot).finally(() => delete slot.loading);
    this.#touch(key, slot);
    return slot.loading;
  }

  /** Names of published models. */
  async names(): Promise<string[]> {
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#kv.list({ prefix: pointerKey(""), ...(cursor ? { cursor } : {}) });
      names.push(...page.keys.map((key) => key.name.slice(pointerKey("").length)));
      cursor = page.list_complete ? undefined : page.cursor;
    } while (cursor);
    return names.filter((name) => MODEL_NAME.test(name));
  }

  async #load(name: string, version: number | undefined, slot: Slot): Promise<Served> {
    try {
      const served = await this.#read(name, version, slot);
      slot.served = served;
      slot.readAt = this.#now();
      return served;
    } catch (cause) {
      const problem = cause instanceof Problem ? cause : unavailable("KV could not be read", "model-unavailable");
      if (problem.status === 404) {
        this.#forget(slot);
        throw problem;
      }
      if (!slot.served) throw problem;
      slot.served = { ...slot.served, fault: problem.message };
      slot.readAt = this.#now() - POINTER_MS + RETRY_MS;
      return slot.served;
    }
  }

  async #read(name: string, wanted: number | undefined, slot: Slot): Promise<Served> {
    const text = await this.#kv.get(pointerKey(name), { type: "text", cacheTtl: 30 });
    if (text === null) throw unknown(name);
    const pointer = readPointer(text);
    if (!pointer || pointer.name !== name)
      throw unavailable(`the pointer of "${name}" is damaged`, "artefact-malformed");
    const current =
      wanted === undefined ? pointer.current : versionsOf(pointer).find(({ version }) => version === wanted);
    if (!current) throw unknownVersion(name, pointer);
    if (slot.served?.version.sha256 === current.sha256) {
      const { scorer } = slot.served;
      return { name, version: current, scorer, pointer };
    }
    const { failed } = slot;
    if (failed?.sha256 === current.sha256 && this.#now() - failed.at < RETRY_MS) throw failed.problem;
    try {
      return { name, version: current, scorer: await this.#weights(current), pointer };
    } catch (cause) {
      const problem = asProblem(cause, current);
      slot.failed = { sha256: current.sha256, at: this.#now(), problem };
      throw problem;
    }
  }

  async #weights({ version, sha256 }: Version): Promise<Scorer> {
    const value = await this.#kv.get(weightsKey(sha256), { type: "arrayBuffer", cacheTtl: 86_400 });
    if (value === null) throw unavailable(`the weights of version ${version} are not there (yet)`, "model-unavailable");
    const bytes = new Uint8Array(value);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (hex !== sha256) throw unavailable(`the weights of version ${version} are damaged`, "artefact-malformed");
    return this.#open(bytes);
  }

  #forget(slot: Slot): void {
    for (const [key, each] of this.#slots) if (each === slot) this.#slots.delete(key);
  }

  /** Marks a model as just used, and forgets the longest unused beyond the limit. */
  #touch(key: string, slot: Slot): void {
    this.#slots.delete(key);
    this.#slots.set(key, slot);
    for (const [oldest, { loading }] of this.#slots) {
      if (this.#slots.size <= MODELS) break;
      if (!loading) this.#slots.delete(oldest);
    }
  }
}

function versionsOf({ current, history }: Pointer): Version[] {
  return [current, ...history];
}

function unknownVersion(name: string, pointer: Pointer): Problem {
  const there = versionsOf(pointer).map(({ version }) => version);
  const detail = `The model "${name}" has no such version.`;
  return new Problem(404, "version-unknown", detail, `Ask for one of ${there.join(", ")}.`);
}

function unknown(name: string): Problem {
  const shown = MODEL_NAME.test(name) ? `"${name}"` : "of this name";
  return new Problem(404, "model-unknown", `There is no model ${shown}.`, "GET /v1/models lists the models there are.");
}

function unavailable(why: string, code: "model-unavailable" | "artefact-malformed"): Problem {
  const remedy = "Try again in a few seconds; if it stays, publish the model again or roll back.";
  return new Problem(503, code, `No usable version: ${why}.`, remedy, { headers: { "retry-after": "5" } });
}

function asProblem(cause: unknown, { version }: Version): Problem {
  if (cause instanceof Problem) return cause;
  if (!(cause instanceof UnseenError))
    return unavailable(`KV could not be read for version ${version}`, "model-unavailable");
  const detail = `No usable version: version ${version} was refused: ${cause.message}.`;
  return new Problem(503, cause.code, detail, cause.remedy, { headers: { "retry-after": "5" } });
}
