/** What one request may ask for. */

/** Bytes of a request body; counted while it is read, whatever its length header says. */
export const BODY_BYTES = 4 * 1024 * 1024;
/** Rows of one request: at some 30 µs a row, about a tenth of a second of CPU with the input step. */
export const ROWS = 1024;
/** Rows of one request that asks for explanations: each takes up to three scores a feature. */
export const EXPLAINED_ROWS = 64;
/** Features an explanation names at the most. */
export const EXPLAINED_FEATURES = 20;
/** Bytes that an isolate's decoded models take together: half of its 128 MB, the rest is for requests. */
export const MODEL_BYTES = 64 * 1024 * 1024;
/** Pointers an isolate remembers; each is a few kilobytes at the most. */
export const POINTERS = 1000;
/** How old a pointer may be before it is read again, behind the answer; KV itself may be a minute behind. */
export const POINTER_MS = 30_000;
/** How old a pointer may be to serve at all: a model nobody asked for this long is looked up first. */
export const STALE_MS = 300_000;
/** How long a version that failed to load is left alone. */
export const RETRY_MS = 5_000;
/** How long after its publication a version may not have arrived everywhere, with a margin over KV's minute. */
export const FRESH_MS = 600_000;
