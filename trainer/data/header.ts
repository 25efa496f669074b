/** The header line of a CSV file: its delimiter and column names. */
import { isUtf8 } from "node:buffer";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { constants, gunzipSync } from "node:zlib";
import { csvCells, delimiterOf, uniqueNames } from "../../model/cells.ts";
import { messageOf, UnseenError } from "../../model/errors.ts";
import { linkToNothing } from "./files.ts";

/** A header must end within this many bytes of (compressed) file. */
const HEAD_BYTES = 1 << 20;

export interface Header {
  readonly gzip: boolean;
  readonly delimiter: string;
  /** Trimmed; a repeated name gets ".1", ".2" … as pandas does, an empty one becomes "column 3" (one-based). */
  readonly names: readonly string[];
}

/**
 * Reads the header of a CSV or CSV.gz file.
 *
 * The delimiter is the comma unless the line holds none out of quotes and has semicolons or tabs. Throws `data-empty`
 * when the file holds nothing, `data-unreadable` when it cannot be decompressed, has no end of header within 1 MiB, its
 * first line is not UTF-8 (Excel's "Unicode text" is UTF-16) or all numbers (a file without a header), and what `isGzip`
 * throws.
 */
export function readHeader(path: string, name: string): Header {
  const head = readHead(path, name, HEAD_BYTES);
  const gzip = startsGzip(head);
  const line = firstLine(head, gzip, name);
  if (line.trim() === "") {
    throw new UnseenError(
      "data-empty",
      `${name} is empty, or its first line is.`,
      "Remove the file, or put the column names on its first line and at least one row below.",
      { file: name },
    );
  }
  const delimiter = delimiterOf(line);
  const fields = csvCells(line, delimiter).map((field) => field.trim());
  if (fields.every((field) => field !== "" && Number.isFinite(Number(field)))) {
    throw new UnseenError(
      "data-unreadable",
      `${name} seems to have no header: its first line is all numbers.`,
      "Put the column names on the first line.",
      { file: name },
    );
  }
  return { gzip, delimiter, names: uniqueNames(fields) };
}

/**
 * Whether a file's content is gzip, whatever its name.
 *
 * Throws `data-not-found` for a link to nothing, `data-unreadable` for what cannot be opened or is no file.
 */
export function isGzip(path: string, name: string): boolean {
  return startsGzip(readHead(path, name, 2));
}

function startsGzip([first, second]: Uint8Array): boolean {
  return first === 0x1f && second === 0x8b;
}

function firstLine(start: Uint8Array, gzip: boolean, name: string): string {
  let head = start;
  if (gzip) {
    try {
      head = gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
    } catch (cause) {
      throw new UnseenError(
        "data-unreadable",
        `${name} is not a readable gzip file: ${String(cause)}.`,
        "Compress it again.",
        { file: name },
      );
    }
    if (startsGzip(head)) {
      throw new UnseenError("data-unreadable", `${name} is compressed twice.`, "Decompress it once.", { file: name });
    }
  }
  const text = new TextDecoder().decode(head); // drops a byte order mark
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') quoted = !quoted;
    else if (c === "\0" || (c === "\uFFFD" && !isUtf8(head))) {
      const what = `${name}, line 1: not UTF-8.`;
      throw new UnseenError("data-unreadable", what, "Convert the file to UTF-8.", { file: name, row: 0 });
    } else if (!quoted && (c === "\n" || c === "\r")) return text.slice(0, i);
  }
  if (head.length >= HEAD_BYTES) {
    throw new UnseenError(
      "data-unreadable",
      `${name} has no end of line in its first mebibyte.`,
      "Check that it is a CSV file.",
      { file: name },
    );
  }
  return text;
}

function readHead(path: string, name: string, bytes: number): Uint8Array {
  let file: number | undefined;
  try {
    const there = statSync(path);
    if (there.isFIFO() || there.isSocket()) throw new Error("it is a pipe, and would be read more than once");
    file = openSync(path, "r");
    const buffer = new Uint8Array(bytes);
    return buffer.subarray(0, readSync(file, buffer, 0, bytes, 0));
  } catch (cause) {
    const place = { file: name };
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") throw linkToNothing(name);
    const why = messageOf(cause);
    throw new UnseenError("data-unreadable", `${name} cannot be read: ${why}.`, "Give a file that can be read.", place);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
