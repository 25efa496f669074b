/** Means over seeds, data sets and families, and whether numbers rise or fall. */
import { mean, spreadOf } from "../report/frame.ts";
import { plusMinus } from "../report/section.ts";

/** What a figure was measured on. */
export interface Measured {
  readonly data: string;
  readonly seed: number;
}

/** One mean a seed, by seed: over data sets of the means over whatever was measured on each. */
export function seedMeans<T extends Measured>(rows: readonly T[], figure: (row: T) => number): number[] {
  const bySeed = Map.groupBy(rows, ({ seed }) => seed);
  return [...bySeed.keys()]
    .sort((a, b) => a - b)
    .flatMap((seed) => {
      const byData = Map.groupBy(bySeed.get(seed) ?? [], ({ data }) => data);
      const means = [...byData.values()].map((own) => mean(own.map(figure).filter(Number.isFinite)));
      const sound = means.filter(Number.isFinite);
      return sound.length > 0 ? [mean(sound)] : [];
    });
}

/** Mean over seeds of `seedMeans`; NaN of nothing. */
export function macroMean<T extends Measured>(rows: readonly T[], figure: (row: T) => number): number {
  return mean(seedMeans(rows, figure));
}

/** Standard error of the mean, s/√n; NaN of fewer than two. */
export function standardError(values: readonly number[]): number {
  return spreadOf(values).deviation / Math.sqrt(values.length);
}

/** Mean ± standard error over seeds, the latter where there is one. */
export function withError(values: readonly number[]): string {
  return plusMinus({ mean: mean(values), deviation: standardError(values) });
}

/** Smaller steps than what three decimals show are none. */
const LEVEL = 5e-4;

/** How a sequence goes, as a verb phrase: whether every step goes the same way, else where its ends lie. */
export function trendOf(values: readonly number[]): string {
  const steps = values.slice(1).map((value, i) => value - values[i]);
  const whole = values.length > 0 ? values[values.length - 1] - values[0] : 0;
  if (steps.every((step) => Math.abs(step) < LEVEL)) return "does not change";
  if (steps.every((step) => step > -LEVEL)) return steps.length > 1 ? "rises at every step" : "rises";
  if (steps.every((step) => step < LEVEL)) return steps.length > 1 ? "falls at every step" : "falls";
  if (Math.abs(whole) < LEVEL) return "rises and falls, and ends where it starts";
  return whole > 0 ? "rises, but not at every step" : "falls, but not at every step";
}

export function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : "–";
}

/** a, b and c. */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

/** The method that a finding is about: ours where it was measured, else the first. */
export function focusOf(methods: readonly string[]): string {
  return methods.find((name) => name === "unseen") ?? methods.find((name) => name === "paper") ?? methods[0] ?? "";
}
