/** What gives the labels away: a column that tells anomalous rows by itself, as a label left in does, or the order of rows. */
import type { Cells, ColumnSpec, Dataset, Group } from "./dataset.ts";

/** Names that a remark lists. */
const SHOWN = 5;
/** Fewer rows ascend by chance. */
const LEAST_ROWS = 20;

/**
 * Remarks on columns that flatter every figure: of values that anomalous rows never share with normal ones, and numbers
 * that ascend with the rows of every normal domain.
 */
export function leakNotes({ columns, groups }: Dataset): string[] {
  const normal = groups.filter(({ role }) => role === "normal");
  const anomalous = groups.filter(({ role }) => role === "anomaly");
  if (normal.length === 0) return [];
  const telling = columns.filter((_, j) => {
    const cellsOf = (of: readonly Group[]): Cells[] => of.map(({ cells }) => cells[j]);
    return isApart(cellsOf(normal), cellsOf(anomalous));
  });
  const long = normal.filter(({ count }) => count >= LEAST_ROWS);
  const ascending = columns.filter(({ kind }, j) => kind === "numeric" && long.every(({ cells }) => ascends(cells[j])));
  const names = (of: readonly ColumnSpec[]): string[] => of.map(({ name }) => name);
  return [
    ...noteOn(
      anomalous.length > 0 ? names(telling) : [],
      "no anomalous row has a value that normal rows have, as with a label left among the columns. What is not known when rows are scored must go",
    ),
    ...noteOn(
      long.length > 0 ? names(ascending) : [],
      "never falls from one normal row to the next, as an index or a time does, which may give the time of capture away",
    ),
  ];
}

/** A remark on columns that had better be dropped; none without any. */
export function noteOn(columns: readonly string[], what: string): string[] {
  if (columns.length === 0) return [];
  const named = columns.slice(0, SHOWN).join(", ");
  return [`${named}${columns.length > SHOWN ? ", …" : ""}: ${what} (--types "${columns[0]}=drop").`];
}

/** Whether values vary and are in order, missing ones left out. */
function ascends(cells: Cells): boolean {
  let [least, last] = [Infinity, -Infinity];
  for (const value of cells as Float64Array) {
    if (value < last) return false;
    if (Number.isNaN(value)) continue;
    least = Math.min(least, value);
    last = value;
  }
  return least < last;
}

/** Whether no anomalous row has a value of a normal one: of categories, or of numbers that are all the same. */
function isApart(normal: readonly Cells[], anomalous: readonly Cells[]): boolean {
  const values = new Set<Cells[number]>();
  for (const cells of normal) {
    for (const cell of cells) {
      values.add(cell);
      if (values.size > 1 && cells instanceof Float64Array) return false;
    }
  }
  return anomalous.every((cells) => cells.every((cell: Cells[number]) => !values.has(cell)));
}
