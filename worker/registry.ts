/** The models of an isolate by name: which version answers whom, without a request waiting while any version is there. */
import { waitUntil } from "cloudflare:workers";
import type { KVNamespace } from "@cloudflare/workers-types";
import { MODEL_NAME, type Pointer, pointerKey, readPointer, type Version } from "../model/pointer.ts";
import { isOfLaterFormat, isOlder, servedBefore, versionFor, versionsOf } from "../model/pointer.ts";
import type { Scorer } from "../model/scorer.ts";
import { DecodedModels, tooSlow, unavailable } from "./decoded.ts";
import { KV_MS, POINTER_MS, POINTERS, RETRY_MS, STALE_MS } from "./limits.ts";
import { Problem } from "./problem.ts";
import { Shared } from "./shared.ts";

/** A model as it is served now. */
export interface Served {
  readonly name: string;
  readonly version: Version;
  readonly scorer: Scorer;
  readonly pointer: Pointer;
  /** Why the version that should answer is not the one that does. */
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
  pointer: Pointer;
  /** When the pointer was last read, or could not be. */
  readAt: number;
  /** The version that served last: it goes on while another cannot. */
  last?: Version;
  /** Why the pointer in KV is not the one in use. */
  fault?: string;
}

export interface RegistryOptions {
  readonly now?: () => number;
  /** Lets work go on behind the answer. */
  readonly behind?: (work: Promise<unknown>) => void;
  /** Bytes that decoded models may take together. */
  readonly bytes?: number;
  /** How long to wait for KV, in ms. */
  readonly patience?: number;
}

/**
 * Serves models by name. State lives as long as the isolate; nothing in it is needed for correctness but speed and
 * the last good version.
 */
export class Registry {
  readonly #kv: KVNamespace;
  readonly #now: () => number;
  readonly #behind: (work: Promise<unknown>) => void;
  readonly #decoded: DecodedModels;
  /** By name, the longest unused first. */
  readonly #slots = new Map<string, Slot>();
  readonly #reading: Shared<Slot>;

  /** @param open decodes, checks and self-tests weights; throws where they must not serve */
  constructor(kv: KVNamespace, open: (bytes: Uint8Array) => Scorer, options: RegistryOptions = {}) {
    const { now = Date.now, behind = waitUntil, bytes, patience = KV_MS } = options;
    this.#kv = kv;
    this.#now = now;
    this.#behind = behind;
    this.#decoded = new DecodedModels({ kv, open, now, patience }, bytes);
    this.#reading = new Shared(now, patience, tooSlow);
  }

  /** Bytes of the models that are decoded. */
  get bytes(): number {
    return this.#decoded.bytes;
  }

