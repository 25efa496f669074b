/** From a path to a data set: a folder of groups, or a labelled table; and rows without labels, for scoring. */
import type { ColumnSpec, Dataset, Rows } from "./dataset.ts";
import { expandFiles, isFolder } from "./files.ts";
import { readFolder } from "./folder.ts";
import { typeColumns } from "./kinds.ts";
import type { TableOptions } from "./options.ts";
import { concatRows } from "./rows.ts";
import { readTable } from "./table.ts";
import { readTables } from "./tables.ts";

/**
 * Reads a data set: one folder and no label column is a folder with a file per group (see readFolder), anything else a
 * labelled table in files, folders or globs (see readTable).
 *
 * @example
 * const flows = await readDataset("data/flows");
 * const table = await readDataset("flows-*.parquet", { label: "Label", normal: ["BENIGN"], domain: "Day" });
 */
export async function readDataset(source: string | readonly string[], options: TableOptions = {}): Promise<Dataset> {
  const [first, ...others] = typeof source === "string" ? [source] : source;
  if (first !== undefined && others.length === 0 && options.label === undefined && isFolder(first))
    return readFolder(first, options);
  return readTable(source, options);
}

/**
 * Reads rows without labels in file order, nothing dropped: exactly `columns`, with their kinds; other columns are
 * ignored. Throws `data-not-found`, `column-unknown` when a column is missing, and what `readTables` throws.
 */
export async function readUnlabelled(
  source: string | readonly string[],
  columns: readonly ColumnSpec[],
): Promise<{ rows: Rows; notes: readonly string[] }> {
  const files = expandFiles(typeof source === "string" ? [source] : source);
  const tables = await readTables(files, {
    asText: new Set(columns.flatMap(({ name, kind }) => (kind === "numeric" ? [] : [name]))),
    only: columns.map((column) => column.name),
  });
  const typed = typeColumns(tables, () => true, new Map(columns.map(({ name, kind }) => [name, kind])));
  return { rows: concatRows(typed.rows), notes: typed.notes };
}
