/** One line of a results file: what was measured, on what, and at what price. */
import type { BenchmarkSplit } from "./cell.ts";

/** What lines that may be compared with each other have in common. */
export interface Setting {
  readonly split: BenchmarkSplit;
  /** Labels per seen family, support and validation together. */
  readonly shots: number;
  /** Families held out at a time. */
  readonly holdOutK: number;
  /** Lifts the caps on families and rows. */
  readonly full: boolean;
  /** Normal training rows at the most, where not as many as the cap allows. */
  readonly normalRows?: number;
  /** Splits the training side once more, as if it were all there is: what it says, choices may be made by. */
  readonly nested?: boolean;
}

/** What makes a line one of a kind: a results file holds it once. */
export interface LineKey extends Setting {
  readonly data: string;
  /** The family, or group of families, this line is about. */
  readonly family: string;
  readonly method: string;
  readonly seed: number;
}

/** Decisions `score ≥ threshold` on test rows, normal and anomalous ones weighing half each. */
export interface AtThreshold {
  readonly threshold: number;
  readonly recall: number;
  readonly falsePositiveRate: number;
}

/** Of the confidence, normal test rows and anomalous ones weighing half each. */
export interface ConfidenceError {
  readonly ece: number;
  readonly brier: number;
}

export interface Figures {
  readonly aucRoc: number;
  readonly averagePrecision: { readonly balanced: number; readonly natural: number };
  /** At τ*, the best F1 on validation rows of seen families; at the 1 % budget where there is no such row. */
  readonly atF1: AtThreshold & { readonly precision: number; readonly f1: number; readonly accuracy: number };
  /** By false-positive budget: "0.001", "0.01" and "0.05". */
  readonly budgets: Readonly<Record<string, AtThreshold>>;
  /** Null where there is nothing to calibrate or measure on. */
  readonly confidence: { readonly unseen: ConfidenceError | null; readonly seen: ConfidenceError | null };
  /** [false-positive rate, recall] from the strictest threshold to the laxest, at most 40 points. */
  readonly curve: readonly (readonly [number, number])[];
  /** Test rows by confidence, 20 equal bins over [0, 1]. Null where there is no confidence. */
  readonly histogram: { readonly normal: readonly number[]; readonly anomalous: readonly number[] } | null;
}

export interface ResultLine extends LineKey, Figures {
  /** All families kept out of fitting for this line. */
  readonly heldOut: readonly string[];
  /** The normal domain kept out of fitting, where one was. */
  readonly domain: string | null;
  /** Labelled anomalies used for fitting and selection, and for anything (thresholds and calibration besides). */
  readonly labels: { readonly fit: number; readonly all: number };
  readonly rows: {
    readonly train: number;
    readonly validation: number;
    readonly normal: number;
    readonly anomalous: number;
    readonly seen: number;
  };
  readonly fitSeconds: number;
  readonly microsecondsPerRow: number;
  readonly bytes: number;
}

/** The setting of a line or of a task, and nothing else of it. */
export function settingOf({ split, shots, holdOutK, full, normalRows, nested }: Setting): Setting {
  return {
    split,
    shots,
    holdOutK,
    full,
    ...(normalRows === undefined ? {} : { normalRows }),
    ...(nested ? { nested } : {}),
  };
}

/** The key as a text. */
export function keyOf(line: LineKey): string {
  const { data, family, method, seed } = line;
  return JSON.stringify([settingOf(line), data, family, method, seed]);
}
