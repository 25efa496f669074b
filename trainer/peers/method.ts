/** What a method of the benchmark is: something fitted on the training side alone that scores encoded rows. */
import type { Thresholds } from "../../model/artefact.ts";
import type { Schema } from "../../model/schema.ts";
import { encodeRows, type Matrix } from "../data/matrix.ts";
import type { Rows } from "../data/dataset.ts";
import type { FitData } from "../data/split.ts";

/** Encoded rows to fit on, without the data set behind them. */
export interface EncodedSide {
  /** Inputs of a row. */
  readonly width: number;
  /** Normal domains with at least one training row; validation rows may be none. */
  readonly normal: readonly { readonly domain: string; readonly train: Matrix; readonly validation: Matrix }[];
  /** Seen families with at least one label; validation labels may be none. */
  readonly seen: readonly {
    readonly family: string;
    /** The group of families it belongs to, else its own name. */
    readonly kin: string;
    readonly support: Matrix;
    readonly validation: Matrix;
  }[];
  readonly seed: number;
}

/** The training side, encoded: made from a FitData, which cannot hold a held-out row. */
export interface TrainingSide extends EncodedSide {
  readonly fit: FitData;
  readonly schema: Schema;
}

/** A method after fitting. */
export interface Fitted {
  /** One score a row, higher for what looks more anomalous; finite. With `probability`, in [0, 1]. */
  score(rows: Matrix): Float32Array | Float64Array;
  /** Whether a score is meant as the probability of an anomaly; else the benchmark calibrates it (Platt). */
  readonly probability?: boolean;
  /** Thresholds it comes with; else the benchmark sets them by its scores of validation rows. */
  readonly thresholds?: Thresholds;
  /** Bytes to keep for scoring, 4 a number. */
  readonly bytes: number;
}

export interface Method {
  /** As on the command line: lower case with dashes. */
  readonly name: string;
  /** As in tables. */
  readonly title: string;
  /** Authors, title, year. */
  readonly source: string;
  readonly group: "practice" | "paper" | "foundation" | "ours";
  /** Whether labelled anomalies are used; without, one fit serves every held-out family. */
  readonly labels: boolean;
  fit(side: TrainingSide): Fitted | Promise<Fitted>;
}

/** Encodes a training side under the schema fitted to its normal training rows. */
export function trainingSide(fit: FitData, schema: Schema, seed: number): TrainingSide {
  const encode = (rows: Rows): Matrix => encodeRows(schema, fit.columns, rows);
  const normal = fit.normal.map(({ domain, train, validation }) => ({
    domain,
    train: encode(train),
    validation: encode(validation),
  }));
  const seen = fit.seen.map(({ family, kin, support, validation }) => ({
    family,
    kin,
    support: encode(support),
    validation: encode(validation),
  }));
  return { fit, schema, width: normal[0].train.cols, normal, seen, seed };
}
