/** Request bodies: read no further than the limits of size and time, then as JSON. */
import { bodyReader } from "./decompress.ts";
import { isTooDeep } from "./depth.ts";
import { BODY_BYTES, BODY_MS, LINE_BYTES, NESTED_DEPTH } from "./limits.ts";
import { bodyCoding, bodyType, JSON_TYPE } from "./media.ts";
import { Problem } from "./problem.ts";

/** @throws Problem 415, 413 (counted while reading), 408, 400 saying where the JSON breaks */
export async function readJson(request: Request): Promise<unknown> {
  bodyType(request.headers, [JSON_TYPE]);
  return parseJson(await readBytes(request), "Send one JSON object.");
}

/**
 * JSON out of bytes; a byte order mark before it is ignored, and of two fields of one name the last counts.
 *
 * @throws Problem 400
 */
export function parseJson(bytes: Uint8Array, remedy: string): unknown {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    throw new Problem(400, "body-malformed", "The body is not UTF-8.", "Send JSON in UTF-8.");
  }
  if (isTooDeep(text)) {
    throw new Problem(400, "body-too-deep", `The JSON is nested over ${NESTED_DEPTH} deep.`, remedy);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The engine's message quotes the input; only the position is passed on.
    const message = cause instanceof Error ? cause.message : "";
    const at = /position (\d+)/.exec(message)?.[1] ?? tokenAt(text, message);
    const end = /end of JSON/.test(message) ? " at its end" : "";
    const where = text.trim() === "" ? ": it is empty" : at === undefined ? end : ` at character ${at}`;
    throw new Problem(400, "body-malformed", `The body is not JSON${where}.`, remedy);
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** How V8 ends what it says of a token, and all that it says of "NaN", "undefined" and "[object Object]". */
const UNEXPECTED = /is not valid JSON$/;

/** Where the token is that the engine did not expect, such as NaN, for it does not say: a text cut before it only ends early. */
function tokenAt(text: string, message: string): number | undefined {
  // what is longer would take as long as many requests
  if (!UNEXPECTED.test(message) || text.length > LINE_BYTES) return undefined;
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    try {
      JSON.parse(text.slice(0, middle));
      good = middle;
    } catch (cause) {
      if (cause instanceof Error && UNEXPECTED.test(cause.message)) bad = middle;
      else good = middle;
    }
  }
  return good;
}

/**
 * The whole body, decompressed.
 *
 * @throws Problem 413 over BODY_BYTES, 408 where it takes over BODY_MS, 400 where it breaks off, 415 for its coding
 */
export async function readBytes(request: Request): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > BODY_BYTES) throw tooLarge();
  if (request.headers.has("content-length") && !bodyCoding(request.headers)) return readWhole(request);
  const reader = bodyReader(request);
  if (!reader) return new Uint8Array();
  const clock = new Deadline(BODY_MS);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await clock.race(reader.read());
      if (done || !value) break;
      length += value.byteLength;
      if (length > BODY_BYTES) throw tooLarge();
      chunks.push(value);
    }
  } catch (cause) {
    // Not waited for: a sender that hangs would hold up the answer.
    reader.cancel().catch(() => undefined);
    throw cause instanceof Problem ? cause : brokenOff();
  } finally {
    clock.stop();
  }
  if (chunks.length === 1) return chunks[0];
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}

/** A body that says how long it is, and is no longer: in one read, which costs far less than one of each chunk. */
async function readWhole(request: Request): Promise<Uint8Array> {
  const clock = new Deadline(BODY_MS);
  try {
    const bytes = new Uint8Array(await clock.race(request.arrayBuffer()));
    if (bytes.length > BODY_BYTES) throw tooLarge();
    return bytes;
  } catch (cause) {
    throw cause instanceof Problem ? cause : brokenOff();
  } finally {
    clock.stop();
  }
}

/**
 * Bounds how long a sender may take. One timer whatever the number of reads: timers cost memory until the request ends.
 */
export class Deadline {
  readonly #ms: number;
  #timer: ReturnType<typeof setTimeout>;
  #renewed = false;
  /** Of the race that is on; time without one, while a reader takes its own, does not count. */
  #lose: ((problem: Problem) => void) | undefined;

  /** @param ms after which every race is lost with Problem 408, unless renewed */
  constructor(ms: number) {
    this.#ms = ms;
    this.#timer = setTimeout(() => this.#over(), ms);
  }

  /** @throws Problem 408 where the time is over first */
  race<T>(read: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#lose = reject;
      // Before the race ends, for the next one may begin right after.
      const ending =
        <Value>(end: (value: Value) => void) =>
        (value: Value): void => {
          this.#lose = undefined;
          end(value);
        };
      read.then(ending(resolve), ending(reject));
    });
  }

  /** Grants at least as much time again from now on, at most twice as much. */
  renew(): void {
    this.#renewed = true;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #over(): void {
    if (this.#renewed || !this.#lose) {
      this.#renewed = false;
      this.#timer = setTimeout(() => this.#over(), this.#ms);
      return;
    }
    this.#lose(tooSlow(this.#ms));
  }
}

function tooLarge(): Problem {
  return new Problem(413, "body-too-large", `The body is over ${BODY_BYTES} bytes.`, "Send fewer rows at a time.");
}

function tooSlow(ms: number): Problem {
  const detail = `The body did not come within ${ms / 1000} seconds.`;
  return new Problem(408, "body-too-slow", detail, "Send it in one go, or fewer rows at a time.");
}

function brokenOff(): Problem {
  return new Problem(400, "body-malformed", "The body broke off.", "Send it again.");
}
