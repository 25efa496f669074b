/** A run: several like packets, or several like gaps, known by their count, sum, sum of squares and maximum. */

import { gaussian } from "../../learn/draw.ts";
import { logNormal, type Random } from "./random.ts";

/** What a traffic model asks for: `count` values of the given mean and standard deviation `spread`. */
export interface Wanted {
  readonly count: number;
  readonly mean: number;
  readonly spread: number;
}

/** Realised values, as far as flow features need them. */
export interface Run {
  readonly count: number;
  readonly sum: number;
  /** Sum of squared values. */
  readonly squares: number;
  readonly max: number;
}

/** Up to this many values are drawn one by one; longer runs are drawn by their moments. */
const DRAWN_SINGLY = 12;

export const nothing: Run = { count: 0, sum: 0, squares: 0, max: 0 };

/** `count` equal values. */
export function constant(count: number, value: number): Run {
  return count < 1 ? nothing : { count, sum: count * value, squares: count * value * value, max: value };
}

/**
 * Whole values in [least, most] around a mean; log-normal, so the large ones stick out as in real traffic.
 * Long runs use the normal limit of the mean and the usual growth of a maximum with √(2 ln n).
 */
export function draw(random: Random, wanted: Wanted, least: number, most: number): Run {
  const { count, mean, spread } = wanted;
  if (count < 1) return nothing;
  if (spread <= 0) return constant(count, clamp(Math.round(mean), least, most));
  if (count <= DRAWN_SINGLY) {
    const variance = Math.log(1 + (spread / mean) ** 2);
    const median = mean * Math.exp(-variance / 2);
    const values = Array.from({ length: count }, () =>
      clamp(Math.round(logNormal(random, median, Math.sqrt(variance))), least, most),
    );
    return together(values.map((value) => constant(1, value)));
  }
  const average = clamp(mean + (spread / Math.sqrt(count)) * gaussian(random), least, most);
  const deviation = Math.max(0, spread * (1 + gaussian(random) / Math.sqrt(2 * count)));
  const reach = average + deviation * Math.sqrt(2 * Math.log(count)) * logNormal(random, 1, 0.1);
  const max = Math.round(clamp(reach, average, most));
  const sum = Math.round(count * average);
  // A bounded value cannot vary more than its bounds allow: Var ≤ (max − mean)(mean − least), Bhatia and Davis.
  const bound = (max - sum / count) * (sum / count - least);
  const square = Math.min(deviation ** 2, Math.max(0, bound));
  return { count, sum, squares: count * square + sum ** 2 / count, max };
}

/** Several runs as one. */
export function together(runs: readonly Run[]): Run {
  let [count, sum, squares, max] = [0, 0, 0, 0];
  for (const run of runs) {
    count += run.count;
    sum += run.sum;
    squares += run.squares;
    max = Math.max(max, run.max);
  }
  return { count, sum, squares, max };
}

export function meanOf(run: Run): number {
  return run.count === 0 ? 0 : run.sum / run.count;
}

/** Sample standard deviation; 0 for fewer than two values. */
export function deviationOf(run: Run): number {
  if (run.count < 2) return 0;
  const centred = Math.max(0, run.squares - run.sum ** 2 / run.count);
  // Below the rounding of the subtraction there is no variance to speak of.
  return centred < 1e-9 * run.squares ? 0 : Math.sqrt(centred / (run.count - 1));
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
