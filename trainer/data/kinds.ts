/** From raw cells to typed columns: which kind each column has, and which are not used. */
import { numberOf, truthOf } from "../../model/cells.ts";
import { UnseenError } from "../../model/errors.ts";
import { convert, percent, type Tally, tallyNotes } from "./convert.ts";
import type { Cells, ColumnKind, ColumnSpec, Rows } from "./dataset.ts";
import type { RawColumn, RawTable } from "./tables.ts";

/** A column's kind as the user or meta.json states it. */
export type StatedKind = ColumnKind | "drop";

export interface TypedTables {
  readonly columns: readonly ColumnSpec[];
  /** One per table; whoever copies a column elsewhere may let go of it here. */
  readonly rows: readonly (Rows & { readonly cells: Cells[] })[];
  readonly notes: readonly string[];
}

/** Up to this share of words, a column of numbers stays numeric and its words count as missing. */
const FEW_WORDS = 0.05;
/** Text with at least this share of distinct values, in at least `IDENTIFIER_ROWS` rows, names rows: not a feature. */
const IDENTIFIER_SHARE = 0.95;
const IDENTIFIER_ROWS = 20;

const SECONDS = String.raw`:[0-5]\d([.,]\d+)?`;
const ZONE = String.raw`( ?[AP]M)?( ?(Z|UTC|[+-]\d{2}(:?\d{2})?))?`;
const CLOCK = String.raw`([01]?\d|2[0-4]):[0-5]\d`;
/** Year first, or last; with dots, where it may be a version as well, of four digits unless a time of day follows. */
const DATE = String.raw`\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[-/]\d{1,2}[-/](\d{2}|\d{4})|\d{1,2}\.\d{1,2}\.\d{4}`;
const SHORT_DATE = String.raw`\d{1,2}\.\d{1,2}\.\d{2}`;
const TIME = new RegExp(
  `^((${DATE})|(${DATE}|${SHORT_DATE})[ T]${CLOCK}(${SECONDS})?${ZONE}|${CLOCK}${SECONDS}${ZONE})$`,
  "i",
);

/** A number with a comma for its decimals, commas between its thousands, or a percent sign: a word to every reader here. */
const NUMBER_LIKE = /^[+-]?\d[\d.]*(,[\d.]+| ?%)+$/;

/**
 * Types all columns of tables read together. `stated` kinds win; the rest is judged on the normal rows alone
 * (`isNormal(table, row)`), so that no anomaly decides what the model's schema looks like:
 *
 * - no value in any normal row: dropped;
 * - all numbers: numeric, unless it counts the rows of every file one by one (a row number; 20 rows or more): dropped;
 * - all words true/false, t/f, yes/no, y/n (any case): boolean;
 * - numbers and at most 5 % words: numeric, the words become missing, with a note;
 * - dates or times by the file's own type, or words of which 99 % are: dropped, as the time of capture gives labels away;
 * - 20 rows or more and at least 95 % of them distinct: an identifier, dropped;
 * - other words: categorical (with a note when over 5 % of the values are numbers).
 *
 * A constant column is kept: it teaches nothing, but a value it never had is news. Numeric cells that are infinite
 * become missing, with a note; so do cells of boolean columns that are neither true nor false. What is dropped is noted
 * too. The tables' numbers become the typed rows' cells.
 *
 * @throws UnseenError data-empty where all columns are
 */
export function typeColumns(
  tables: readonly RawTable[],
  isNormal: (table: number, row: number) => boolean,
  stated: ReadonlyMap<string, StatedKind>,
): TypedTables {
  const columns: ColumnSpec[] = [];
  const notes: string[] = [];
  const cells: Cells[][] = tables.map(() => []);
  const tally: Tally = { infinite: [], missing: 0, missingColumns: 0, cells: 0 };

  const names = tables[0]?.columns.map((column) => column.name) ?? [];
  for (const [index, name] of names.entries()) {
    const parts = tables.map((table) => table.columns[index]);
    const verdict = judge(name, parts, isNormal, stated.get(name));
    if (verdict.kind === "drop") {
      notes.push(`${name}: ${verdict.note ?? "as asked"}, dropped.`);
      continue;
    }
    if (verdict.note !== undefined) notes.push(`${name}: ${verdict.note}.`);
    columns.push({ name, kind: verdict.kind });
    convert(name, verdict.kind, parts, tally, notes).forEach((converted, table) => cells[table].push(converted));
  }
  if (columns.length === 0) {
    const remedy = "Give other columns, or say with --types of what kind one of these is.";
    throw new UnseenError("data-empty", `No column is left to learn from. ${notes.join(" ")}`.trim(), remedy);
  }
  return {
    columns,
    notes: [...notes, ...tallyNotes(tally)],
    rows: tables.map((table, i) => ({ count: table.count, cells: cells[i] })),
  };
}

