/** The isolate's reader of rows: one for all models, since a call is over before the next begins. */
import module from "../build/rows.wasm";
import { RowReader } from "../model/row-reader.ts";
import type { Scorer } from "../model/scorer.ts";

export const rowReader = new RowReader(module);

/** Writes the inputs (inputs) of one row of JSON at `offset`. @returns whether the reader could; else JSON.parse has to */
export function encodeText(scorer: Scorer, text: Uint8Array, out: Float32Array, offset: number): boolean {
  const read = rowReader.read(scorer.artefact.schema, text, 0, text.length, 1);
  if (read) scorer.encodeCells(rowReader, 0, out, offset);
  return read;
}
