/** Bounded load on loopback: a few connections that ask as soon as they are answered, the servers in turns. */
import { readFileSync } from "node:fs";
import autocannon from "autocannon";
import { median } from "../speed/rounds.ts";
import type { Server } from "./servers.ts";

/** Connections that ask at the same time. */
export const CONNECTIONS = 16;
const SAMPLE_MS = 50;
/** Ticks of /proc's clocks a second. */
const TICKS = 100;

export interface Load {
  readonly name: string;
  /** Requests answered a second, median over rounds. */
  readonly rate: number;
  readonly rates: readonly number[];
  /** Milliseconds of processor time a request, median over rounds, all threads of the server: other load counts little. */
  readonly cpu: number;
  readonly cpus: readonly number[];
  /** Milliseconds of half and of 99 in 100 of the requests, medians over rounds. */
  readonly p50: number;
  readonly p99: number;
}

/** What is asked of a server. */
export interface Asked extends Server {
  readonly type: string;
  readonly body: string | Buffer;
}

/** How long everybody is asked: a round to warm up, in which V8 compiles beside, and those that count. */
export interface Rounds {
  readonly seconds: number;
  readonly rounds: number;
}

/**
 * Every server for some seconds in every round.
 *
 * @throws Error where one answer is not 200
 */
export async function load(asked: readonly Asked[], { seconds, rounds }: Rounds): Promise<Load[]> {
  const taken = new Map(asked.map(({ name }) => [name, [] as autocannon.Result[]]));
  const cpus = new Map(asked.map(({ name }) => [name, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const { name, url, pid, type, body } of asked) {
      const before = processorTime(pid);
      const result = await autocannon({
        url,
        method: "POST",
        body,
        headers: { "content-type": type },
        connections: CONNECTIONS,
        duration: seconds,
        sampleInt: SAMPLE_MS,
      });
      if (result.errors > 0 || result.non2xx > 0) {
        throw new Error(`${name}: ${result.errors} errors, ${result.non2xx} answers other than 200`);
      }
      if (round < 0) continue;
      taken.get(name)?.push(result);
      cpus.get(name)?.push((processorTime(pid) - before) / result.requests.total);
    }
  }
  return [...taken].map(([name, results]) => {
    const rates = results.map((one) => one.requests.total / one.duration);
    return {
      name,
      rate: median(rates),
      rates,
      cpu: median(cpus.get(name) ?? []),
      cpus: cpus.get(name) ?? [],
      p50: median(results.map((one) => one.latency.p50)),
      p99: median(results.map((one) => one.latency.p99)),
    };
  });
}

/** Median over rounds of one server's requests a second over another's. */
export function rateRatio(loads: readonly Load[], name: string, over: string): number {
  return ratio(loads, name, over, ({ rates }) => rates);
}

/** Median over rounds of another server's processor time a request over one's. */
export function cpuRatio(loads: readonly Load[], name: string, over: string): number {
  return 1 / ratio(loads, name, over, ({ cpus }) => cpus);
}

function ratio(loads: readonly Load[], name: string, over: string, of: (one: Load) => readonly number[]): number {
  const series = (wanted: string): readonly number[] => loads.flatMap((one) => (one.name === wanted ? of(one) : []));
  const others = series(over);
  return median(series(name).map((value, i) => value / others[i]));
}

/** Milliseconds of processor time of a process and its threads so far; NaN without /proc. */
export function processorTime(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [user, system] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13);
    return ((Number(user) + Number(system)) * 1000) / TICKS;
  } catch {
    return Number.NaN;
  }
}
