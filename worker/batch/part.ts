/** One part of a batch: its lines scored in order, a line of answer for each, into the one object that is its result. */
import type { R2Bucket } from "@cloudflare/workers-types";
import type { Row } from "../../model/schema.ts";
import type { Scorer } from "../../model/scorer.ts";
import { parseJson } from "../body.ts";
import { LINE_BYTES } from "../limits.ts";
import { checkScores, predictionJson } from "../predictions.ts";
import { Problem, toProblem } from "../problem.ts";
import { encodeText } from "../row-reader.ts";
import { csvForm } from "./csv.ts";
import { ANSWER_BYTES, type Batch, type Part, rangeOf, resultKey } from "./batch.ts";
import { type Line, linesOf } from "./lines.ts";

/** How an object's lines are rows. */
export interface Form {
  /** The lines that are. */
  rows(lines: Iterable<Line>): Iterable<Line>;
  /** Writes the inputs of a line's row at `offset`. @throws Problem, UnseenError where it is none */
  encode(scorer: Scorer, line: Uint8Array, out: Float32Array, offset: number): void;
}

const JSON_LINES: Form = {
  rows: (lines) => lines,
  encode(scorer, line, out, offset) {
    if (encodeText(scorer, line, out, offset)) return;
    scorer.encodeInto(parseJson(line, "Give one JSON row a line.") as Row, out, offset, 0);
  },
};

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

export interface Counts {
  /** Lines, the bad ones among them. */
  readonly rows: number;
  readonly bad: number;
  readonly anomalies: number;
}

/**
 * Scores a part and writes its result; the same part always writes the same bytes under the same key.
 *
 * @throws Hopeless where the object is gone or is another one now, or the answers are too large
 */
export async function scorePart(store: R2Bucket, scorer: Scorer, { batch, part }: Part): Promise<Counts> {
  const { from, to } = rangeOf(batch, part);
  const start = Math.max(0, from - 1);
  const range = { offset: start, length: Math.min(batch.size, to + LINE_BYTES) - start };
  const object = await store.get(batch.object, { range, onlyIf: { etagMatches: batch.etag } });
  if (!object) throw new Hopeless("object-gone", `There is no object ${JSON.stringify(batch.object)} any more.`);
  if (!("body" in object)) throw new Hopeless("object-changed", "The object was overwritten after the batch started.");
  const bytes = new Uint8Array(await object.arrayBuffer());
  const lines = linesOf(bytes, { start, from, to, size: batch.size });
  const form = batch.format === "csv" ? await csvForm(store, batch, scorer.artefact.schema) : JSON_LINES;
  const { pieces, ...counts } = scoreLines(scorer, batch, form.rows(lines), form);
  await store.put(resultKey(batch.id, part), new Blob(pieces), {
    httpMetadata: { contentType: "application/x-ndjson" },
    customMetadata: Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, String(count)])),
  });
  return counts;
}

/** Scores lines in blocks; nothing is kept of a block but its answers. */
function scoreLines(
  scorer: Scorer,
  { threshold: { value: threshold }, partBytes }: Batch,
  lines: Iterable<Line>,
  form: Form,
): Counts & { pieces: Uint8Array[] } {
  const encoder = new TextEncoder();
  const encoded = new Float32Array(BLOCK * scorer.inputs);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  const counts = { rows: 0, bad: 0, anomalies: 0 };
  /** What is wrong with each line of the block; undefined where its score is still to come. */
  const faults: (string | undefined)[] = [];
  let good = 0;

  const flush = (): void => {
    const scores = scorer.score(encoded.subarray(0, good * scorer.inputs), good);
    let text = "";
    let next = 0;
    for (const fault of faults) {
      const answer = fault ?? prediction(scores.subarray(next, ++next), threshold);
      if (answer.startsWith(FAULT)) counts.bad++;
      else if (scores[next - 1] >= threshold) counts.anomalies++;
      text += `${answer}\n`;
    }
    const piece = encoder.encode(text);
    bytes += piece.length;
    if (bytes > ANSWER_BYTES) {
      const detail = `The part's answers are over ${ANSWER_BYTES / 2 ** 20} MiB, for its lines are very short.`;
      const remedy = `Set BATCH_PART_BYTES below ${partBytes} or leave out empty lines, and start another batch.`;
      throw new Hopeless("answers-too-large", `${detail} ${remedy}`);
    }
    pieces.push(piece);
    counts.rows += faults.length;
    faults.length = 0;
    good = 0;
  };

  for (const line of lines) {
    const fault = encodeLine(scorer, line, form, encoded, good * scorer.inputs);
    if (fault === undefined) good++;
    if (faults.push(fault) === BLOCK) flush();
  }
  if (faults.length > 0) flush();
  return { ...counts, pieces };
}

/** Writes a line's inputs at `offset`. @returns what is wrong with it, as its answer */
function encodeLine(
  scorer: Scorer,
  { bytes }: Line,
  form: Form,
  into: Float32Array,
  offset: number,
): string | undefined {
  try {
    if (!bytes || bytes.length > LINE_BYTES) {
      throw new Problem(413, "line-too-long", `The line is over ${LINE_BYTES} bytes.`, "Give one row a line.");
    }
    form.encode(scorer, bytes, into, offset);
    return undefined;
  } catch (fault) {
    return faultJson(fault);
  }
}

function prediction(score: Float32Array, threshold: number): string {
  try {
    return predictionJson(checkScores(score)[0], threshold);
  } catch (fault) {
    return faultJson(fault);
  }
}

/** How the answer to a line that cannot be scored begins. */
const FAULT = '{"code":';

/** Says what and where in the line; never a value of it, and not its number, which is where it stands. */
function faultJson(fault: unknown): string {
  const { code, message, remedy, place } = toProblem(fault);
  const error = message.replace(/\brow 0\b/, "the row");
  return JSON.stringify({ code, error, remedy, ...(place.feature === undefined ? {} : { feature: place.feature }) });
}
