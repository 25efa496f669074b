/** Scoring a stream: a row a line in, a prediction a line out, a bad line answered in its place. */
import type { Context } from "hono";
import type { Row } from "../../model/schema.ts";
import type { Scorer } from "../../model/scorer.ts";
import { resolveThreshold } from "../../model/thresholds.ts";
import { observe, type Question } from "../answers.ts";
import type { AppEnv } from "../bindings.ts";
import { Deadline, parseJson } from "../body.ts";
import { type BodyReader, bodyReader } from "../decompress.ts";
import { BODY_MS, LINE_BYTES, LINES } from "../limits.ts";
import { Lines, TOO_LONG } from "../lines.ts";
import { answerType, LINES_TYPE } from "../media.ts";
import { checkScores, explanations, mostExplained, predictionJson } from "../predictions.ts";
import { Problem, toProblem } from "../problem.ts";
import type { Served } from "../registry.ts";
import { encodeText } from "../row-reader.ts";
import type { LineFault } from "../schemas.ts";
import type { ScoredRows } from "../watch.ts";

/**
 * Answers as the lines come: each pull of the reader scores what has come, at most LINES of them, and reads on only when
 * nothing is left, so that a slow reader slows the sender down and memory does not grow with the stream.
 */
export function scoreLines(context: Context<AppEnv>, served: Served, question: Question): Response {
  const { scorer } = served;
  answerType(context.req.header("accept") ?? null, [LINES_TYPE]);
  const threshold = resolveThreshold(scorer.artefact, question.threshold);
  context.header("x-threshold", String(threshold));
  const answers = new LineAnswers(scorer, threshold, question.top, (scored) => observe(context, served, scored));
  const reader = bodyReader(context.req.raw);
  const clock = new Deadline(BODY_MS);
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        let text = answers.take();
        while (text === "") {
          const chunk = await read(reader, clock);
          if (!chunk) break;
          answers.feed(chunk);
          text = answers.take();
        }
        if (text === "") {
          text = answers.finish();
          if (text !== "") controller.enqueue(UTF8.encode(text));
          controller.close();
          clock.stop();
        } else controller.enqueue(UTF8.encode(text));
      } catch (fault) {
        // The status has long been sent: the fault is the last line.
        controller.enqueue(UTF8.encode(answers.fault(fault)));
        controller.close();
        clock.stop();
        reader?.cancel().catch(() => undefined);
      }
    },
    cancel: (reason) => {
      clock.stop();
      return reader?.cancel(reason);
    },
  });
  return context.body(stream, 200, { "content-type": LINES_TYPE });
}

const UTF8 = new TextEncoder();

/** The next chunk; undefined at the end. @throws Problem 408 where none comes in time, 400 where the body breaks off */
async function read(reader: BodyReader | undefined, clock: Deadline): Promise<Uint8Array | undefined> {
  if (!reader) return undefined;
  clock.renew();
  try {
    const { done, value } = await clock.race(reader.read());
    return done ? undefined : value;
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem(400, "body-malformed", "The body broke off.", "Send the rest again.");
  }
}

/** Lines in, answers out; nothing in it grows with the number of lines. */
class LineAnswers {
  readonly #scorer: Scorer;
  readonly #threshold: number;
  readonly #top: number | undefined;
  readonly #scored: (rows: ScoredRows) => void;
  readonly #lines = new Lines(LINE_BYTES);
  /** Lines to answer at a time. */
  readonly #most: number;
  /** Inputs (LINES, inputs) of the good lines at hand. */
  readonly #encoded: Float32Array;
  /** For each line at hand its row, or what is wrong with it, as JSON. */
  readonly #rows: (Row | string)[] = [];
  /** For each line at hand its number, from 1. */
  readonly #numbers: number[] = [];
  /** How many lines have been seen, blank ones included. */
  #seen = 0;
  #good = 0;

