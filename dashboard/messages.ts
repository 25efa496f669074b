/** What the page asks of the scoring thread, and what comes back by itself while rows are scored. */
import type { Artefact } from "../model/artefact.ts";
import type { Drift } from "../model/drift.ts";
import type { Cell, Explanation } from "../model/explain.ts";
import type { Columns } from "./columns.ts";

/** A model as the page shows it; weights stay with the thread. */
export type Opened = Pick<
  Artefact,
  "network" | "schema" | "temperature" | "epsilon" | "thresholds" | "training" | "evaluation"
>;

export interface Loaded {
  readonly rows: number;
  readonly columns: Columns;
  /** Name of this run of scores. */
  readonly run: number;
}

/** A row of the table of flagged rows. */
export interface FlaggedRow {
  readonly row: number;
  readonly score: number;
  /** Cells of the first columns that no feature reads. */
  readonly beside: readonly string[];
  /** The feature that raises the score most. */
  readonly reason: string;
}

/** Code of the fault that a load ends with where another has begun: nobody needs to be told. */
export const SUPERSEDED = "interrupted";

/** Calls answered one after another; a call that throws rejects with a Fault, as one that names rows of another run does. */
export interface Calls {
  /** Reads, checks and self-tests an artefact; where it cannot be used, the model and the rows of before stay. */
  open(bytes: ArrayBuffer): Opened;
  /** Example rows as CSV: those the artefact holds. */
  sample(): string;
  /** Reads a CSV and starts to score it; where it cannot be read, the rows of before stay. */
  load(source: string | Blob, fill: boolean): Promise<Loaded>;
  flagged(run: number, rows: readonly number[], beside: readonly string[]): FlaggedRow[];
  explain(run: number, row: number): Explanation;
  /** How far the rows scored so far are from the model's reference, which it must have; undefined without rows. */
  drift(): Drift | undefined;
  /** The CSV as given with score, anomaly, confidence and margin behind each row. */
  save(run: number, threshold: number): Blob;
  /** Rows as named values, as the service takes them. */
  instances(run: number, rows: readonly number[]): Record<string, Cell>[];
}

export interface Ask {
  readonly id: number;
  readonly call: keyof Calls;
  readonly args: readonly unknown[];
}

/** A fault with its remedy, as UnseenError has them. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly fault?: Fault;
}

/** Scores of a stretch of rows; NaN where a row could not be read. */
export interface Batch {
  readonly run: number;
  readonly first: number;
  readonly scores: Float32Array;
  /** Faults of this stretch: the first few, and how many. */
  readonly faults: readonly string[];
  readonly refused: number;
  readonly done: boolean;
}
