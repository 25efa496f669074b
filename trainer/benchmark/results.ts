/** Results files: read whole, appended to line by line, repaired where a run was cut off in the middle of a line. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from "node:fs";
import * as z from "zod/mini";
import { messageOf, UnseenError } from "../../model/errors.ts";
import { unwritable } from "../disk.ts";
import { keyOf, type ResultLine } from "./line.ts";

/** What is read of a line; there may be more. A figure or threshold that is not finite is null in JSON. */
const [text, figure] = [z.string(), z.nullable(z.number())];
const decisions = z.looseObject({ threshold: figure, recall: figure, falsePositiveRate: figure });
const confidence = z.nullable(z.looseObject({ ece: figure, brier: figure }));
const counts = z.array(z.number());
const RESULT = z.looseObject({
  data: text,
  family: text,
  method: text,
  seed: z.number(),
  split: text,
  shots: z.number(),
  holdOutK: z.number(),
  aucRoc: z.number(),
  averagePrecision: z.looseObject({ balanced: figure, natural: figure }),
  atF1: z.extend(decisions, { precision: figure, f1: figure, accuracy: figure }),
  budgets: z.looseObject({ "0.001": decisions, "0.01": decisions, "0.05": decisions }),
  confidence: z.looseObject({ unseen: confidence, seen: confidence }),
  curve: z.array(z.array(z.number()).check(z.length(2))),
  histogram: z.nullable(z.looseObject({ normal: counts, anomalous: counts })),
  heldOut: z.array(text),
  labels: z.looseObject({ fit: z.number(), all: z.number() }),
  rows: z.record(text, z.number()),
  fitSeconds: z.number(),
  microsecondsPerRow: z.number(),
  bytes: z.number(),
});

/**
 * The lines of a results file, each key once (the last wins); none where there is no file.
 *
 * A last line cut short is left out. @throws UnseenError data-unreadable for any other line that is not a result
 */
export function readResults(file: string): { lines: ResultLine[]; torn: boolean } {
  const { values, torn } = readJsonLines<ResultLine>(file, "unseen benchmark", RESULT);
  return { lines: [...new Map(values.map((line) => [keyOf(line), line])).values()], torn };
}

/**
 * The values of a file of JSON lines, none where there is no file; `torn` tells of a last line cut short, left out.
 *
 * @param maker the command that writes such files
 * @param schema of a line, as far as anything of it is read
 * @throws UnseenError data-unreadable for any other line that is not of this kind, naming what of it is not
 */
export function readJsonLines<T>(file: string, maker: string, schema: z.ZodMiniType): { values: T[]; torn: boolean } {
  if (!existsSync(file)) return { values: [], torn: false };
  const texts = read(file).split("\n");
  const last = texts.pop() ?? "";
  const torn = isTorn(last);
  if (last !== "" && !torn) texts.push(last);
  const values = texts.map((text, i) => {
    const value = objectOf(text);
    const issue = schema.safeParse(value).error?.issues[0];
    if (issue === undefined) return value as T;
    const where = issue.path.length > 0 ? ` (${issue.path.join(".")} is missing or of another kind)` : "";
    const what = `Line ${i + 1} of ${file} is not a result of ${maker}${where}.`;
    throw new UnseenError("data-unreadable", what, "Remove the line, or name another file.", { file, row: i + 1 });
  });
  return { values, torn };
}

/** Whether a last line without its end lacks more than that: a text may well be saved without the last one's. */
function isTorn(last: string): boolean {
  return last !== "" && objectOf(last) === undefined;
}

/**
 * Cuts off a last line that was cut short, and ends one that lacks nothing else, so that what is appended starts a line of
 * its own. All whole lines have been read and are sound.
 *
 * @param start how every line begins
 * @throws UnseenError option-invalid where there is no line before it, and it does not begin so: the file is something else
 */
export function repairResults(file: string, start: string): void {
  if (!existsSync(file)) return;
  const text = read(file);
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length === text.length) return;
  if (!isTorn(text.slice(whole.length))) return append(file, "\n");
  if (whole === "" && !text.startsWith(start) && !start.startsWith(text)) {
    throw new UnseenError("option-invalid", `${file} holds something else than results.`, "Name another file.", {
      file,
    });
  }
  truncateSync(file, Buffer.byteLength(whole));
}

/** @throws UnseenError data-unreadable where the file cannot be written */
export function appendResults(file: string, lines: readonly object[]): void {
  append(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

function append(file: string, text: string): void {
  try {
    appendFileSync(file, text);
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const why = messageOf(cause);
    throw new UnseenError("data-not-found", `${file} cannot be read: ${why}`, "Name a results file.", { file });
  }
}

function objectOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
