/** Rows of a file as a model reads them: in chunks, so that memory does not grow with the file. */
import { DuckDBInstance } from "@duckdb/node-api";
import { cellValue } from "../../model/cells.ts";
import type { Schema } from "../../model/schema.ts";
import { isGzip } from "./header.ts";
import { checkColumns, openScan, run, type SourceFile, stream } from "./scan.ts";
import type { PositionalRow } from "./rows.ts";
import { fileSha256 } from "./whole-file.ts";

/** Some rows that follow one another. */
export interface RowChunk {
  /** Rows of the file before these, and all of it. */
  readonly first: number;
  readonly total: number;
  /** The file's columns, all of them. */
  readonly names: readonly string[];
  /** Every cell as text, null where it is empty. */
  readonly cells: readonly (readonly (string | null)[])[];
  /** Values in schema order. */
  readonly rows: readonly PositionalRow[];
}

/**
 * Reads the columns of a schema from a CSV or Parquet file; others are passed along as text.
 *
 * @param beside columns that must be there as well
 * @throws UnseenError column-unknown, data-*, and value-* naming the one-based row and the column
 */
export async function* readModelRows(
  { features }: Schema,
  file: SourceFile,
  beside: readonly string[] = [],
): AsyncGenerator<RowChunk> {
  const database = await DuckDBInstance.create(":memory:");
  const connection = await database.connect();
  try {
    if (isGzip(file.path, file.name)) await fileSha256(file);
    const scan = await openScan(connection, file);
    checkColumns(scan, [...features.map(({ name }) => name), ...beside], undefined);
    const { names } = scan;
    const columns = names.map((name) => `CAST(${scan.sql.get(name)?.column} AS VARCHAR)`);
    const places = features.map(({ name }) => names.indexOf(name));
    const counted = await (await run(connection, file, `SELECT count(*)::INTEGER FROM ${scan.from}`)).getRows();
    const total = Number(counted[0][0]);
    let first = 0;
    for await (const chunk of stream(connection, file, `SELECT ${columns.join(", ")} FROM ${scan.from}`)) {
      const cells = chunk.getRows().map((row) => row.map((cell) => (cell === null ? null : String(cell))));
      const rows = cells.map((row, i) =>
        features.map((feature, j) => cellValue(feature, row[places[j]], first + i + 1, file.name)),
      );
      yield { first, total, names, cells, rows };
      first += cells.length;
    }
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}
