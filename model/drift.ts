/** Drift: how far the rows of late are from the reference's, as population stability indices and a plain verdict. */
import { countsOf, type Reference } from "./reference.ts";
import type { Schema } from "./schema.ts";

/**
 * The usual reading of the index: below .1 nothing to see, from .25 on another population (Siddiqi, Credit Risk
 * Scorecards, 2006). With fewer rows than this the index of rows without drift may pass .1 by chance.
 */
export const DRIFT_LIMITS = { watch: 0.1, drifted: 0.25, rows: 500, features: 0.1 } as const;

export type Verdict = "too few rows" | "stable" | "watch" | "drifted";

export interface FeatureDrift {
  readonly name: string;
  readonly psi: number;
  readonly verdict: Verdict;
}

export interface Drift {
  /** Rows compared with the reference's. */
  readonly rows: number;
  readonly referenceRows: number;
  /**
   * "drifted" where the score is or at least a tenth of the features are; "watch" where the score or any feature is not
   * stable; "too few rows" below the limit.
   */
  readonly verdict: Verdict;
  readonly limits: typeof DRIFT_LIMITS;
  readonly score: Omit<FeatureDrift, "name">;
  /** The farthest first. */
  readonly features: readonly FeatureDrift[];
}

/**
 * Σ (p − q)·ln(p/q) over bins, of shares p now and q in the reference, half a row added to every bin so that none is
 * empty; 0 for equal shares.
 */
export function stabilityIndex(reference: ArrayLike<number>, now: ArrayLike<number>): number {
  const total = (counts: ArrayLike<number>): number =>
    Array.from(counts).reduce((sum, count) => sum + count, 0.5 * counts.length);
  const [before, after] = [total(reference), total(now)];
  let sum = 0;
  for (let i = 0; i < reference.length; i++) {
    const [q, p] = [(reference[i] + 0.5) / before, (now[i] + 0.5) / after];
    sum += (p - q) * Math.log(p / q);
  }
  return sum;
}

/**
 * Compares counts with a reference's.
 *
 * @param counts one a bin, as a Counter lays them out
 */
export function drift(
  { features }: Schema,
  reference: Reference,
  counts: ArrayLike<number>,
  limits = DRIFT_LIMITS,
): Drift {
  const before = countsOf(reference);
  let at = 0;
  const indices = [reference.score, ...reference.features].map(({ counts: { length } }) => {
    const bins = Array.from({ length }, (_, i) => counts[at + i] ?? 0);
    const psi = stabilityIndex(before.slice(at, at + length), bins);
    at += length;
    return psi;
  });
  const rows = Array.from({ length: reference.score.counts.length }, (_, i) => counts[i]).reduce((a, b) => a + b, 0);
  const judged = (psi: number): Verdict => {
    if (rows < limits.rows) return "too few rows";
    return psi >= limits.drifted ? "drifted" : psi >= limits.watch ? "watch" : "stable";
  };
  const [score, ...ofFeatures] = indices.map((psi) => ({ psi, verdict: judged(psi) }));
  const named = ofFeatures.map((each, i) => ({ name: features[i].name, ...each })).sort((a, b) => b.psi - a.psi);
  const drifted = named.filter(({ verdict }) => verdict === "drifted").length;
  const far = score.verdict === "drifted" || drifted >= Math.max(1, limits.features * named.length);
  const unrest = [score, ...named].some(({ verdict }) => verdict === "watch" || verdict === "drifted");
  const verdict = rows < limits.rows ? "too few rows" : far ? "drifted" : unrest ? "watch" : "stable";
  return { rows, referenceRows: reference.rows, verdict, limits, score, features: named };
}
