/** What gives the labels away: a column that tells anomalous rows by itself, as a label left in does, or the order of rows. */
import type { Cells, ColumnSpec, Dataset, Group } from "./dataset.ts";

/** Names that a remark lists. */
const SHOWN = 5;
/** Fewer rows ascend by chance. */
const LEAST_ROWS = 20;

/**
 * Remarks on columns that flatter every figure: of one value in all normal rows and others in all anomalous ones, and
 * numbers that ascend with the rows of every normal domain.
 */
export function leakNotes({ columns, groups }: Dataset): string[] {
  const normal = groups.filter(({ role }) => role === "normal");
  const anomalous = groups.filter(({ role }) => role === "anomaly");
  if (normal.length === 0) return [];
  const telling = columns.filter((_, j) => {
    const [value] = normal[0].cells[j];
    return holds(normal, j, (cell) => isSame(cell, value)) && holds(anomalous, j, (cell) => !isSame(cell, value));
  });
  const long = normal.filter(({ count }) => count >= LEAST_ROWS);
  const ascending = columns.filter(({ kind }, j) => kind === "numeric" && long.every(({ cells }) => ascends(cells[j])));
  return [
    ...noteOn(
      anomalous.length > 0 ? telling : [],
      "one value in all normal rows and in no anomalous one, as a label has. What is not known when rows are scored must go",
    ),
    ...noteOn(
      long.length > 0 ? ascending : [],
      "never falls from one normal row to the next, as an index or a time does, which may give the time of capture away",
    ),
  ];
}

function noteOn(columns: readonly ColumnSpec[], what: string): string[] {
  if (columns.length === 0) return [];
  const named = columns.slice(0, SHOWN).map(({ name }) => name);
  return [`${named.join(", ")}${columns.length > SHOWN ? ", …" : ""}: ${what} (--types ${named[0]}=drop).`];
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

function holds(groups: readonly Group[], column: number, test: (cell: Cells[number]) => boolean): boolean {
  return groups.every(({ cells }) => cells[column].every(test));
}

function isSame(a: Cells[number], b: Cells[number]): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}
