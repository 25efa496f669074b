/** For tests of reading and splitting: small folders on disk and small data sets in memory. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { UnseenError } from "../../model/errors.ts";
import { blocksOf } from "./blocks.ts";
import type { Cells, ColumnSpec, Dataset, Group } from "./dataset.ts";

/** Writes files (by relative path; `.gz` ones are compressed) to a new temporary folder; returns its path. */
export function writeFolder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), "unseen-data-"));
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === "string" && name.endsWith(".gz") ? gzipSync(content) : content);
  }
  return folder;
}

/** Writes what an SQL query gives to a Parquet file. */
export async function writeParquet(path: string, select: string): Promise<void> {
  const database = await DuckDBInstance.create(":memory:");
  const connection = await database.connect();
  mkdirSync(dirname(path), { recursive: true });
  await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  database.closeSync();
}

/** A CSV of `rows` lines under a header, cells by row index. */
export function csv(header: string, rows: number, line: (i: number) => string): string {
  return `${[header, ...Array.from({ length: rows }, (_, i) => line(i))].join("\n")}\n`;
}

/** The UnseenError a task ends with; any other outcome fails. */
export async function errorOf(task: () => unknown): Promise<UnseenError> {
  try {
    await task();
  } catch (error) {
    if (error instanceof UnseenError) return error;
    throw error;
  }
  throw new Error("expected an UnseenError, and nothing was thrown");
}

export interface GroupSketch {
  readonly name: string;
  readonly role: "normal" | "anomaly";
  readonly cells: readonly Cells[];
  readonly side?: "train" | "test";
}

/** A data set in memory, with 20 stretches a group as blocks. */
export function datasetOf(columns: readonly ColumnSpec[], groups: readonly GroupSketch[]): Dataset {
  return {
    name: "sketch",
    columns,
    groups: groups.map(({ name, role, cells, side }): Group => {
      const count = cells[0].length;
      return { name, role, cells, count, side: side ?? null, ...blocksOf(`${role} ${name}`, count, null) };
    }),
    files: [],
    notes: [],
  };
}
