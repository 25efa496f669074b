/** The decoded models of an isolate: read from KV once, verified, kept by hash within a number of bytes. */
import type { KVNamespace } from "@cloudflare/workers-types";
import { UnseenError } from "../model/errors.ts";
import type { Version } from "../model/pointer.ts";
import type { Scorer } from "../model/scorer.ts";
import { MODEL_BYTES, POINTERS, RETRY_MS } from "./limits.ts";
import { Problem } from "./problem.ts";
import { Shared } from "./shared.ts";
import { readWeights } from "./stored-weights.ts";

interface Entry {
  readonly scorer: Scorer;
  /** Of the file: its tensors are views of it. */
  readonly fileBytes: number;
}

/** Bytes of a model once it is open, by byte of its file, about: the file, its weights packed and room to work. */
const OPENED = 2.5;

/** Where a model comes from and how it becomes one. */
export interface Source {
  readonly kv: KVNamespace;
  /** Decodes, checks and self-tests weights; throws where they must not serve. */
  readonly open: (bytes: Uint8Array) => Scorer;
  readonly now: () => number;
  /** How long to wait for KV, in ms. */
  readonly patience: number;
}

/**
 * Keeps what was used last. A model that is put out goes on for the requests that hold it, and is read again by the
 * next one that wants it.
 */
export class DecodedModels {
  readonly #source: Source;
  readonly #most: number;
  /** By hash, the longest unused first. */
  readonly #entries = new Map<string, Entry>();
  readonly #loading: Shared<Scorer>;
  /** By hash, the longest ago first. */
  readonly #failed = new Map<string, { readonly at: number; readonly problem: Problem }>();

  /** @param most bytes that models may take together; the one used last stays even where it is larger */
  constructor(source: Source, most = MODEL_BYTES) {
    this.#source = source;
    this.#loading = new Shared(source.now, source.patience, tooSlow);
    this.#most = most;
  }

  /** Bytes held: files and kernel memory, which may grow when a model explains its first row. */
  get bytes(): number {
    let sum = 0;
    for (const { scorer, fileBytes } of this.#entries.values()) sum += scorer.bytes + fileBytes;
    return sum;
  }

  /** A model that is there already, marked as just used. */
  find(sha256: string): Scorer | undefined {
    const entry = this.#entries.get(sha256);
    if (!entry) return undefined;
    this.#entries.delete(sha256);
    this.#entries.set(sha256, entry);
    return entry.scorer;
  }

  /** Why a version could not be loaded the last time, however long ago. */
  failure(sha256: string): Problem | undefined {
    return this.#failed.get(sha256)?.problem;
  }

  /**
   * A version's model, read from KV where it is not there. Requests that want it meanwhile share one load.
   *
   * @throws Problem 503; for RETRY_MS after a failure at once, and the same
   */
  async load(version: Version): Promise<Scorer> {
    const { sha256 } = version;
    const found = this.find(sha256);
    if (found) return found;
    const failed = this.#failed.get(sha256);
    if (failed && this.#source.now() - failed.at < RETRY_MS) throw failed.problem;
    try {
      return await this.#loading.run(sha256, () => this.#read(version));
    } catch (cause) {
      // who waited in vain for one try may find that a later one has brought it
      const meanwhile = this.find(sha256);
      if (meanwhile) return meanwhile;
      const problem = asProblem(cause, version);
      this.#failed.delete(sha256);
      this.#failed.set(sha256, { at: this.#source.now(), problem });
      const [oldest] = this.#failed.keys();
      if (this.#failed.size > POINTERS) this.#failed.delete(oldest);
      throw problem;
    }
  }

  async #read(version: Version): Promise<Scorer> {
    const bytes = await this.#weights(version);
    // Before it is there: the old and the new together must not be what is too much.
    this.#trim(OPENED * bytes.byteLength);
    const scorer = this.#opened(version, bytes);
    this.#failed.delete(version.sha256);
    this.#entries.set(version.sha256, { scorer, fileBytes: bytes.byteLength });
    this.#trim(0);
    return scorer;
  }

  /** @throws UnseenError where the model is refused, Problem where the isolate has no memory for it */
  #opened({ version }: Version, bytes: Uint8Array): Scorer {
    try {
      return this.#source.open(bytes);
    } catch (cause) {
      if (cause instanceof UnseenError) throw cause;
      throw unavailable(`version ${version} could not be opened`, "model-unavailable");
    }
  }

  async #weights({ version, sha256 }: Version): Promise<Uint8Array> {
    const read = await readWeights(this.#source.kv, sha256);
    if (typeof read !== "string") return read;
    const code = read === "damaged" ? "artefact-malformed" : "model-unavailable";
    throw unavailable(`the weights of version ${version} are ${read}`, code);
  }

  /** Puts out the longest unused until so many bytes more have room; never the one used last. */
  #trim(more: number): void {
    for (const sha256 of this.#entries.keys()) {
      if (this.#entries.size <= 1 || this.bytes + more <= this.#most) break;
      this.#entries.delete(sha256);
    }
  }
}

/** The problem of a request that waited for KV in vain. */
export function tooSlow(): Problem {
  return unavailable("KV did not answer in time", "model-unavailable");
}

/** The problem of a model that cannot serve now. */
export function unavailable(
  why: string,
  code: "model-unavailable" | "artefact-malformed",
  remedy = "Try again in a few seconds; if it stays, publish the model again or roll back.",
): Problem {
  return new Problem(503, code, `No usable version: ${why}.`, remedy, { headers: { "retry-after": "5" } });
}

function asProblem(cause: unknown, { version }: Version): Problem {
  if (cause instanceof Problem) return cause;
  if (!(cause instanceof UnseenError))
    return unavailable(`KV could not be read for version ${version}`, "model-unavailable");
  const detail = `No usable version: version ${version} was refused: ${cause.message}.`;
  return new Problem(503, cause.code, detail, cause.remedy, { headers: { "retry-after": "5" } });
}
