/** The simulator: every normal domain and anomaly family, drawn by seed, as typed columns. Synthetic throughout. */

import { UnseenError } from "../../../model/errors.ts";
import type { Cells, ColumnSpec, Rows } from "../dataset.ts";
import { catalogue } from "./catalogue.ts";
import { columns, featuresOf } from "./features.ts";
import type { TrafficModel } from "./flow.ts";
import { randomFor } from "./random.ts";

export interface SimulationOptions {
  /** Any whole number; the same seed gives the same rows, and more rows of a group begin with the fewer. */
  readonly seed: number;
  /** Rows of each normal domain. */
  readonly rows?: number;
  /** Rows of each anomaly family. */
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

export const defaultRows = 2000;
export const defaultAnomalies = 600;

/**
 * Simulates all groups, normal domains first.
 *
 * @throws UnseenError option-invalid when the seed or a row count is not a whole number it can use
 */
export function simulate(options: SimulationOptions): SimulatedGroup[] {
  const { seed, rows = defaultRows, anomalies = defaultAnomalies } = options;
  if (!Number.isSafeInteger(seed)) {
    throw new UnseenError(
      "option-invalid",
      `The seed ${seed} is not a whole number.`,
      "Give a whole number such as 1.",
    );
  }
  for (const [what, count] of [
    ["rows", rows],
    ["anomalies", anomalies],
  ] as const) {
    if (!Number.isInteger(count) || count < 1 || count > 1_000_000) {
      throw new UnseenError(
        "option-invalid",
        `Cannot simulate ${count} ${what} per group.`,
        "Give a whole number from 1 to 1,000,000.",
      );
    }
  }
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
