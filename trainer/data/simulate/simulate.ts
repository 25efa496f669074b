/** The simulator: every normal domain and anomaly family, drawn by seed, as typed columns. Synthetic throughout. */

import type { Cells, ColumnSpec, Rows } from "../dataset.ts";
import { catalogue } from "./catalogue.ts";
import { columns, featuresOf } from "./features.ts";
import type { TrafficModel } from "./flow.ts";
import { randomFor } from "./random.ts";

export interface SimulationOptions {
  /** Any whole number; the same seed gives the same rows, and more rows of a group begin with the fewer. */
  readonly seed: number;
  /** Rows of each normal domain; 2000 unless told. */
  readonly rows?: number;
  /** Rows of each anomaly family; 600 unless told. */
  readonly anomalies?: number;
}

/** One normal domain or anomaly family; `cells` stand in the order of `columns`. */
export interface SimulatedGroup extends Rows {
  readonly name: string;
  readonly role: "normal" | "anomaly";
  /** What it models, in one sentence. */
  readonly description: string;
  readonly columns: readonly ColumnSpec[];
}

/** Simulates all groups, normal domains first. */
export function simulate({ seed, rows = 2000, anomalies = 600 }: SimulationOptions): SimulatedGroup[] {
  return catalogue.map(({ name, role, description, model }) => {
    const count = role === "normal" ? rows : anomalies;
    return { name, role, description, columns, count, cells: drawCells(model, seed, name, count) };
  });
}

function drawCells(model: TrafficModel, seed: number, name: string, count: number): Cells[] {
  const random = randomFor(seed, name);
  const table = Array.from({ length: count }, () => featuresOf(model(random)));
  return columns.map(({ kind }, column) =>
    kind === "categorical"
      ? table.map((row) => String(row[column]))
      : Float64Array.from(table, (row) => Number(row[column])),
  );
}
