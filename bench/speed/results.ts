/** What one run of the bench measured, and the ratios that matter. */
import type { Artefact } from "../../model/artefact.ts";
import type { ColdStart } from "./cold-starts.ts";
import { OURS, PEERS } from "./contestants.ts";
import type { InWorkerd } from "./in-workerd.ts";
import { ratio, type Timed } from "./rounds.ts";
import type { Size } from "./sizes.ts";

export interface Results {
  readonly date: string;
  readonly rounds: number;
  /** The model of the default learner. */
  readonly learner: Artefact;
  /** Multiplications and additions of a row of the reference network. */
  readonly operations: number;
  /** Those of them that int16 does in fixed point. */
  readonly fixedOperations: number;
  /** Largest difference from the first one's scores: heat → name. */
  readonly differences: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Batch → heat → name. */
  readonly times: ReadonlyMap<number, ReadonlyMap<string, ReadonlyMap<string, Timed>>>;
  /** Of the loops of speed/peak.ts, by name: billions of operations, or bytes, a second. */
  readonly peaks: ReadonlyMap<string, number>;
  /** Of our builds on the reference network in blocks: microseconds a row of all that are no products, by tier. */
  readonly beside: ReadonlyMap<string, number>;
  readonly workerd: readonly InWorkerd[];
  readonly cold: readonly ColdStart[];
  readonly sizes: readonly Size[];
}

/** A time of a heat, counted from the first. */
export function timed({ times }: Results, batch: number, heat: number, name: string): Timed | undefined {
  return [...(times.get(batch)?.values() ?? [])][heat]?.get(name);
}

/** How many times as fast as a peer one of ours is on the reference network; NaN where one was not timed. */
export function lead(results: Results, batch: number, ours: string, peer: string): number {
  return ratio(timed(results, batch, 0, peer), timed(results, batch, 0, ours));
}

/** Share of the machine's SIMD peak that the reference network reaches at the largest batch, fastest rounds compared. */
export function peakShare(results: Results, kernel: "f32" | "relaxed"): number {
  const peak = results.peaks.get(kernel === "f32" ? "mul + add" : "relaxed FMA") ?? Number.NaN;
  const micros = timed(results, 256, 0, OURS[kernel])?.minimum ?? Number.NaN;
  return results.operations / micros / 1000 / peak;
}

export function coldRatio({ cold }: Results): number {
  const [ours, peer] = ["unseen", "onnxruntime-web"].map((name) => cold.find((one) => one.name === name)?.total);
  return (peer ?? Number.NaN) / (ours ?? Number.NaN);
}

/** Everything that does not depend on the machine's clock, as one flat object; what was not measured is left out. */
export function ratiosOf(results: Results): Record<string, number | string> {
  const all: Record<string, number | string> = { date: results.date };
  const put = (name: string, value: number): void => {
    if (Number.isFinite(value)) all[name] = Number.isInteger(value) ? value : Number(value.toPrecision(4));
  };
  for (const batch of results.times.keys()) {
    for (const [tier, ours] of Object.entries(OURS)) {
      for (const [peer, name] of Object.entries(PEERS))
        put(`${tier}/${peer}@${batch}`, lead(results, batch, ours, name));
      const time = (heat: number): Timed | undefined => timed(results, batch, heat, ours);
      put(`${tier} odin cost@${batch}`, ratio(time(1), time(0)));
      put(`${tier} default learner cost@${batch}`, ratio(time(2), time(0)));
    }
  }
  put("simd peak share@256", peakShare(results, "f32"));
  put("relaxed peak share@256", peakShare(results, "relaxed"));
  put("cold start/web", coldRatio(results));
  for (const { model, kernel, batch, overNode } of results.workerd) {
    put(`workerd over node, ${model}, ${kernel}@${batch}`, overNode);
  }
  for (const { key, bytes } of results.sizes) put(`${key} bytes`, bytes);
  return all;
}
