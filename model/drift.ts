/** Drift: how far recent rows are from the reference's, as population stability indices and a plain verdict. */
import { countsOf, type Reference } from "./reference.ts";
import type { Schema } from "./schema.ts";

/**
 * The usual reading of the index: below .1 nothing to see, from .25 on another population (Siddiqi, Credit Risk
 * Scorecards, 2006). With fewer rows than this the index of ten bins without drift may pass .1 by chance.
 */
const LIMITS = { watch: 0.1, drifted: 0.25, rows: 500, features: 0.1 } as const;

/** The normal quantile that one histogram in 10,000 passes: a hundred of them may be looked at every hour. */
const RARE = 3.719;

export type Verdict = "too few rows" | "stable" | "watch" | "drifted";

export interface FeatureDrift {
  readonly name: string;
  readonly psi: number;
  /** What the index hardly ever passes without drift, with as many rows on both sides and as many bins. */
  readonly chance: number;
  /** "too few rows" also where the index is over a limit, but not over what chance alone may make of it. */
  readonly verdict: Verdict;
}

export interface Drift {
  /** Rows compared with the reference's. */
  readonly rows: number;
  readonly referenceRows: number;
  /**
   * "drifted" where the score is or at least a tenth of the features are; "watch" where the score or any feature is
   * drifted or to be watched; "too few rows" below the limit, and where that is all there is to say of the score.
   */
  readonly verdict: Verdict;
  /** The verdict as a sentence, with what to do about it. */
  readonly meaning: string;
  readonly limits: typeof LIMITS;
  readonly score: Omit<FeatureDrift, "name">;
  /** The farthest first. */
  readonly features: readonly FeatureDrift[];
}

/**
 * Σ (p − q)·ln(p/q) over bins that have rows, of shares p now and q in the reference, half a row added to each so that
 * none is empty; 0 for equal shares. A bin that is empty on both sides tells nothing, but half a row of few and half a
 * row of many are different shares: dozens of such bins alone would pass every limit.
 */
export function stabilityIndex(reference: ArrayLike<number>, now: ArrayLike<number>): number {
  const filled = Array.from(reference, (_, i) => i).filter((i) => reference[i] > 0 || now[i] > 0);
  const total = (counts: ArrayLike<number>): number => filled.reduce((sum, i) => sum + counts[i] + 0.5, 0);
  const [before, after] = [total(reference), total(now)];
  let sum = 0;
  for (const i of filled) {
    const [q, p] = [(reference[i] + 0.5) / before, (now[i] + 0.5) / after];
    sum += (p - q) * Math.log(p / q);
  }
  return sum;
}

/**
 * The index that rows without drift pass once in 10,000 times: it is (1/n + 1/m) times a χ² of one degree of freedom less
 * than bins (Yurdakul, Statistical Properties of Population Stability Index, 2018), by Wilson and Hilferty's quantile.
 * A feature of sixty categories has .1 to .3 with 500 rows where nothing has changed.
 */
function chanceIndex(reference: ArrayLike<number>, now: ArrayLike<number>): number {
  const total = (counts: ArrayLike<number>): number => Array.from(counts).reduce((sum, count) => sum + count, 0) || 1;
  const filled = Array.from(reference).filter((count, i) => count > 0 || now[i] > 0).length;
  const freedom = Math.max(1, filled - 1);
  const spread = 2 / (9 * freedom);
  return (1 / total(reference) + 1 / total(now)) * freedom * (1 - spread + RARE * Math.sqrt(spread)) ** 3;
}

/**
 * Compares counts with a reference's.
 *
 * @param counts one a bin, as a Counter lays them out
 */
export function drift({ features }: Schema, reference: Reference, counts: ArrayLike<number>): Drift {
  const before = countsOf(reference);
  let at = 0;
  const indices = [reference.score, ...reference.features].map(({ counts: { length } }) => {
    const [then, now] = [before.slice(at, at + length), Array.from({ length }, (_, i) => counts[at + i])];
    at += length;
    return { psi: stabilityIndex(then, now), chance: chanceIndex(then, now) };
  });
  const rows = Array.from({ length: reference.score.counts.length }, (_, i) => counts[i]).reduce((a, b) => a + b, 0);
  const judged = (psi: number, chance: number): Verdict => {
    if (rows < LIMITS.rows || (psi >= LIMITS.watch && psi <= chance)) return "too few rows";
    return psi >= LIMITS.drifted ? "drifted" : psi >= LIMITS.watch ? "watch" : "stable";
  };
  const [score, ...ofFeatures] = indices.map(({ psi, chance }) => ({ psi, chance, verdict: judged(psi, chance) }));
  const named = ofFeatures.map((each, i) => ({ name: features[i].name, ...each })).sort((a, b) => b.psi - a.psi);
  const drifted = named.filter(({ verdict }) => verdict === "drifted").length;
  const columns = drifted >= Math.max(1, LIMITS.features * named.length);
  const far = score.verdict === "drifted" || columns;
  const unrest = [score, ...named].some(({ verdict }) => verdict === "watch" || verdict === "drifted");
  const verdict = far ? "drifted" : unrest ? "watch" : score.verdict;
  const meaning = verdict === "drifted" && !columns ? SCORE_ALONE : MEANINGS[verdict];
  return { rows, referenceRows: reference.rows, verdict, meaning, limits: LIMITS, score, features: named };
}

const MEANINGS: Readonly<Record<Verdict, string>> = {
  "too few rows": "By so few rows alone the index moves; no verdict yet.",
  stable: "The rows look like the normal ones the model was validated on.",
  watch: "Something has moved; false-positive budgets may be off before long. See which features, and look again.",
  drifted: "The rows are another population. Find out why; then set thresholds anew on normal rows, or train again.",
};
const SCORE_ALONE =
  "Scores have moved, but few features have: more anomalies than usual, or others. Look at flagged rows first.";
