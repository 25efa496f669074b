/** Draws from the few distributions traffic models need, out of one pure-rand generator passed down. */

import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { type Draw, gaussian, unit } from "../../learn/draw.ts";

export type Random = Draw;

/** A generator of its own for `name`, so that adding a family leaves the rows of every other one as they were. */
export function randomFor(seed: number, name: string): Random {
  let hash = 0x811c9dc5; // FNV-1a, 32 bits
  for (const letter of `${seed}/${name}`) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  }
  const random = xoroshiro128plus(hash);
  for (let i = 0; i < 8; i++) random.next(); // neighbouring hashes start alike
  return random;
}

/** Uniform in (low, high); never exactly either end. */
export function uniform(random: Random, low: number, high: number): number {
  return low + (high - low) * unit(random);
}

export function chance(random: Random, probability: number): boolean {
  return unit(random) < probability;
}

/** Log-normal by its median and the standard deviation `sigma` of its logarithm. */
export function logNormal(random: Random, median: number, sigma: number): number {
  return median * Math.exp(sigma * gaussian(random));
}

/** A whole number ≥ `least`, geometric above it, with the given mean. */
export function geometric(random: Random, least: number, mean: number): number {
  const beyond = mean - least;
  if (beyond <= 0) return least;
  return least + Math.floor(Math.log(unit(random)) / Math.log(beyond / (1 + beyond)));
}

/** A whole number ≥ `least`, log-normal: counts whose size varies by orders of magnitude. */
export function heavyCount(random: Random, least: number, median: number, sigma: number): number {
  return Math.max(least, Math.round(logNormal(random, median, sigma)));
}

/** One of `choices`, each a value and its weight; weights need not sum to one. */
export function pick<T>(random: Random, choices: readonly (readonly [T, number])[]): T {
  let left = unit(random) * choices.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [value, weight] of choices) {
    left -= weight;
    if (left < 0) return value;
  }
  throw new RangeError("pick needs at least one choice of positive weight");
}

/** One of the names, by their weights. */
export function pickName<Name extends string>(random: Random, weights: Readonly<Record<Name, number>>): Name {
  return pick(random, Object.entries(weights) as [Name, number][]);
}