interface Verdict {
  readonly kind: StatedKind;
  readonly note?: string;
}

const TIME_OF_CAPTURE: Verdict = { kind: "drop", note: "a date or time, which gives the time of capture away" };

function judge(
  name: string,
  parts: readonly RawColumn[],
  isNormal: (table: number, row: number) => boolean,
  stated: StatedKind | undefined,
): Verdict {
  if (stated !== undefined) return { kind: stated };
  if (countsRows(parts, isNormal)) return { kind: "drop", note: "numbers the rows" };
  const finite = parts.some(({ numbers }, table) =>
    numbers.some((number, row) => Number.isFinite(number) && isNormal(table, row)),
  );
  if (finite && parts.every((part) => part.texts === undefined)) return { kind: "numeric" };
  const { numbers, words, distinct, example, times, truths, numberLike } = profile(parts, isNormal);
  const values = numbers + words;
  if (words === 0 && !finite) return { kind: "drop", note: "no value in any normal row" };
  if (parts.every((part) => part.time)) return TIME_OF_CAPTURE;
  if (words === 0) return { kind: "numeric" };
  if (truths === values) return { kind: "boolean" };
  if (words / values <= FEW_WORDS) return { kind: "numeric" };
  if (times / values >= 0.99) return TIME_OF_CAPTURE;
  const hint = numberLike / words > 0.5 ? " (a number has a point for its decimals, and no comma or percent sign)" : "";
  if (values >= IDENTIFIER_ROWS && distinct / values >= IDENTIFIER_SHARE) {
    return {
      kind: "drop",
      note: `(nearly) all distinct text, an identifier such as "${example ?? name}"${hint}`,
    };
  }
  const share = numbers / values;
  const among = share > FEW_WORDS ? `${percent(share)} numbers among ` : "";
  return among + hint === ""
    ? { kind: "categorical" }
    : { kind: "categorical", note: `${among}words such as "${example ?? ""}"${hint}, read as categories` };
}

interface Profile {
  numbers: number;
  words: number;
  distinct: number;
  /** The first word. */
  example?: string;
  times: number;
  truths: number;
  numberLike: number;
}

function profile(parts: readonly RawColumn[], isNormal: (table: number, row: number) => boolean): Profile {
  const found: Profile = { numbers: 0, words: 0, distinct: 0, times: 0, truths: 0, numberLike: 0 };
  const counts = new Map<string, number>();
  for (const [table, { numbers, texts }] of parts.entries()) {
    for (let row = 0; row < numbers.length; row++) {
      if (!isNormal(table, row)) continue;
      const text = texts === undefined ? String(numbers[row]) : texts[row];
      if (text === null) continue;
      if (Number.isNaN(numbers[row])) found.words++;
      else found.numbers++;
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
  }
  for (const [text, count] of counts) {
    found.distinct++;
    if (truthOf(text) !== null) found.truths += count;
    if (TIME.test(text)) found.times += count;
    if (NUMBER_LIKE.test(text)) found.numberLike += count;
    if (Number.isNaN(numberOf(text))) found.example ??= text;
  }
  return found;
}

/** Whether the value is the row's place in its file plus a constant, in every one of 20 normal rows or more. */
function countsRows(parts: readonly RawColumn[], isNormal: (table: number, row: number) => boolean): boolean {
  let rows = 0;
  for (const [table, { numbers }] of parts.entries()) {
    let start: number | undefined;
    for (let row = 0; row < numbers.length; row++) {
      if (!isNormal(table, row)) continue;
      start ??= numbers[row] - row;
      // beyond 2⁵³ a row's number falls to rounding, and constants would count as well
      if (Math.abs(numbers[row]) > Number.MAX_SAFE_INTEGER || numbers[row] - row !== start) return false;
      rows++;
    }
  }
  return rows >= IDENTIFIER_ROWS;
}
