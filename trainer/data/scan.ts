/** A file as something to select from: its columns' names and the SQL that reads it. */
import type { DuckDBConnection, DuckDBDataChunk } from "@duckdb/node-api";
import { uniqueNames } from "../../model/cells.ts";
import { UnseenError } from "../../model/errors.ts";
import { didYouMean } from "../nearest.ts";
import { readHeader } from "./header.ts";
import { readError } from "./read-error.ts";

/** A file to read; `name` is what messages and the artefact call it (relative to the folder given). */
export interface SourceFile {
  readonly path: string;
  readonly name: string;
}

/** A file ready to be selected from: its columns' names and how SQL calls each. */
export interface Scan {
  readonly file: SourceFile;
  readonly from: string;
  readonly names: readonly string[];
  /** `number`: its cells as numbers, null where none can be; `time`: they are dates or times by their type. */
  readonly sql: ReadonlyMap<
    string,
    { readonly column: string; readonly number: string | null; readonly time: boolean }
  >;
}

/** Looks at a file's header (CSV) or schema (Parquet). Throws `data-empty` and `data-unreadable`. */
export async function openScan(connection: DuckDBConnection, file: SourceFile): Promise<Scan> {
  // DuckDB takes * ? [ in a path for a pattern.
  const path = sqlText(file.path.replaceAll(/[*?[]/g, "[$&]"));
  if (/\.parquet$/i.test(file.path)) {
    const from = `read_parquet(${path}, hive_partitioning = false)`;
    const described = await run(connection, file, `DESCRIBE SELECT * FROM ${from}`);
    const rows = await described.getRows();
    const names = uniqueNames(rows.map((row) => String(row[0]).trim()));
    const sql = rows.map((row, i) => {
      const type = String(row[1]);
      const numeric = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/.test(type);
      const own = `"${String(row[0]).replaceAll('"', '""')}"`;
      // as text, a float of 32 bits is rounded to what tells it from others of its size, and no longer the same number
      const column = type === "FLOAT" ? `CAST(${own} AS DOUBLE)` : own;
      const number = numeric ? `try_cast(${column} AS DOUBLE)` : type === "VARCHAR" ? numberIn(column) : null;
      return [names[i], { column, number, time: /^(DATE|TIME)/.test(type) }] as const;
    });
    return { file, from, names, sql: new Map(sql) };
  }
  const { gzip, delimiter, names } = readHeader(file.path, file.name);
  const columns = names.map((_, i) => `c${i}: 'VARCHAR'`).join(", ");
  const from = `read_csv(${path}, columns = {${columns}}, header = true, auto_detect = false, strict_mode = true,
    delim = ${sqlText(delimiter)}, quote = '"', escape = '"', compression = '${gzip ? "gzip" : "none"}',
    hive_partitioning = false)`;
  return {
    file,
    from,
    names,
    sql: new Map(names.map((name, i) => [name, { column: `c${i}`, number: numberIn(`c${i}`), time: false }])),
  };
}

/** SQL of the number that a text is. DuckDB reads 1_000 as one; scoring does not, and nor do other readers of CSV. */
function numberIn(column: string): string {
  return `try_cast(replace(${column}, '_', '?') AS DOUBLE)`;
}

/**
 * Throws `column-unknown` when the file lacks one of `names`, or has a column that `first`, the file they are from, lacks.
 */
export function checkColumns(scan: Scan, names: readonly string[], first: Scan | undefined): void {
  const here = new Set(scan.names);
  for (const name of names) {
    if (here.has(name)) continue;
    const where = first === undefined ? "" : `, which ${first.file.name} has`;
    throw new UnseenError(
      "column-unknown",
      `${scan.file.name} has no column "${name}"${where}.`,
      didYouMean(name, scan.names),
      {
        file: scan.file.name,
        feature: name,
      },
    );
  }
  const extra = first === undefined ? undefined : scan.names.find((name) => !first.sql.has(name));
  if (extra === undefined || first === undefined) return;
  throw new UnseenError(
    "column-unknown",
    `${scan.file.name} has a column "${extra}", which ${first.file.name} has not.`,
    "Give all files of a data set the same columns.",
    { file: scan.file.name, feature: extra },
  );
}

/** Runs SQL that reads `file`; failures are ours (see readError). */
export async function run(
  connection: DuckDBConnection,
  file: SourceFile,
  sql: string,
): ReturnType<DuckDBConnection["run"]> {
  try {
    return await connection.run(sql);
  } catch (cause) {
    throw readError(file.name, cause);
  }
}

/**
 * What SQL that reads `file` gives, chunk by chunk as it is read: never all of it in memory. Failures are ours.
 */
export async function* stream(
  connection: DuckDBConnection,
  file: SourceFile,
  sql: string,
): AsyncGenerator<DuckDBDataChunk> {
  try {
    yield* await connection.stream(sql);
  } catch (cause) {
    throw readError(file.name, cause);
  }
}

function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
