/** docs/performance.md out of one run. */
import { cpus, loadavg } from "node:os";
import type { Artefact } from "../../model/artefact.ts";
import { weighedKinds } from "../../model/evidence.ts";
import { weightValues } from "../../model/tier.ts";
import { processor, versionsOf } from "../page-block.ts";
import { BATCHES, OURS, PEERS } from "./contestants.ts";
import type { Machine } from "./machines.ts";
import { lead, peakShare, type Results, timed } from "./results.ts";
import { ratio, type Timed } from "./rounds.ts";
import { targetsByMachine, targetTable } from "./targets.ts";

const PACKAGES = ["onnxruntime-web", "onnxruntime-node", "@tensorflow/tfjs-core", "assemblyscript", "wrangler"];

/** @param machines this one and others, with what their last runs reached */
export function page(results: Results, machines: readonly Machine[]): string {
  const { date, rounds, learner, operations, peaks, cold } = results;
  const versions = versionsOf(PACKAGES);
  const { families, normalRows } = learner.training;
  return `# Performance

Written by \`npm run bench\` on ${date}: ${processor()}, ${cpus().length} cores, Node ${process.versions.node} (V8 ${process.versions.v8}), ${versions}; one thread each. Load average ${loadavg()[2].toFixed(1)} over the last quarter of an hour: beyond 1 others were at work, and times are theirs as well.

Everybody scores the same rows with the same weights, exported by \`unseen export --onnx\`; outputs are compared first. Times are of ${rounds} interleaved rounds in one run; ratios are medians over rounds of the ratio within a round. Absolute times depend on the machine: compare the ratios.

![Microseconds a row](performance.svg)

## Targets

${targetTable(results)}

\`must\` and \`aim\` say which is reached. The same on each kind of machine that ran this, by its last run:

${targetsByMachine(results, machines)}

## Scoring

Microseconds a row, minimum / median; largest difference from the first line's scores over 256 rows.

${[...(results.times.get(1)?.keys() ?? [])].map((title, heat) => table(results, title, heat)).join("\n\n")}

The reference network is 77 → 256, 3 residual blocks, → 128 → 2 with random weights: 446 k of them, ${(operations / 1e6).toFixed(3)} MFLOP a row. The default learner's model has as many inputs (${families.length} families, ${normalRows} normal rows), as \`unseen train\` makes it. Its head weighs ${weighed(learner)}; neither ours nor the ONNX file works out what has no weight. Of it the two rows in a hundred that differ most are left out of the difference, since there rounding may decide which of two references is nearest ([onnx.md](onnx.md)).

| ours, times as fast as | ${BATCHES.map((batch) => `batch ${batch}`).join(" | ")} |
|---|${BATCHES.map(() => "--:|").join("")}
${Object.values(OURS)
  .flatMap((name) => Object.values(PEERS).map((other) => [name, other] as const))
  .filter(([name]) => timed(results, 1, 0, name))
  .map(
    ([name, other]) =>
      `| ${name} / ${other} | ${BATCHES.map((b) => fixed(lead(results, b, name, other))).join(" | ")} |`,
  )
  .join("\n")}

| what it costs, over the reference network | ${BATCHES.map((batch) => `batch ${batch}`).join(" | ")} |
|---|${BATCHES.map(() => "--:|").join("")}
${(["f32", "relaxed", "int16"] as const)
  .filter((tier) => timed(results, 1, 1, OURS[tier]))
  .flatMap((tier) => [
    costs(results, OURS[tier], "the ODIN step", 1),
    costs(results, OURS[tier], "the default learner", 2),
  ])
  .join("\n")}

## Against the machine

Loops of nothing but arithmetic, as chains in registers or as the kernel's own tile on values in the first-level cache, whichever is faster, compiled like the kernel and timed in the same run: ${peaksWritten(peaks)}. At batch 256 the reference network reaches ${percent(peakShare(results, "f32"))} of the first without and ${percent(peakShare(results, "relaxed"))} of the second with relaxed SIMD (fastest rounds).

## In workerd

The kernel inside workerd: a Worker scores some thousand rows a request, timed from outside less an empty request, in turns with Node. workerd runs WebAssembly with explicit bounds checks, which costs the difference. Deployed, a network in f32 such as the reference network is scored by relaxed SIMD, a default learner's model never ([tiers.md](tiers.md#plain-and-relaxed-simd)).

| | batch | µs a row, median | over Node |
|---|--:|--:|--:|
${results.workerd.map(({ model, kernel, batch, micros, overNode }) => `| ${model}, ${kernel} | ${batch} | ${micros.toFixed(1)} | ${overNode.toFixed(2)} |`).join("\n")}

## Cold start

From the bytes of kernel and model to the first score, each in a process of its own, JavaScript loaded before: median milliseconds.

| | ${cold.map(({ name }) => name).join(" | ")} |
|---|${cold.map(() => "--:|").join("")}
${steps(cold)}
| all | ${cold.map(({ total }) => total.toFixed(1)).join(" | ")} |
| once more in the same process | ${cold.map(({ again }) => (again > 0 ? again.toFixed(1) : "")).join(" | ")} |

Ours includes every check of the file and the self-test on golden rows, as an isolate does them. Weights are searched, packed and laid out by the kernel, which is compiled in one quick pass; a loop over all of them in JavaScript would be interpreted, and then waited for while V8 compiles it.

## Sizes

| | bytes | gzipped |
|---|--:|--:|
${results.sizes.map(({ title, bytes, gzip }) => `| ${title} | ${bytes.toLocaleString("en")} | ${gzip?.toLocaleString("en") ?? ""} |`).join("\n")}
`;
}

