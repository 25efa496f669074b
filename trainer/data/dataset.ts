/** What a data set is once read: columns, and rows grouped into normal domains and anomaly families. */
import type { TrainingSummary } from "../../model/artefact.ts";

export type ColumnKind = "numeric" | "categorical" | "boolean";

export interface ColumnSpec {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** One column's values for some rows. Numeric and boolean: NaN is missing. Categorical: null is missing. */
export type Cells = Float64Array | (string | null)[];

/** Rows in columnar form, aligned with the data set's `columns`. */
export interface Rows {
  readonly count: number;
  readonly cells: readonly Cells[];
}

/** One normal domain or one anomaly family. */
export interface Group extends Rows {
  readonly name: string;
  readonly role: "normal" | "anomaly";
  /** The official side where the data set fixes one (train/ and test/ folders), else null. */
  readonly side: "train" | "test" | null;
  /** Per row, an index into `blockNames`: rows of one block (run, patient, stretch of time) stay together. */
  readonly block: Int32Array;
  readonly blockNames: readonly string[];
}

export interface Dataset {
  readonly name: string;
  readonly columns: readonly ColumnSpec[];
  readonly groups: readonly Group[];
  readonly files: readonly {
    readonly path: string;
    readonly sha256: string;
    readonly rows: number;
  }[];
  /** Remarks worth a line to the user: columns not used, infinite values, rows in several groups, … */
  readonly notes: readonly string[];
  /**
   * Other names users may call families by, where the data set gives them: a family's title, or a group of families
   * ("DoS") → the `name`s of anomaly groups it stands for.
   */
  readonly familyNames?: ReadonlyMap<string, readonly string[]>;
  /** Columns of a table that name its normal domains and blocks. */
  readonly roles?: TrainingSummary["data"]["roles"];
  /** Official side of blocks (patients) by name; it counts only when splitting by blocks. */
  readonly blockSides?: ReadonlyMap<string, "train" | "test">;
}
