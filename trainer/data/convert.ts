/** Cells of typed columns: numbers in place, what is odd counted as missing and said in notes. */
import { truthOf } from "../../model/cells.ts";
import type { Cells, ColumnKind } from "./dataset.ts";
import type { RawColumn } from "./tables.ts";

/** What became missing in all columns together. */
export interface Tally {
  infinite: { name: string; count: number }[];
  missing: number;
  missingColumns: number;
  cells: number;
}

/** A column's cells in every table as its kind has them; what is odd about them is added to `tally` and `notes`. */
export function convert(
  name: string,
  kind: ColumnKind,
  parts: readonly RawColumn[],
  tally: Tally,
  notes: string[],
): Cells[] {
  let infinite = 0;
  let missing = 0;
  let odd = 0;
  let example = "";
  let point: string | undefined;
  const converted = parts.map((part): Cells => {
    const { numbers, texts } = part;
    part.numbers = new Float64Array(0);
    tally.cells += numbers.length;
    if (kind === "categorical") {
      const words = texts ?? Array.from(numbers, (number) => (Number.isNaN(number) ? null : String(number)));
      for (const word of words) {
        if (word === null) missing++;
        else if (point === undefined && /^-?\d+\.0+$/.test(word)) point = word;
      }
      return words;
    }
    // In place: a second copy of every number would be most of what reading takes.
    const cells = numbers;
    for (let i = 0; i < cells.length; i++) {
      const number = numbers[i];
      const text = texts?.[i] ?? null;
      let value = number;
      if (kind === "boolean") {
        const word = text === null ? null : truthOf(text);
        value = word === null ? (number === 0 || number === 1 ? number : Number.NaN) : Number(word);
      } else if (!Number.isFinite(number) && !Number.isNaN(number)) {
        infinite++;
        value = Number.NaN;
      }
      if (Number.isNaN(value)) {
        missing++;
        if (text !== null && (kind === "boolean" || Number.isNaN(number))) {
          odd++;
          if (example === "") example = text;
        }
      }
      cells[i] = value;
    }
    return cells;
  });
  if (odd > 0) {
    const what = kind === "boolean" ? "neither true nor false" : "no numbers";
    notes.push(`${name}: ${odd} cells are ${what}, such as "${example}", and count as missing.`);
  }
  if (point !== undefined) {
    notes.push(
      `${name}: categories such as "${point}" are texts; in JSON they are strings, for the number is "${Number(point)}".`,
    );
  }
  if (infinite > 0) tally.infinite.push({ name, count: infinite });
  if (missing > 0) tally.missingColumns++;
  tally.missing += missing;
  return converted;
}

export function tallyNotes(tally: Tally): string[] {
  const notes: string[] = [];
  if (tally.infinite.length > 0) {
    const total = tally.infinite.reduce((sum, entry) => sum + entry.count, 0);
    const where = tally.infinite.slice(0, 5).map((entry) => `${entry.name} ${entry.count}`);
    notes.push(
      `${total} infinite values count as missing (${where.join(", ")}${tally.infinite.length > 5 ? ", …" : ""}).`,
    );
  }
  if (tally.missing > 0) {
    notes.push(
      `${tally.missing} cells in ${tally.missingColumns} columns are missing (${percent(tally.missing / tally.cells)}).`,
    );
  }
  return notes;
}

/** A share in percent, with two digits below 10 %. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value < 1 ? value.toPrecision(2) : value.toFixed(value < 10 ? 1 : 0)} %`;
}