/** Kinds of evidence that the head of a model gives weight. */
function weighed({ tensors }: Artefact): string {
  return weighedKinds(weightValues(tensors, "head.w")).join(", ");
}

function table(results: Results, title: string, heat: number): string {
  const names = [...(results.times.get(1)?.get(title)?.keys() ?? [])];
  const lines = names.map((name) => {
    const cells = BATCHES.map((batch) => cell(timed(results, batch, heat, name)));
    const difference = results.differences.get(title)?.get(name) ?? 0;
    return `| ${name} | ${cells.join(" | ")} | ${difference === 0 ? "" : difference.toExponential(1)} |`;
  });
  const head = `| ${title} | ${BATCHES.map((batch) => `batch ${batch}`).join(" | ")} | difference |`;
  return [head, `|---|${BATCHES.map(() => "--:|").join("")}--:|`, ...lines].join("\n");
}

function cell(time: Timed | undefined): string {
  return time ? `${time.minimum.toFixed(1)} / ${time.median.toFixed(1)}` : "";
}

function costs(results: Results, name: string, what: string, heat: number): string {
  const cells = BATCHES.map((batch) => fixed(ratio(timed(results, batch, heat, name), timed(results, batch, 0, name))));
  return `| ${what}, ${name.slice("unseen, ".length)} | ${cells.join(" | ")} |`;
}

function steps(cold: Results["cold"]): string {
  const names = [...new Set(cold.flatMap((one) => Object.keys(one.steps)))];
  return names
    .toSorted((a, b) => Number(a === "first score") - Number(b === "first score"))
    .map((name) => `| ${name} | ${cold.map((one) => one.steps[name]?.toFixed(1) ?? "").join(" | ")} |`)
    .join("\n");
}

function peaksWritten(peaks: Results["peaks"]): string {
  const unit = (name: string): string =>
    name === "reading weights" ? "GB/s" : name.startsWith("int16") ? "GOP/s" : "GFLOP/s";
  return [...peaks].map(([name, value]) => `${value.toFixed(1)} ${unit(name)} ${name}`).join(", ");
}

const fixed = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : "–");
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
