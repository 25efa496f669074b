/** What the kernel has to reach, beside what it reached. */
import { OURS, PEERS } from "./contestants.ts";
import { whyNotAhead, whyNotCold, whyNotPeak } from "./limits.ts";
import { type Machine, machineTable, shown } from "./machines.ts";
import { coldRatio, lead, peakShare, type Results } from "./results.ts";

interface Target {
  readonly title: string;
  /** Its ratio's name, where it depends on the machine. */
  readonly ratio?: string;
  readonly must: number;
  readonly aim: number | undefined;
  readonly reached: number;
  /** Whether less is better, as with sizes. */
  readonly atMost?: boolean;
  /** What stands in the way where it is missed. */
  readonly why?: () => string;
}

function targets(results: Results): Target[] {
  const kib = (key: string, gzip = false): number => {
    const size = results.sizes.find((one) => one.key === key);
    return ((gzip ? size?.gzip : size?.bytes) ?? Number.NaN) / 1024;
  };
  const row = (batch: number, tier: keyof typeof OURS, peer: "web" | "node", must: number, aim?: number): Target => ({
    title: `batch ${batch}, ${OURS[tier].slice("unseen, ".length)}, over ${PEERS[peer].split(",")[0]}`,
    ratio: `${tier}/${peer}@${batch}`,
    must,
    aim,
    reached: lead(results, batch, OURS[tier], PEERS[peer]),
    why: () => whyNotAhead(results, batch, tier, peer, must),
  });
  return [
    row(1, "f32", "web", 3.5, 4),
    row(1, "relaxed", "web", 3.5, 4),
    row(1, "f32", "node", 3, 3.5),
    row(1, "relaxed", "node", 3, 3.5),
    row(1, "int16", "web", 5.5, 6),
    row(256, "f32", "web", 2.6, 3),
    row(256, "relaxed", "web", 3.2, 3.5),
    row(256, "int16", "web", 4.3, 4.5),
    row(256, "f32", "node", 0.6),
    row(256, "relaxed", "node", 0.75, 0.8),
    row(256, "int16", "node", 1, 1.1),
    {
      title: "share of the SIMD128 peak, batch 256, relaxed over FMA",
      ratio: "relaxed peak share@256",
      must: 0.85,
      aim: 0.9,
      reached: peakShare(results, "relaxed"),
      why: () => whyNotPeak(results),
    },
    {
      title: "cold start, over onnxruntime-web",
      ratio: "cold start/web",
      must: 90,
      aim: 100,
      reached: coldRatio(results),
      why: () => whyNotCold(results, 90),
    },
    { title: "score.wasm, KiB", must: 16, aim: 12, reached: kib("score.wasm"), atMost: true },
    { title: "Worker, KiB gzipped", must: 200, aim: 120, reached: kib("worker", true), atMost: true },
  ];
}

/** The targets that depend on the machine, on each of some. */
export function targetsByMachine(results: Results, machines: readonly Machine[]): string {
  return machineTable(
    targets(results).flatMap(({ title, must, ratio }) => (ratio === undefined ? [] : [{ title, must, ratio }])),
    machines,
  );
}

function isMet({ reached, atMost }: Target, wanted: number): boolean {
  return atMost ? reached <= wanted : reached >= wanted;
}

/** The targets as a Markdown table, and for each that is missed a line that says why. */
export function targetTable(results: Results): string {
  const all = targets(results);
  const lines = all.map((target) => {
    const { title, must, aim, reached } = target;
    const measured = Number.isFinite(reached);
    const verdict = !measured
      ? "not measured"
      : isMet(target, aim ?? must)
        ? "aim"
        : isMet(target, must)
          ? "must"
          : "no";
    return `| ${title} | ${must} | ${aim ?? "–"} | ${shown(reached)} | ${verdict} |`;
  });
  const missed = all.filter((target) => Number.isFinite(target.reached) && !isMet(target, target.must));
  const reasons = missed.flatMap(({ title, why }) => (why ? [`- ${title}: ${why()}`] : []));
  const why = reasons.length > 0 ? ["", "Why not, by what was measured in the same run:", "", ...reasons] : [];
  return ["| | must | aim | reached | |", "|---|--:|--:|--:|---|", ...lines, ...why].join("\n");
}
