/** Results files: read whole, appended to line by line, repaired where a run was cut off in the middle of a line. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from "node:fs";
import { messageOf, UnseenError } from "../../model/errors.ts";
import { unwritable } from "../disk.ts";
import { keyOf, type ResultLine } from "./line.ts";

/**
 * The lines of a results file, each key once (the last wins); none where there is no file.
 *
 * A last line cut short is left out. @throws UnseenError data-unreadable for any other line that is not a result
 */
export function readResults(file: string): { lines: ResultLine[]; torn: boolean } {
  const { values, torn } = readJsonLines(file, "unseen benchmark", isResult);
  return { lines: [...new Map(values.map((line) => [keyOf(line), line])).values()], torn };
}

/**
 * The values of a file of JSON lines, none where there is no file; `torn` tells of a last line cut short, left out.
 *
 * @param maker the command that writes such files
 * @throws UnseenError data-unreadable for any other line that is not `sound`
 */
export function readJsonLines<T>(
  file: string,
  maker: string,
  sound: (value: object) => value is T & object,
): { values: T[]; torn: boolean } {
  if (!existsSync(file)) return { values: [], torn: false };
  const texts = read(file).split("\n");
  const last = texts.pop() ?? "";
  const torn = isTorn(last);
  if (last !== "" && !torn) texts.push(last);
  const values = texts.map((text, i) => {
    const value = objectOf(text);
    if (value !== undefined && sound(value)) return value;
    const what = `Line ${i + 1} of ${file} is not a result of ${maker}.`;
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

function isResult(value: object): value is ResultLine {
  return (
    "data" in value &&
    typeof value.data === "string" &&
    "family" in value &&
    typeof value.family === "string" &&
    "method" in value &&
    typeof value.method === "string" &&
    "aucRoc" in value &&
    typeof value.aucRoc === "number" &&
    "atF1" in value &&
    "curve" in value &&
    Array.isArray(value.curve)
  );
}
