/** Rows to ask about, and what every version of the model says of each: the trainer's own scores. */
import type { Feature, Row } from "../../model/schema.ts";
import type { Scorer } from "../../model/scorer.ts";

export interface Pool {
  readonly features: readonly Feature[];
  /** By position, in the order of the features. */
  readonly rows: readonly (readonly unknown[])[];
  /** Each row as JSON, by position and by name. */
  readonly listed: readonly string[];
  readonly named: readonly string[];
  /** Inputs (rows, inputs) as version 1 encodes them. */
  readonly encoded: Float32Array;
  readonly inputs: number;
  /** Whether the models hold reference histograms, against which the Worker tells drift. */
  readonly reference: boolean;
  /** Scores (rows) by version. */
  readonly scores: ReadonlyMap<number, Float32Array>;
}

/** @param rows by position; @param versions scorers, version 1 first */
export function makePool(rows: readonly (readonly unknown[])[], versions: readonly Scorer[]): Pool {
  const [first] = versions;
  const { features } = first.artefact.schema;
  const encoded = new Float32Array(rows.length * first.inputs);
  for (const [i, row] of rows.entries()) first.encodeInto(row as Row, encoded, i * first.inputs, i);
  return {
    features,
    rows,
    listed: rows.map((row) => JSON.stringify(row)),
    named: rows.map((row) => JSON.stringify(Object.fromEntries(row.map((value, i) => [features[i].name, value])))),
    encoded,
    inputs: first.inputs,
    reference: versions.every(({ artefact }) => artefact.reference !== undefined),
    scores: new Map(versions.map((scorer, i) => [i + 1, scorer.scoreRows(rows as readonly Row[])])),
  };
}
