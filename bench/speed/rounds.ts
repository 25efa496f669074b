/** Interleaved timing: everybody once a round, so that what else the machine does falls on all alike. */

import { setTimeout as sleep } from "node:timers/promises";

/** Scores some rows; what it takes to be ready has been done before. */
export type Work = (rows: number) => ArrayLike<number> | number | Promise<ArrayLike<number>>;

export interface Timed {
  readonly minimum: number;
  readonly median: number;
  /** Microseconds a row in every round. */
  readonly rounds: readonly number[];
}

/**
 * At least so long does one measurement take, or one call where a call takes longer: so long that it does not matter how
 * far the others have driven one's weights from the caches, which takes a tenth of a millisecond to mend.
 */
const MEASURE_MS = 24;
const WARM_MS = 50;

/** Microseconds a row of each work, by name, at one batch size. */
export async function timeRounds(
  works: ReadonlyMap<string, Work>,
  batch: number,
  rounds: number,
): Promise<Map<string, Timed>> {
  const calls = new Map<string, number>();
  for (const [name, work] of works) {
    await warmUp(work, batch);
    const few = 3;
    calls.set(name, Math.max(1, Math.round((MEASURE_MS * few) / (await run(work, batch, few)))));
  }
  const micros = new Map([...works.keys()].map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, work] of works) {
      const times = calls.get(name) ?? 1;
      micros.get(name)?.push(((await run(work, batch, times)) * 1000) / (times * batch));
    }
  }
  return new Map(
    [...micros].map(([name, all]) => [name, { minimum: Math.min(...all), median: median(all), rounds: all }]),
  );
}

/** Median over rounds of how many times as long `slow` took as `fast` in the same round. */
export function ratio(slow: Timed | undefined, fast: Timed | undefined): number {
  if (!slow || !fast) return Number.NaN;
  return median(slow.rounds.map((micros, i) => micros / fast.rounds[i]));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** V8 compiles what is called often, not what loops for long, and does so beside: call, wait, call. */
async function warmUp(work: Work, batch: number): Promise<void> {
  for (let time = 0; time < 2; time++) {
    const start = performance.now();
    for (let i = 0; i < 3 || (i < 1000 && performance.now() - start < WARM_MS); i++) await run(work, batch, 1);
    await sleep(WARM_MS / 2);
  }
}

/** Milliseconds of some calls; only what answers later is waited for. */
async function run(work: Work, batch: number, times: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < times; i++) {
    const pending = work(batch);
    if (pending instanceof Promise) await pending;
  }
  return performance.now() - start;
}
