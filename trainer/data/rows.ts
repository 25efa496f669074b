/** Rows in columnar form: choose some, join some, look at one. */
import { concat } from "../concat.ts";
import type { Cells, ColumnSpec, Rows } from "./dataset.ts";

/** One row in column order: numbers, texts, booleans; null is missing. */
export type PositionalRow = (number | string | boolean | null)[];

/** The rows at `indices`, in that order, copied. */
export function takeRows(rows: Rows, indices: ArrayLike<number>): Rows {
  return { count: indices.length, cells: rows.cells.map((cells) => takeCells(cells, indices)) };
}

/** At most the first `many` rows, copied. */
export function firstRows({ count, cells }: Rows, many: number): Rows {
  return { count: Math.min(many, count), cells: cells.map((own) => own.slice(0, many)) };
}

function takeCells(cells: Cells, indices: ArrayLike<number>): Cells {
  if (cells instanceof Float64Array) {
    const taken = new Float64Array(indices.length);
    for (let i = 0; i < taken.length; i++) taken[i] = cells[indices[i]];
    return taken;
  }
  return Array.from({ length: indices.length }, (_, i) => cells[indices[i]]);
}

/**
 * All rows one after another; the parts must have the same columns. Without parts: no rows of no columns; of one part,
 * the part itself.
 */
export function concatRows(parts: readonly Rows[]): Rows {
  const [first] = parts;
  if (first === undefined) return { count: 0, cells: [] };
  if (parts.length === 1) return { count: first.count, cells: first.cells };
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const cells = first.cells.map((like, column): Cells => {
    const own = parts.map((part) => part.cells[column]);
    return like instanceof Float64Array
      ? concat(Float64Array, own as Float64Array[])
      : (own as (string | null)[][]).flat();
  });
  return { count, cells };
}

/** Row `i` as callers of a model give it: values in column order, null where missing. */
export function rowAt({ cells }: Rows, i: number, columns: readonly ColumnSpec[]): PositionalRow {
  return columns.map(({ kind }, column) => {
    const value = cells[column][i];
    if (typeof value !== "number") return value;
    if (Number.isNaN(value)) return null;
    return kind === "boolean" ? value !== 0 : value;
  });
}
