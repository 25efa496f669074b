/** What the Worker is given (wrangler.toml, secrets), and what a request carries along. */
import type { AnalyticsEngineDataset, D1Database, DurableObjectNamespace } from "@cloudflare/workers-types";
import type { KVNamespace, Queue, R2Bucket, RateLimit, Workflow } from "@cloudflare/workers-types";
import type { Batch } from "./batch/batch.ts";
import type { LiveHistograms } from "./live-histograms.ts";

export interface Bindings {
  readonly MODELS: KVNamespace;
  /** Model that /v1/score stands for. */
  readonly DEFAULT_MODEL?: string;
  /** "development" lets callers in without a key. */
  readonly ENVIRONMENT?: string;
  /** SHA-256, in hex, of each accepted key, separated by commas. */
  readonly API_KEY_SHA256?: string;
  /** Objects to score in bulk and their results, the parts still to do, and the coordinator; batches are off without. */
  readonly BATCH_STORE?: R2Bucket;
  readonly BATCH_QUEUE?: Queue<unknown>;
  readonly BATCH_FLOW?: Workflow<Batch>;
  /** Bytes of a batch's parts, where two mebibytes are too much CPU for a large network. */
  readonly BATCH_PART_BYTES?: string;
  /** Adds up live histograms for drift; nothing is counted without. */
  readonly DRIFT?: DurableObjectNamespace<LiveHistograms>;
  /** Takes counters of requests and scores. */
  readonly ANALYTICS?: AnalyticsEngineDataset;
  /** Labelled rows from callers; feedback is off without. */
  readonly FEEDBACK?: D1Database;
  /** SHA-256, in hex, of the keys that may give and read feedback, separated by commas; without it every accepted key. */
  readonly FEEDBACK_KEY_SHA256?: string;
  /** Counts the requests of each key; without it they are not limited. */
  readonly RATE_LIMITER?: RateLimit;
}

export interface Variables {
  requestId: string;
  /** Who asks: the SHA-256 of the key; undefined where none is needed. */
  caller?: string;
  /** The version that answered, for the log. */
  model?: string;
  /** Milliseconds that it took to come by the model. */
  modelMs?: number;
  /** Rows scored, for the log; those of a stream are not known when it is written. */
  rows?: number;
  /** The code of the fault answered, for the log. */
  code?: string;
}

export interface AppEnv {
  Bindings: Bindings;
  Variables: Variables;
}
