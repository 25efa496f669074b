/** Why a target is missed: what the machine could do at the most, out of loops timed in the same run. */
import { OURS, PEERS } from "./contestants.ts";
import type { PeakName } from "./peak.ts";
import { lead, peakShare, type Results, timed } from "./results.ts";

type TierName = keyof typeof OURS;

const PEAK_OF = { f32: "mul + add", relaxed: "relaxed FMA", int16: "int16 dot + add" } as const satisfies Record<
  TierName,
  PeakName
>;

/** Microseconds a row that arithmetic takes where every instruction of it is as fast as in a loop of nothing else. */
function arithmetic({ operations, fixedOperations, peaks }: Results, tier: TierName): number {
  const rate = (name: PeakName): number => (peaks.get(name) ?? Number.NaN) * 1000;
  if (tier !== "int16") return operations / rate(PEAK_OF[tier]);
  return fixedOperations / rate("int16 dot + add") + (operations - fixedOperations) / rate("mul + add");
}

/** Microseconds that it takes to read all weights once, which a batch of one row has to. */
function reading({ operations, fixedOperations, peaks }: Results, tier: TierName): number {
  const weights = operations / 2;
  const bytes = tier === "int16" ? 4 * weights - fixedOperations : 4 * weights;
  return bytes / ((peaks.get("reading weights") ?? Number.NaN) * 1000);
}

/** Of a ratio to a peer. */
export function whyNotAhead(
  results: Results,
  batch: number,
  tier: TierName,
  peer: "web" | "node",
  must: number,
): string {
  const [products, weights] = [arithmetic(results, tier), batch === 1 ? reading(results, tier) : 0];
  const floor = Math.max(products, weights);
  const [theirs, ours] = [PEERS[peer], OURS[tier]].map((name) => timed(results, batch, 0, name)?.median ?? Number.NaN);
  const rest = results.beside.get(tier) ?? Number.NaN;
  const name = PEERS[peer].split(",")[0];
  const bound =
    weights > products
      ? `reading the weights once, by loads as wide as SIMD128 has them and from where kernels keep them, takes ${micros(weights)}`
      : `its products alone take ${micros(products)} at the peak`;
  const own = `${name} takes ${micros(theirs)} a row (${(results.operations / theirs / 1000).toFixed(1)} GFLOP/s), ours ${micros(ours)}; ${bound}`;
  const beside = `and LayerNorm and GELU, which have to wait for that, ${micros(rest)}`;
  const most = (least: number): string => (theirs / least).toFixed(2);
  if (theirs / floor < must)
    return `out of reach on this machine: ${own}, so that no kernel of this kind could be more than ${most(floor)} times as fast.`;
  if (theirs / (floor + rest) < must)
    return `out of reach on this machine: ${own}, ${beside}, so that no kernel of this kind could be more than ${most(floor + rest)} times as fast.`;
  return `${own}, ${beside}: together ${most(floor + rest)} times as fast, of which ${lead(results, batch, OURS[tier], PEERS[peer]).toFixed(2)} are reached.`;
}

/** Of the share of the peak. */
export function whyNotPeak(results: Results): string {
  const [products, rest] = [arithmetic(results, "relaxed"), results.beside.get("relaxed") ?? Number.NaN];
  const ours = timed(results, 256, 0, OURS.relaxed)?.minimum ?? Number.NaN;
  return `of ${micros(ours)} a row, the products would take ${micros(products)} at the peak, LayerNorm and GELU, which count as no operations, take ${micros(rest)}: without a moment lost the share would be ${(products / (products + rest)).toFixed(2)}, and it is ${peakShare(results, "relaxed").toFixed(2)}.`;
}

/** Of the cold start. */
export function whyNotCold({ cold }: Results, must: number): string {
  const [ours, peer] = ["unseen", "onnxruntime-web"].map((name) => cold.find((one) => one.name === name));
  const [all, again] = [peer?.total ?? Number.NaN, ours?.again ?? Number.NaN];
  const allowed = all / must;
  return `${again > allowed ? "out of reach on this machine: " : ""}onnxruntime-web is there in ${all.toFixed(0)} ms, so that ours would have ${allowed.toFixed(1)} ms. It takes ${ours?.total.toFixed(1)} ms, and ${again.toFixed(1)} ms once more in the same process, which differ by JavaScript and WebAssembly that V8 compiles when it is first run; of either, ${ours?.memory.toFixed(1)} ms pass until the system has handed out as much memory as the kernel holds.`;
}

function micros(value: number): string {
  return `${value.toFixed(1)} µs`;
}
