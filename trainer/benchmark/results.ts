/** Results files: read whole, appended to line by line, repaired where a run was cut off in the middle of a line. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from "node:fs";
import { UnseenError } from "../../model/errors.ts";
import { keyOf, type ResultLine } from "./line.ts";

/**
 * The lines of a results file, each key once (the last wins); none where there is no file.
 *
 * A last line cut short is left out. @throws UnseenError data-unreadable for any other line that is not a result
 */
export function readResults(file: string): { lines: ResultLine[]; torn: boolean } {
  if (!existsSync(file)) return { lines: [], torn: false };
  const texts = read(file).split("\n");
  const torn = texts.pop() !== "";
  const lines = new Map<string, ResultLine>();
  for (const [i, text] of texts.entries()) {
    const line = parsed(text);
    if (line === undefined) {
      throw new UnseenError(
        "data-unreadable",
        `Line ${i + 1} of ${file} is not a result of unseen benchmark.`,
        "Remove the line, or name another file.",
        { file, row: i + 1 },
      );
    }
    lines.set(keyOf(line), line);
  }
  return { lines: [...lines.values()], torn };
}

/** Cuts off a last line without its end, so that what is appended starts a line of its own. */
export function repairResults(file: string): void {
  if (!existsSync(file)) return;
  const text = read(file);
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole));
}

/** @throws UnseenError data-unreadable where the file cannot be written */
export function appendResults(file: string, lines: readonly object[]): void {
  try {
    appendFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const place = { file };
    throw new UnseenError("data-unreadable", `${file} cannot be written: ${why}`, "Name a folder that exists.", place);
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UnseenError("data-not-found", `${file} cannot be read: ${why}`, "Name a results file.", { file });
  }
}

function parsed(text: string): ResultLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const sound =
    typeof value === "object" &&
    value !== null &&
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
    Array.isArray(value.curve);
  return sound ? (value as ResultLine) : undefined;
}
