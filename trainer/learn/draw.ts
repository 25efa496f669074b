/** Random draws for learning: one generator per purpose, so that resuming needs no generator state. */
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

export type Draw = RandomGenerator;

/** A generator for step `index` of a run with this seed; neighbouring indices give unrelated streams. */
export function drawFor(seed: number, index: number): Draw {
  const mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35);
  const draw = xoroshiro128plus(mixed);
  for (let i = 0; i < 8; i++) draw.next();
  return draw;
}

/** Uniform in (0, 1). */
export function unit(draw: Draw): number {
  return ((draw.next() >>> 0) + 0.5) / 2 ** 32;
}

/** A whole number in [0, n). */
export function below(draw: Draw, n: number): number {
  return Math.floor(unit(draw) * n);
}

/** Standard normal, by Box and Muller. */
export function gaussian(draw: Draw): number {
  return Math.sqrt(-2 * Math.log(unit(draw))) * Math.cos(2 * Math.PI * unit(draw));
}

/** The items in random order (Fisher and Yates), copied. */
export function shuffled<T>(draw: Draw, items: readonly T[]): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = below(draw, i + 1);
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}
