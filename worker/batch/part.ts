/** One part of a batch: its lines scored in order, a line of answer for each, into the one object that is its result. */
import type { R2Bucket } from "@cloudflare/workers-types";
import { UnseenError } from "../../model/errors.ts";
import type { Row } from "../../model/schema.ts";
import type { Scorer } from "../../model/scorer.ts";
import { type Batch, LINE_BYTES, type Part, rangeOf, resultKey } from "./batch.ts";
import { linesOf } from "./lines.ts";

/** Rows encoded before they are scored together. */
const BLOCK = 256;

/** A fault that no further try can heal: it becomes the part's failure. */
export class Hopeless extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Answers a line that cannot be scored, in its place; never with a value of it. */
interface BadLine {
  readonly code: string;
  readonly error: string;
  readonly remedy: string;
  readonly feature?: string;
}

export interface Counts {
  /** Lines, the bad ones among them. */
  readonly rows: number;
  readonly bad: number;
  readonly anomalies: number;
}

/**
 * Scores a part and writes its result; the same part always writes the same bytes under the same key.
 *
 * @throws Hopeless where the object is gone or is another one now
 */
export async function scorePart(store: R2Bucket, scorer: Scorer, { batch, part }: Part): Promise<Counts> {
  const { from, to } = rangeOf(batch, part);
  const start = Math.max(0, from - 1);
  const range = { offset: start, length: Math.min(batch.size, to + LINE_BYTES) - start };
  const object = await store.get(batch.object, { range, onlyIf: { etagMatches: batch.etag } });
  if (!object) throw new Hopeless("object-gone", `There is no object ${JSON.stringify(batch.object)} any more.`);
  if (!("body" in object)) throw new Hopeless("object-changed", "The object was overwritten after the batch started.");
  const bytes = new Uint8Array(await object.arrayBuffer());
  const { pieces, ...counts } = scoreLines(scorer, batch, linesOf(bytes, { start, from, to, size: batch.size }));
  await store.put(resultKey(batch.id, part), new Blob(pieces), {
    httpMetadata: { contentType: "application/x-ndjson" },
    customMetadata: Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, String(count)])),
  });
  return counts;
}

function scoreLines(
  scorer: Scorer,
  { threshold: { value: threshold } }: Batch,
  lines: ReturnType<typeof linesOf>,
): Counts & { pieces: Uint8Array[] } {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  const encoded = new Float32Array(BLOCK * scorer.inputs);
  const pieces: Uint8Array[] = [];
  let [rows, bad, anomalies] = [0, 0, 0];
  /** Answers of the block; undefined where a score is still to come. */
  let block: (BadLine | undefined)[] = [];

  const flush = (): void => {
    const good = block.filter((answer) => answer === undefined).length;
    const scores = scorer.score(encoded.subarray(0, good * scorer.inputs), good);
    let next = 0;
    const text = block.map((answer) => {
      if (answer) return `${JSON.stringify(answer)}\n`;
      const score = scores[next++];
      const anomaly = score >= threshold;
      if (anomaly) anomalies++;
      return `${JSON.stringify({ score, anomaly, confidence: Math.max(score, 1 - score), margin: score - threshold })}\n`;
    });
    pieces.push(encoder.encode(text.join("")));
    rows += block.length;
    bad += block.length - good;
    block = [];
  };

  let good = 0;
  for (const { bytes } of lines) {
    const row = readRow(bytes, decoder);
    const fault = "code" in row ? row : encode(scorer, row.row, encoded, good * scorer.inputs);
    if (!fault) good++;
    if (block.push(fault) < BLOCK) continue;
    flush();
    good = 0;
  }
  if (block.length > 0) flush();
  return { rows, bad, anomalies, pieces };
}

function encode(scorer: Scorer, row: Row, into: Float32Array, offset: number): BadLine | undefined {
  try {
    into.set(scorer.encode(row), offset);
  } catch (cause) {
    if (!(cause instanceof UnseenError)) throw cause;
    const { code, message, remedy, place } = cause;
    // The encoder counts rows of one call; a line's place is its own.
    const detail = message.replace(/^row 0\b,?/, "this row").replace("this row feature", "feature");
    return badLine(code, detail, remedy, place.feature);
  }
}

function readRow(bytes: Uint8Array | undefined, decoder: TextDecoder): { row: Row } | BadLine {
  if (!bytes || bytes.length > LINE_BYTES) {
    return badLine("line-too-long", `The line is over ${LINE_BYTES} bytes.`, "Give one row a line.");
  }
  try {
    return { row: JSON.parse(decoder.decode(bytes)) };
  } catch {
    return badLine("body-malformed", "The line is not JSON in UTF-8.", "Give one row of JSON a line.");
  }
}

function badLine(code: string, error: string, remedy: string, feature?: string): BadLine {
  return { code, error, remedy, ...(feature === undefined ? {} : { feature }) };
}
