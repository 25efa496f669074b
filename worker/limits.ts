/** What one request may ask for. */

/** Bytes of a request body; counted while it is read, whatever its length header says. */
export const BODY_BYTES = 4 * 1024 * 1024;
/** Bytes out of one byte of a compressed body that is over BODY_BYTES: rows come to 5 to 20, a bomb to 1,000. */
export const COMPRESSION = 256;
/** Lists and objects that JSON may open inside each other; no request needs six. */
export const NESTED_DEPTH = 64;
/** Opening brackets that JSON may have without being looked through for that: they cost the parser some 50 ns each. */
export const NESTED_BRACKETS = 16 * 1024;
/** The period over which a key's requests are counted, as wrangler.toml has it. */
export const RATE_SECONDS = 60;
/** How long a body may take to come whole, or a stream of lines to go on. */
export const BODY_MS = 30_000;
/** Bytes of one line of a stream of rows: 4,096 features with their names fit. */
export const LINE_BYTES = 256 * 1024;
/** Lines of a stream scored and answered at a time, so that its memory does not grow with it. */
export const LINES = 64;
/**
 * Scores that one request may cost, whatever for: 2.5 s of CPU at 150 µs in workerd, which the published network of its
 * usual size takes with its input step on the slowest machine measured (docs/serving.md); larger ones take more.
 */
export const SCORES = 16_384;
/** Rows of one request in JSON: .15 s at the same rate, besides some µs a row for the JSON. */
export const ROWS = 1024;
/** Rows of one request that asks for explanations, each of which takes up to three scores a feature. */
export const EXPLAINED_ROWS = 64;
/** Features an explanation names where it is not told how many. */
export const EXPLAINED_DEFAULT = 5;
/** How long an isolate gathers what it counts before it hands it on. */
export const WATCH_MS = 10_000;
/** Rows an isolate samples of a model in that time, and of one request: at under 10 µs each, 0.1 % of its time. */
export const WATCHED_ROWS = 1000;
export const WATCHED_ROWS_A_REQUEST = 16;
/** Labelled rows of one request, and of a model in all. */
export const FEEDBACK_ROWS_A_REQUEST = 256;
export const FEEDBACK_ROWS = 50_000;
/** Characters of one of them as JSON: what a line of a stream may have. */
export const FEEDBACK_ROW = LINE_BYTES;
/** Rows and bytes of a page of them, which is in memory several times over. */
export const FEEDBACK_PAGE = { rows: 1000, bytes: 4 * 1024 * 1024 } as const;
/**
 * Bytes that an isolate's decoded models take together: a good third of its 128 MB. The rest is for bodies, V8's own heap
 * and what it has not collected yet; docs/operations.md has what that comes to (bench/isolate.ts).
 */
export const MODEL_BYTES = 48 * 1024 * 1024;
/** Pointers an isolate remembers; each is a few kilobytes at the most. */
export const POINTERS = 1000;
/** How old a pointer may be before it is read again, behind the answer; KV itself may be a minute behind. */
export const POINTER_MS = 30_000;
/** How old a pointer may be to serve at all: a model nobody asked for this long is looked up first. */
export const STALE_MS = 300_000;
/** How long a request waits for KV at the most. */
export const KV_MS = 10_000;
/** How long a version that failed to load is left alone. */
export const RETRY_MS = 5_000;
