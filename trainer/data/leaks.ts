/** Whether a column tells anomalous rows from normal ones by itself, as a label left among the features does. */
import type { Cells, Dataset, Group } from "./dataset.ts";

/** Names that a remark lists. */
const SHOWN = 5;

/** A remark on columns that have one value in all normal rows and others in all anomalous ones, which flatters every figure. */
export function leakNotes({ columns, groups }: Dataset): string[] {
  const normal = groups.filter(({ role }) => role === "normal");
  const anomalous = groups.filter(({ role }) => role === "anomaly");
  if (normal.length === 0 || anomalous.length === 0) return [];
  const telling = columns.filter((_, j) => {
    const [value] = normal[0].cells[j];
    return holds(normal, j, (cell) => isSame(cell, value)) && holds(anomalous, j, (cell) => !isSame(cell, value));
  });
  if (telling.length === 0) return [];
  const named = telling.slice(0, SHOWN).map(({ name }) => name);
  return [
    `${named.join(", ")}${telling.length > SHOWN ? ", …" : ""}: one value in all normal rows and in no anomalous one, as a label has. What is not known when rows are scored must go (--types ${named[0]}=drop).`,
  ];
}

function holds(groups: readonly Group[], column: number, test: (cell: Cells[number]) => boolean): boolean {
  return groups.every(({ cells }) => cells[column].every(test));
}

function isSame(a: Cells[number], b: Cells[number]): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}
