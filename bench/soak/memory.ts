/** Resident memory of a process over time, out of /proc. */
import { readFileSync } from "node:fs";
import { median } from "../speed/rounds.ts";

export interface Sample {
  readonly seconds: number;
  readonly mebibytes: number;
}

export interface Watch {
  readonly samples: readonly Sample[];
  stop(): void;
}

/** Samples VmRSS twice a second; empty where there is no /proc. */
export function watchMemory(pid: number): Watch {
  const samples: Sample[] = [];
  const start = performance.now();
  const sample = (): void => {
    try {
      const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      samples.push({ seconds: (performance.now() - start) / 1000, mebibytes: Number(kibibytes) / 1024 });
    } catch {
      // The process has ended, or the system has no /proc.
    }
  };
  sample();
  const timer = setInterval(sample, 500);
  return { samples, stop: () => clearInterval(timer) };
}

/** Median of the samples between two shares of the time. */
export function medianBetween(samples: readonly Sample[], from: number, to: number): number {
  const last = samples.at(-1)?.seconds ?? 0;
  const within = samples.filter(({ seconds }) => seconds >= from * last && seconds <= to * last);
  return median(within.map(({ mebibytes }) => mebibytes));
}
