/** Thresholds for false-positive budgets. */
import { logit, sigmoid } from "./calibrate.ts";

/** Scores that say how the tail falls, at the most. */
const TAIL = 5;

/**
 * The threshold for a false-positive budget, from scores of normal rows training has not fitted: the smallest score
 * above the k-th largest, k = ⌊budget·(n + 1)⌋, so that a new normal row is flagged with probability at most the
 * budget (split-conformal; Vovk et al. 2005). With too few rows for the budget it lies beyond all of them, as far as
 * their largest say that the tail reaches.
 *
 * @param probability whether scores are probabilities, whose tails are those of log odds
 * @returns where normal scores reach 1, a number above it: who stores thresholds in [0, 1] takes 1
 */
export function budgetThreshold(normal: ArrayLike<number>, budget: number, probability = true): number {
  const scores = Float64Array.from(normal).sort();
  if (scores.length === 0 || scores.some(Number.isNaN)) throw new RangeError("scores must be numbers, at least one");
  const next = normal instanceof Float64Array ? nextDouble : nextFloat;
  const k = Math.floor(budget * (scores.length + 1));
  if (k === 0) {
    const beyond = probability ? sigmoid(beyondAll(scores.map(logit), budget)) : beyondAll(scores, budget);
    return Math.max(next(scores[scores.length - 1]), beyond);
  }
  const limit = scores[scores.length - k];
  // Ties with rows beyond the budget would all be flagged: step above them.
  return k < scores.length && scores[scores.length - k - 1] === limit ? next(limit) : limit;
}

/**
 * The score that a new row exceeds with probability `budget`, less than 1/(n + 1), where scores beyond u, the (m + 1)-th
 * largest of n, fall off exponentially: a new row passes u with probability (m + 1)/(n + 1), and u + x, then, with
 * (1 + x/S)^−m, S being the sum of the m excesses over u (one exponential variable against the sum of m).
 *
 * @param scores rising
 * @see Coles: An introduction to statistical modeling of extreme values, 2001, for peaks over a threshold
 */
function beyondAll(scores: Float64Array, budget: number): number {
  const n = scores.length;
  const m = Math.min(TAIL, n - 1);
  const u = scores[n - 1 - m];
  if (m === 0) return u;
  let excesses = 0;
  for (let i = n - m; i < n; i++) excesses += scores[i] - u;
  return u + excesses * (((budget * (n + 1)) / (m + 1)) ** (-1 / m) - 1);
}

/** Normal rows that show a budget at least; with fewer its threshold is extrapolated. */
export function rowsFor(budget: number): number {
  return Math.ceil(1 / budget) - 1;
}

/** The next f32 above a finite f32. */
function nextFloat(value: number): number {
  const bits = new DataView(new ArrayBuffer(4));
  // Adding 0 turns −0 into 0; the bits of negative numbers fall as the numbers rise.
  bits.setFloat32(0, value + 0);
  bits.setInt32(0, bits.getInt32(0) + (value < 0 ? -1 : 1));
  return bits.getFloat32(0);
}

/** The next f64 above a finite one. */
function nextDouble(value: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value + 0);
  bits.setBigInt64(0, bits.getBigInt64(0) + (value < 0 ? -1n : 1n));
  return bits.getFloat64(0);
}
