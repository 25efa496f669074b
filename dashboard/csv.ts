/** A CSV text by offsets: where each record lies, and its cells when they are asked for, so that big files stay one string. */
import { csvCells, delimiterOf, uniqueNames } from "../model/cells.ts";
import { UnseenError } from "../model/errors.ts";

const [QUOTE, NEWLINE, RETURN, SPACE] = [34, 10, 13, 32];

/**
 * Records of a CSV text with a header; comma, semicolon or tab, quotes as in RFC 4180. Blank lines are left out, but for
 * those of a single column: there each is a row whose value is missing, as in training and batches.
 */
export class CsvTable {
  /** Trimmed, of a byte order mark, too; a repeated name gets ".1", ".2" …, an empty one becomes "column 3" (one-based), as in training. */
  readonly names: readonly string[];
  readonly delimiter: string;
  /** Data rows. */
  readonly count: number;
  readonly #text: string;
  /** Start and end of each record, the header first. */
  readonly #bounds: Uint32Array;

  /** @throws UnseenError data-empty without a header or rows, data-unreadable where the first line is all numbers */
  constructor(text: string) {
    this.#text = text;
    this.#bounds = recordBounds(text);
    this.count = this.#bounds.length / 2 - 1;
    if (this.count < 1) {
      const what = this.count < 0 ? "There is nothing to read." : "There is a header but no row.";
      throw new UnseenError("data-empty", what, "Give a line of column names and at least one row.");
    }
    this.delimiter = delimiterOf(this.record(-1));
    const fields = this.cells(-1).map((name) => name.trim());
    if (fields.every((field) => field !== "" && Number.isFinite(Number(field)))) {
      const what = "The first line is all numbers, so it names no columns.";
      throw new UnseenError("data-unreadable", what, "Put the column names on the first line.");
    }
    this.names = uniqueNames(fields);
  }

  /** The text of a row as it stands; −1 is the header. */
  record(row: number): string {
    return this.#text.slice(this.#bounds[2 * row + 2], this.#bounds[2 * row + 3]);
  }

  /** Cells of a row, unquoted. */
  cells(row: number): string[] {
    return csvCells(this.record(row), this.delimiter);
  }
}

function recordBounds(text: string): Uint32Array {
  let bounds = new Uint32Array(1 << 12);
  let many = 0;
  let quoted = false;
  let start = 0;
  // a quote opens at a cell's start, or again behind the one that closed; in the header, which tells the separator, anywhere
  let separator = -1;
  let single = false;
  let begins = true;
  let closed = -2;
  const newline = text.includes("\n") ? NEWLINE : RETURN;
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : newline;
    if (code === QUOTE) {
      if (quoted) closed = at;
      quoted = !quoted && (separator < 0 || begins || closed === at - 1);
    }
    if (code === newline || code === separator) begins = true;
    else if (code !== SPACE) begins = false;
    if (code !== newline || (quoted && at < text.length)) continue;
    const end = newline === NEWLINE && text.charCodeAt(at - 1) === RETURN ? at - 1 : at;
    if (single ? start < text.length : !isBlank(text, start, end)) {
      if (many + 2 > bounds.length) {
        const longer = new Uint32Array(2 * bounds.length);
        longer.set(bounds);
        bounds = longer;
      }
      bounds[many++] = start;
      bounds[many++] = end;
      if (separator < 0) {
        const header = text.slice(start, end);
        const delimiter = delimiterOf(header);
        separator = delimiter.charCodeAt(0);
        single = csvCells(header, delimiter).length === 1;
      }
    }
    start = at + 1;
  }
  return bounds.slice(0, many);
}

/** Whether there is nothing but spaces; a tab may part cells. */
function isBlank(text: string, start: number, end: number): boolean {
  let at = start;
  while (at < end && text.charCodeAt(at) === SPACE) at++;
  return at === end;
}
