/** From a path to a data set: a folder of groups or a labelled table. */
import type { Dataset } from "./dataset.ts";
import { isFolder } from "./files.ts";
import { readFolder } from "./folder.ts";
import type { TableOptions } from "./options.ts";
import { readTable } from "./table.ts";

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
