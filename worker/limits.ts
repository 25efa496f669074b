/** What one request may ask for. */

/** Bytes of a request body; counted while it is read, whatever its length header says. */
export const BODY_BYTES = 4 * 1024 * 1024;
/** Rows of one request: at some 30 µs a row, about a tenth of a second of CPU with the input step. */
export const ROWS = 1024;
/** Rows of one request that asks for explanations: each takes up to three scores a feature. */
export const EXPLAINED_ROWS = 64;
/** Features an explanation names at the most. */
export const EXPLAINED_FEATURES = 20;
/** Models an isolate keeps decoded: each takes some megabytes of its 128. */
export const MODELS = 8;
/** How long an isolate trusts a pointer before it looks again; KV itself may be a minute behind. */
export const POINTER_MS = 30_000;
/** How long a version that failed to load is left alone. */
export const RETRY_MS = 5_000;
