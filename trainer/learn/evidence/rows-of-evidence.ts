/** Rows of standardised evidence: joined, gathered by family, thinned out. */
import { EVIDENCE } from "../../../model/evidence.ts";
import { concat } from "../../concat.ts";

/** Standardised evidence, (rows, kinds) row-major. */
export interface Table {
  readonly rows: number;
  readonly data: Float64Array;
}

export const NO_ROWS: Table = { rows: 0, data: new Float64Array(0) };

/** Rows of several tables, one table after another. */
export function joined(tables: readonly Table[]): Table {
  const data = concat(
    Float64Array,
    tables.map((table) => table.data),
  );
  return { rows: tables.reduce((sum, { rows }) => sum + rows, 0), data };
}

/** One table a family, of all that are named after it. */
export function byFamily(named: readonly (readonly [family: string, table: Table])[]): Map<string, Table> {
  const tables = Map.groupBy(named, ([family]) => family);
  return new Map([...tables].map(([family, own]) => [family, joined(own.map(([, table]) => table))]));
}

/** At most `most` rows, evenly spaced. */
export function thinned(table: Table, most: number): Table {
  const rows = Math.min(most, table.rows);
  return picked(
    table,
    Array.from({ length: rows }, (_, i) => Math.floor((i * table.rows) / rows)),
  );
}

/** Some of the rows, by their places. */
export function picked({ data }: Table, places: readonly number[]): Table {
  const kinds = EVIDENCE.length;
  const kept = new Float64Array(places.length * kinds);
  for (const [i, place] of places.entries()) kept.set(data.subarray(place * kinds, (place + 1) * kinds), i * kinds);
  return { rows: places.length, data: kept };
}
