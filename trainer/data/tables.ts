/** Files to raw tables through DuckDB: every cell as a number, and as text where a column is not all numbers. */
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { cellText, numberOf } from "../../model/cells.ts";
import { UnseenError } from "../../model/errors.ts";
import { concat } from "../concat.ts";
import { checkColumns, openScan, type Scan, type SourceFile, stream } from "./scan.ts";
import { fileSha256 } from "./whole-file.ts";

/** One column as read. */
export interface RawColumn {
  readonly name: string;
  /** Each cell as a number; NaN where it is missing or not a number, ±Infinity kept. Empty once typed: the rows have it. */
  numbers: Float64Array;
  /** Trimmed text, null where missing; absent when every cell is a number and no text was asked for. */
  readonly texts?: (string | null)[];
  /** Whether the file's type for it is a date or time. */
  readonly time: boolean;
}

export interface RawTable {
  readonly file: SourceFile;
  readonly sha256: string;
  readonly count: number;
  /** In the order of the first file's header, the same for all tables read together. */
  readonly columns: readonly RawColumn[];
}

export interface ReadTablesOptions {
  /** Columns whose text is wanted even if they are all numbers. */
  readonly asText?: ReadonlySet<string>;
  /** Read these columns only, in this order, and ignore others; without it every file must have the same columns. */
  readonly only?: readonly string[];
}

/**
 * Reads files that share their columns (in any order), a table per file, rows in file order.
 *
 * Missing is: an empty cell, `NA`, `N/A`, and in any case of letters `nan`, `null` and `?`. Throws `data-empty` (file
 * without a row), `data-ragged` (naming file and line), `data-not-found` (a link to nothing), `data-unreadable`, and
 * `column-unknown` when the columns differ.
 */
export async function readTables(files: readonly SourceFile[], options: ReadTablesOptions): Promise<RawTable[]> {
  const database = await DuckDBInstance.create(":memory:");
  const connections = await Promise.all([database.connect(), database.connect()]);
  try {
    const hashes = await inParallel(connections, files, (_, file) => fileSha256(file));
    const scans: Scan[] = [];
    for (const file of files) scans.push(await openScan(connections[0], file));
    const names = options.only ?? scans[0]?.names ?? [];
    for (const scan of scans) checkColumns(scan, names, options.only === undefined ? scans[0] : undefined);

    const numbers = await inParallel(connections, scans, (connection, scan) => readNumbers(connection, scan, names));
    // A column in which some cell is no number anywhere is read again as text, in every file.
    const texts = names.map(
      (name, column) => options.asText?.has(name) === true || numbers.some((table) => table.gaps[column] > 0),
    );
    const wanted = names.filter((_, column) => texts[column]);
    const words = await inParallel(connections, scans, (connection, scan) => readTexts(connection, scan, wanted));

    return scans.map((scan, i) => {
      const table = numbers[i];
      const columns = names.map((name, column): RawColumn => {
        const found = words[i].get(name);
        if (found) readMissed(table.cells[column], found);
        return {
          name,
          numbers: table.cells[column],
          time: scan.sql.get(name)?.time === true,
          ...(found ? { texts: found } : {}),
        };
      });
      return { file: scan.file, sha256: hashes[i], count: table.count, columns };
    });
  } finally {
    for (const connection of connections) connection.closeSync();
    database.closeSync();
  }
}

/** Numbers that DuckDB takes for words, such as one between blanks that do not break, as scoring reads them. */
function readMissed(numbers: Float64Array, texts: readonly (string | null)[]): void {
  for (const [i, text] of texts.entries()) {
    if (text !== null && Number.isNaN(numbers[i])) numbers[i] = numberOf(text);
  }
}

interface Numbers {
  readonly count: number;
  readonly cells: readonly Float64Array[];
  /** Per column, the cells that did not read as a number. */
  readonly gaps: readonly number[];
}

async function readNumbers(connection: DuckDBConnection, scan: Scan, names: readonly string[]): Promise<Numbers> {
  const select = names.map((name) => {
    const number = scan.sql.get(name)?.number ?? null;
    return number === null ? "CAST('nan' AS DOUBLE)" : `coalesce(${number}, 'nan')`;
  });
  const parts = names.map((): Float64Array[] => []);
  const gaps = names.map(() => 0);
  let count = 0;
  for await (const chunk of stream(connection, scan.file, `SELECT ${select.join(", ")} FROM ${scan.from}`)) {
    const rows = chunk.rowCount;
    for (let column = 0; column < names.length; column++) {
      const vector = chunk.getColumnVector(column);
      const cells = new Float64Array(rows);
      let missing = 0;
      for (let i = 0; i < rows; i++) {
        const item = vector.getItem(i);
        const value = typeof item === "number" ? item : Number.NaN;
        cells[i] = value;
        if (Number.isNaN(value)) missing++;
      }
      parts[column].push(cells);
      gaps[column] += missing;
    }
    count += rows;
  }
  if (count === 0) {
    throw new UnseenError(
      "data-empty",
      `${scan.file.name} has a header but no row.`,
      "Remove the file or give it at least one row.",
      {
        file: scan.file.name,
      },
    );
  }
  // Column by column, each column's chunks let go of: there is never a second copy of the table.
  return { count, cells: parts.map((chunks) => concat(Float64Array, chunks.splice(0))), gaps };
}

async function readTexts(
  connection: DuckDBConnection,
  scan: Scan,
  names: readonly string[],
): Promise<Map<string, (string | null)[]>> {
  const texts = names.map((): (string | null)[] => []);
  if (names.length > 0) {
    const select = names.map((name) => `coalesce(CAST(${scan.sql.get(name)?.column ?? "NULL"} AS VARCHAR), '')`);
    const known = names.map(() => new Map<string, string | null>());
    for await (const chunk of stream(connection, scan.file, `SELECT ${select.join(", ")} FROM ${scan.from}`)) {
      for (const [column, into] of texts.entries()) {
        const vector = chunk.getColumnVector(column);
        const seen = known[column];
        for (let i = 0; i < chunk.rowCount; i++) {
          const raw = String(vector.getItem(i));
          const text = seen.get(raw);
          into.push(text === undefined ? cellText(raw) : text);
          if (text === undefined) seen.set(raw, into.at(-1) ?? null);
        }
      }
    }
  }
  return new Map(names.map((name, column) => [name, texts[column]]));
}

/**
 * Runs `task` over all files, as many at a time as there are connections; results in the order of the files.
 *
 * A failure is thrown only when every connection has come to rest, and it is always the first file's.
 */
async function inParallel<F, T>(
  connections: readonly DuckDBConnection[],
  files: readonly F[],
  task: (connection: DuckDBConnection, file: F) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  const failures: { i: number; cause: unknown }[] = [];
  const queue = files.entries();
  await Promise.all(
    connections.map(async (connection) => {
      for (const [i, file] of queue) {
        try {
          results[i] = await task(connection, file);
        } catch (cause) {
          failures.push({ i, cause });
        }
      }
    }),
  );
  const [first] = failures.sort((a, b) => a.i - b.i);
  if (first !== undefined) throw first.cause;
  return results;
}