  constructor(scorer: Scorer, threshold: number, top: number | undefined, scored: (rows: ScoredRows) => void) {
    this.#scored = scored;
    this.#scorer = scorer;
    this.#threshold = threshold;
    this.#top = top;
    this.#most = top === undefined ? LINES : Math.min(LINES, mostExplained(scorer));
    this.#encoded = new Float32Array(LINES * scorer.inputs);
  }

  feed(chunk: Uint8Array): void {
    this.#lines.feed(chunk);
  }

  /** Answers to some whole lines; empty where another chunk is needed. */
  take(): string {
    for (let line = this.#next(); line !== undefined; line = this.#next()) this.#read(line);
    return this.#answer();
  }

  /** The answer to a last line without a line feed. */
  finish(): string {
    const line = this.#lines.end();
    if (line !== undefined) this.#read(line);
    return this.#answer();
  }

  /** The fault as a line of its own, the last one. */
  fault(fault: unknown): string {
    return `${faultJson(fault, this.#seen + 1, { final: true })}\n`;
  }

  #next(): Uint8Array | typeof TOO_LONG | undefined {
    return this.#rows.length < this.#most ? this.#lines.next() : undefined;
  }

  #read(line: Uint8Array | typeof TOO_LONG): void {
    this.#seen++;
    try {
      if (line === TOO_LONG) {
        const detail = `The line is over ${LINE_BYTES} bytes.`;
        throw new Problem(413, "line-too-long", detail, "Send one row a line, and nothing else.");
      }
      if (isBlank(line)) return;
      this.#rows.push(this.#encode(line, this.#good * this.#scorer.inputs));
      this.#good++;
    } catch (fault) {
      this.#rows.push(faultJson(fault, this.#seen));
    }
    this.#numbers.push(this.#seen);
  }

  /** Writes a line's inputs at `offset`. @returns its row, where it is to be explained */
  #encode(line: Uint8Array, offset: number): Row {
    if (this.#top === undefined && encodeText(this.#scorer, line, this.#encoded, offset)) return READ;
    const row = parseJson(line, "Send one JSON row a line.") as Row;
    this.#scorer.encodeInto(row, this.#encoded, offset, this.#seen);
    return row;
  }

  #answer(): string {
    const scores = this.#scorer.score(this.#encoded, this.#good);
    const [encoded, { inputs }] = [this.#encoded, this.#scorer];
    this.#scored(withScores({ scores, threshold: this.#threshold, inputs: (i) => [encoded, i * inputs] }));
    let text = "";
    let good = 0;
    for (const [i, row] of this.#rows.entries()) {
      text += typeof row === "string" ? row : this.#prediction(row, this.#numbers[i], scores.subarray(good, ++good));
      text += "\n";
    }
    this.#rows.length = 0;
    this.#numbers.length = 0;
    this.#good = 0;
    return text;
  }

  #prediction(row: Row, line: number, score: Float32Array): string {
    try {
      checkScores(score, line);
      const [explanation] = explanations(this.#scorer, [row], this.#top) ?? [];
      return predictionJson(score[0], this.#threshold, explanation);
    } catch (fault) {
      return faultJson(fault, line);
    }
  }
}

/** Stands for a row that is not to be explained. */
const READ: Row = [];

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

function faultJson(fault: unknown, line: number, more: Pick<LineFault, "final"> = {}): string {
  const { code, message, remedy, place } = toProblem(fault);
  const { feature } = place;
  const named = feature === undefined ? {} : { feature };
  const answer: LineFault = { line, code, error: message, remedy, ...named, ...more };
  return JSON.stringify(answer);
}

/** Those of the rows that have a score: one without would count as the most normal of all. */
function withScores(rows: ScoredRows): ScoredRows {
  const { scores, inputs } = rows;
  if (!scores.includes(Number.NaN)) return rows;
  const known = [...scores.keys()].filter((i) => !Number.isNaN(scores[i]));
  return { ...rows, scores: Float32Array.from(known, (i) => scores[i]), inputs: (i) => inputs(known[i]) };
}
