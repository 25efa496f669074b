/** The feature schema: which features a model reads and how each becomes numbers. Travels inside the artefact. */

/**
 * A number: missing → `impute`, then its signed log where it has one, then (x − center)/scale, clipped to ±clip.
 * `impute` is in the feature's own units; `center` and `scale` are after the signed log.
 */
export interface NumericFeature {
  readonly kind: "numeric";
  readonly name: string;
  readonly impute: number;
  /** false: none; true: sign(x)·ln(1 + |x|); otherwise the same of (x − origin)/unit. */
  readonly signedLog: boolean | LogUnit;
  readonly center: number;
  readonly scale: number;
  readonly clip: number;
}

/** Where a logged feature is counted from and in what, where 0 and 1 say nothing about it. */
export interface LogUnit {
  readonly origin: number;
  readonly unit: number;
}

/** What most are logged by. */
export const NATURAL: LogUnit = { origin: 0, unit: 1 };

/** One of a few values: one-hot over `values` and a last column "other" for anything else, missing included. */
export interface CategoricalFeature {
  readonly kind: "categorical";
  readonly name: string;
  readonly values: readonly string[];
}

/** True or false: missing → `impute` (share of true among normal training rows), then (x − center)/scale. */
export interface BooleanFeature {
  readonly kind: "boolean";
  readonly name: string;
  readonly impute: number;
  readonly center: number;
  readonly scale: number;
}

export type Feature = NumericFeature | CategoricalFeature | BooleanFeature;

export interface Schema {
  readonly features: readonly Feature[];
}

/** One row as callers give it: named values, or values in schema order. `null` means missing. */
export type Row = Readonly<Record<string, unknown>> | readonly unknown[];
