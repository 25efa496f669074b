/** CSV objects: the first line names the columns, each other line is a row, so that an object can be cut between any two. */
import type { R2Bucket } from "@cloudflare/workers-types";
import { csvCells, delimiterOf, readCell, uniqueNames } from "../../model/cells.ts";
import { list } from "../../model/names.ts";
import type { Schema } from "../../model/schema.ts";
import { LINE_BYTES } from "../limits.ts";
import { Problem } from "../problem.ts";
import { reached } from "../stores.ts";
import type { Batch } from "./batch.ts";
import type { Line } from "./lines.ts";
import type { Form } from "./part.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
const NEWLINE = 0x0a;
/** Missing columns that a message lists. */
const LISTED = 5;

/**
 * Reads the first line. Columns go by name; those that no feature reads are passed over.
 *
 * @throws Problem 422 where there is no header, or it lacks features
 */
export async function csvForm(
  store: R2Bucket,
  { object, etag, size }: Pick<Batch, "object" | "etag" | "size">,
  { features }: Schema,
): Promise<Form> {
  const range = { offset: 0, length: Math.min(size, LINE_BYTES) };
  const found = await reached(store.get(object, { range, onlyIf: { etagMatches: etag } }));
  const bytes = found && "body" in found ? new Uint8Array(await found.arrayBuffer()) : new Uint8Array();
  const end = bytes.indexOf(NEWLINE);
  if (end < 0) {
    const detail = `The object has no line of column names within ${LINE_BYTES} bytes and a row behind it.`;
    throw new Problem(422, "request-invalid", detail, "Put the column names on the first line.");
  }
  const header = textOf(bytes.subarray(0, end));
  const delimiter = delimiterOf(header);
  const names = uniqueNames(csvCells(header, delimiter).map((name) => name.trim()));
  const places = features.map(({ name }) => names.indexOf(name));
  const missing = features.filter((_, i) => places[i] < 0).map(({ name }) => name);
  if (missing.length > 0) {
    const detail = `The first line lacks ${missing.length === 1 ? "the column" : "the columns"} ${list(missing, LISTED)}.`;
    throw new Problem(422, "feature-missing", detail, "Name the columns on the first line as the model's features.");
  }
  return {
    *rows(lines: Iterable<Line>) {
      for (const line of lines) if (line.at > 0) yield line;
    },
    encode(scorer, line, out, offset) {
      const text = textOf(line);
      const cells = csvCells(text, delimiter);
      if (cells.length !== names.length) {
        const detail = `row 0 has ${cells.length} cells, the first line names ${names.length} columns`;
        const remedy = "Give a cell for each column, and no newline within a cell, not even in quotes.";
        throw new Problem(422, "row-wrong-length", detail, remedy);
      }
      // What is no value of its feature stays a text, which the encoder refuses without repeating it.
      const row = features.map((feature, i) => {
        const value = readCell(feature, cells[places[i]]);
        return value === undefined ? cells[places[i]] : value;
      });
      scorer.encodeInto(row, out, offset, 0);
    },
  };
}

/** A line without its line ending and byte order mark. */
function textOf(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes).replace(/\r$/, "");
  } catch {
    throw new Problem(422, "request-invalid", "The line is not UTF-8.", "Give the object in UTF-8.");
  }
}