  /**
   * The model that answers. Pointers older than POINTER_MS are read again behind the answer, weights too where another
   * version can serve meanwhile; only the first request for a name, one after STALE_MS without any, and one for a version
   * whose model is not there, with no other to stand in, wait for KV.
   *
   * @throws Problem 404 where nothing is published under it or not that version, 503 where nothing usable is
   */
  async get(name: string, { version, caller }: Wish = {}): Promise<Served> {
    const slot = await this.#slot(name);
    const { pointer } = slot;
    if (version !== undefined) {
      const wanted = versionsOf(pointer).find((each) => each.version === version);
      if (!wanted) throw unknownVersion(name, pointer);
      return { name, version: wanted, scorer: await this.#load(wanted), pointer };
    }
    const wanted = versionFor(pointer, caller);
    const scorer = this.#decoded.find(wanted.sha256);
    if (scorer) {
      // The canary is on trial: it stands in for nobody.
      if (wanted === pointer.current) slot.last = wanted;
      return { name, version: wanted, scorer, pointer, ...(slot.fault ? { fault: slot.fault } : {}) };
    }
    return this.#other(slot, wanted);
  }

  /** A model's pointer, as old as `get` may use it. @throws Problem 404, 503 */
  async pointer(name: string): Promise<Pointer> {
    return (await this.#slot(name)).pointer;
  }

  /** Names of published models. @throws Problem 503 */
  async names(): Promise<string[]> {
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#kv.list({ prefix: pointerKey(""), ...(cursor ? { cursor } : {}) }).catch(() => {
        throw unavailable("KV could not be read", "model-unavailable");
      });
      names.push(...page.keys.map((key) => key.name.slice(pointerKey("").length)));
      cursor = page.list_complete ? undefined : page.cursor;
    } while (cursor);
    return names.filter((name) => MODEL_NAME.test(name));
  }

  /** Serves what is decoded while the wanted version loads behind; without any, waits for it, then for an earlier one. */
  async #other(slot: Slot, wanted: Version): Promise<Served> {
    const { pointer, last } = slot;
    const { name, current } = pointer;
    const candidates = wanted === current ? [] : [current];
    if (last) candidates.push(last);
    for (const version of candidates) {
      const scorer = this.#decoded.find(version.sha256);
      if (!scorer) continue;
      this.#behind(this.#decoded.load(wanted).catch(() => {}));
      const fault = slot.fault ?? this.#decoded.failure(wanted.sha256)?.message;
      return { name, version, scorer, pointer, ...(fault ? { fault } : {}) };
    }
    const earlier = servedBefore(pointer);
    let problem: Problem | undefined;
    for (const version of [wanted, ...candidates, ...(earlier ? [earlier] : [])]) {
      try {
        const scorer = await this.#load(version);
        if (version !== pointer.canary) slot.last = version;
        const fault = slot.fault ?? problem?.message;
        return { name, version, scorer, pointer, ...(fault ? { fault } : {}) };
      } catch (cause) {
        if (!(cause instanceof Problem)) throw cause;
        problem ??= cause;
      }
    }
    throw problem;
  }

  /** Loads while the request waits; goes on behind where the caller hangs up, for others may wait for the same load. */
  #load(version: Version): Promise<Scorer> {
    const loading = this.#decoded.load(version);
    this.#behind(loading.catch(() => {}));
    return loading;
  }

  async #slot(name: string): Promise<Slot> {
    if (!MODEL_NAME.test(name)) throw unknown(name);
    const slot = this.#slots.get(name);
    if (!slot) return this.#read(name);
    this.#slots.delete(name);
    this.#slots.set(name, slot);
    const age = this.#now() - slot.readAt;
    // Where what was published cannot be served, a mended pointer is looked for sooner.
    const faulty = slot.fault ?? this.#decoded.failure(slot.pointer.current.sha256);
    if (age < (faulty ? RETRY_MS : POINTER_MS)) return slot;
    if (age >= STALE_MS) return this.#read(name);
    if (!this.#reading.has(name)) this.#behind(this.#read(name).catch(() => {}));
    return slot;
  }

  /** Reads a pointer anew; a slot that has one keeps it where the new one cannot be had, or not in time. */
  async #read(name: string): Promise<Slot> {
    try {
      return await this.#reading.run(name, () => this.#refresh(name));
    } catch (cause) {
      const problem = cause instanceof Problem ? cause : unavailable("KV could not be read", "model-unavailable");
      const slot = this.#slots.get(name);
      if (problem.status === 404 || !slot) throw problem;
      slot.fault = problem.message;
      slot.readAt = this.#now();
      return slot;
    }
  }

  async #refresh(name: string): Promise<Slot> {
    const text = await this.#kv.get(pointerKey(name), { type: "text", cacheTtl: 30 });
    // as it is now: one that nobody waited for any more may come after a later one
    const slot = this.#slots.get(name);
    if (text === null) {
      this.#slots.delete(name);
      throw unknown(name);
    }
    const pointer = readPointer(text);
    if (!pointer || pointer.name !== name) throw unreadable(name, text);
    const next: Slot = slot ?? { pointer, readAt: this.#now() };
    // KV may have given a newer one already; that one stays.
    Object.assign(next, { pointer: isOlder(pointer, next.pointer) ? next.pointer : pointer, readAt: this.#now() });
    delete next.fault;
    this.#keep(name, next);
    // A version that serves goes on while its successor loads behind.
    if (next.last) await this.#decoded.load(next.pointer.current).catch(() => {});
    return next;
  }

  #keep(name: string, slot: Slot): void {
    this.#slots.set(name, slot);
    for (const oldest of this.#slots.keys()) {
      if (this.#slots.size <= POINTERS) break;
      this.#slots.delete(oldest);
    }
  }
}

/** Neither is mended by publishing or rolling back, which leave such a pointer alone. */
function unreadable(name: string, text: string): Problem {
  const later = isOfLaterFormat(text);
  const why = `the pointer of "${name}" ${later ? "was written by a later release" : "is damaged"}`;
  const remedy = later
    ? "Deploy this Worker anew from that release."
    : `Try again in a minute; if it stays, delete the key ${pointerKey(name)}, and publish the model again.`;
  return unavailable(why, "artefact-malformed", remedy);
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
