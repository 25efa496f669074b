/** What the Worker is given (wrangler.toml, secrets), and what a request carries along. */
import type { KVNamespace } from "@cloudflare/workers-types";

export interface Bindings {
  readonly MODELS: KVNamespace;
  /** Model that /v1/score stands for. */
  readonly DEFAULT_MODEL?: string;
  /** "development" lets callers in without a key. */
  readonly ENVIRONMENT?: string;
  /** SHA-256, in hex, of each accepted key, separated by commas. */
  readonly API_KEY_SHA256?: string;
}

export interface Variables {
  requestId: string;
  /** The version that answered, for the log. */
  model?: string;
}

export interface AppEnv {
  Bindings: Bindings;
  Variables: Variables;
}

/** The version of this Worker, named in every answer. */
export const WORKER_VERSION = "0.1.0";
