/** Cells of text files as values: which say "missing", and what a feature makes of the others. */
import { UnseenError } from "./errors.ts";
import type { Feature } from "./schema.ts";

const MISSING_WORDS = new Set(["", "nan", "null", "?"]);

/** The trimmed text of a cell, or null where it says that it is missing: empty, NA, N/A, and in any case nan, null, ?. */
export function cellText(raw: string): string | null {
  const text = raw.trim();
  return text === "NA" || text === "N/A" || MISSING_WORDS.has(text.toLowerCase()) ? null : text;
}

const INFINITE = /^([+-]?)inf(inity)?$/i;
const TRUE = /^(true|t|yes|y)$/i;
const FALSE = /^(false|f|no|n)$/i;

/** The number that a trimmed text is, ±Infinity for one in words; NaN for other words and for numbers to base 16, 8 and 2. */
export function numberOf(text: string): number {
  // Number reads 0x1F and its like; DuckDB, which reads for training, does not, and nor do other readers of CSV
  const number = /^0[box]/i.test(text) ? Number.NaN : Number(text);
  if (!Number.isNaN(number)) return number;
  const sign = INFINITE.exec(text)?.[1];
  return sign === undefined ? Number.NaN : sign === "-" ? -Infinity : Infinity;
}

/** What a trimmed word says of true and false: true, t, yes, y or their opposites in any case; null for any other. */
export function truthOf(word: string): boolean | null {
  return TRUE.test(word) ? true : FALSE.test(word) ? false : null;
}

/** Characters of a cell that a message repeats. */
const SHOWN = 40;

/**
 * A cell as the feature wants it, as in training: null where it is missing or infinite, undefined where it is no value of
 * its kind.
 */
export function readCell(feature: Feature, raw: string | null): number | string | boolean | null | undefined {
  const value = raw === null ? null : cellText(raw);
  if (value === null || feature.kind === "categorical") return value;
  const number = numberOf(value);
  if (feature.kind === "boolean") return truthOf(value) ?? (number === 1 ? true : number === 0 ? false : undefined);
  if (Number.isNaN(number)) return undefined;
  return Number.isFinite(number) ? number : null;
}

/**
 * The same, saying where a cell is wrong.
 *
 * @param row one-based data row, for the message
 * @param file the file's name, where there is one
 * @throws UnseenError value-wrong-type, naming file, row and column
 */
export function cellValue(
  feature: Feature,
  raw: string | null,
  row: number,
  file?: string,
): number | string | boolean | null {
  const read = readCell(feature, raw);
  if (read !== undefined) return read;
  const value = raw?.trim() ?? "";
  const wanted = feature.kind === "boolean" ? "true or false" : "a number";
  const where = `${file === undefined ? "" : `${file}, `}row ${row}, column "${feature.name}"`;
  throw new UnseenError(
    "value-wrong-type",
    `${where}: "${value.slice(0, SHOWN)}" is not ${wanted}.`,
    "Correct the cell, or leave it empty where the value is missing.",
    { row, feature: feature.name, ...(file === undefined ? {} : { file }) },
  );
}

/** What parts the cells of a CSV file, by its header: what stands in quotes belongs to a name. */
export function delimiterOf(header: string): string {
  const bare = header.replaceAll(/"[^"]*"/g, "");
  return [",", "\t", ";"].find((candidate) => bare.includes(candidate)) ?? ",";
}

/** Cells of a CSV record, unquoted (RFC 4180); a quote within a cell that has begun without one is a letter. */
export function csvCells(record: string, delimiter: string): string[] {
  if (!record.includes('"')) return record.split(delimiter);
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < record.length; at++) {
    const character = record[at];
    if (character === '"') {
      if (quoted && record[at + 1] === '"') cell += record[++at];
      else if (quoted || cell.trim() === "") quoted = !quoted;
      else cell += character;
    } else if (character === delimiter && !quoted) {
      cells.push(cell);
      cell = "";
    } else cell += character;
  }
  cells.push(cell);
  return cells;
}

/** A CSV field, quoted where it must be (RFC 4180). */
export function csvField(value: string): string {
  return /[",;\t\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** What scoring adds to a file, behind its own columns. */
export const SCORE_COLUMNS = ["score", "anomaly", "confidence", "margin"] as const;

/** Their cells of a row. */
export function scoreCells(score: number, threshold: number): (number | boolean)[] {
  return [score, score >= threshold, Math.max(score, 1 - score), score - threshold];
}

/** A file's own names where others are added behind them: one that is among those gives way (`score.1`). */
export function namesBeside(added: readonly string[], names: readonly string[]): string[] {
  return uniqueNames([...added, ...names]).slice(added.length);
}

/** The names with repeats and blanks made distinct. */
export function uniqueNames(fields: readonly string[]): string[] {
  const taken = new Set<string>();
  return fields.map((field, i) => {
    const base = field === "" ? `column ${i + 1}` : field;
    let name = base;
    for (let n = 1; taken.has(name); n++) name = `${base}.${n}`;
    taken.add(name);
    return name;
  });
}
