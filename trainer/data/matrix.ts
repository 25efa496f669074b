/** Rows of a data set to the network's inputs, by the schema that travels inside the artefact. */
import { UnseenError } from "../../model/errors.ts";
import { RowEncoder } from "../../model/encode.ts";
import type { Schema } from "../../model/schema.ts";
import { didYouMean } from "../nearest.ts";
import type { ColumnSpec, Rows } from "./dataset.ts";
import type { PositionalRow } from "./rows.ts";

/** Row-major, without padding: row i, input j is data[i·cols + j]. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float32Array;
}

/**
 * Encodes rows, (rows, inputs): features find their column by name, other columns are ignored. All encoding is
 * RowEncoder's, so a row gets the same inputs here as in the Worker.
 *
 * Throws `column-unknown` for a feature without a column, and RowEncoder's errors.
 */
export function encodeRows(schema: Schema, columns: readonly ColumnSpec[], rows: Rows): Matrix {
  const encoder = new RowEncoder(schema);
  const order = columnsFor(schema, columns);
  const data = new Float32Array(rows.count * encoder.width);
  const row: PositionalRow = order.map(() => null);
  for (let i = 0; i < rows.count; i++) {
    for (let j = 0; j < order.length; j++) {
      const value = rows.cells[order[j]][i];
      row[j] = typeof value === "number" && Number.isNaN(value) ? null : value;
    }
    encoder.encode(row, data, i * encoder.width, i);
  }
  return { rows: rows.count, cols: encoder.width, data };
}

/** The columns that a schema reads, as reading data for a trained model wants them: same order, same kinds. */
export function columnsOf(schema: Schema): ColumnSpec[] {
  return schema.features.map(({ name, kind }) => ({ name, kind }));
}

/** Per feature, the index of its column. */
function columnsFor(schema: Schema, columns: readonly ColumnSpec[]): number[] {
  const index = new Map(columns.map(({ name }, i) => [name, i]));
  return schema.features.map(({ name }) => {
    const at = index.get(name);
    if (at !== undefined) return at;
    throw new UnseenError(
      "column-unknown",
      `The rows have no column "${name}", which the model reads.`,
      didYouMean(name, index.keys()),
      {
        feature: name,
      },
    );
  });
}
