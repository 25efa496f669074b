/**
 * Measures where a score's time goes, instruction by instruction, beside what the arithmetic alone would take; writes
 * docs/performance-stages.md.
 *
 *     node bench/stages.ts [--quick]
 */
import { writeFileSync } from "node:fs";
import type { Artefact } from "../model/artefact.ts";
import { inTier } from "../model/tier.ts";
import { defaultLearner } from "./default-learner.ts";
import { processor, today } from "./page-block.ts";
import { REFERENCE, referenceModel } from "./reference-network.ts";
import { peakLoops, type PeakName } from "./speed/peak.ts";
import { least, type Stage, stages } from "./speed/stage-times.ts";

const quick = process.argv.includes("--quick");
const ROUNDS = quick ? 30 : 200;
const BATCHES = [1, 64];

/** The most that the machine does of one kind of arithmetic, in billions of operations a second. */
async function ceiling(name: PeakName): Promise<number> {
  return Math.max(...(await peakLoops(name)).map(({ done, run }) => done / speed(run) / 1000));
}

/** Least microseconds of one run, once V8 has optimised it behind its back. */
function speed(work: () => number): number {
  for (const end = performance.now() + 500; performance.now() < end;) work();
  return least([work], ROUNDS)[0];
}

/** One line an operation: how many, microseconds a row, share of the whole, and billions of operations a second. */
function table(all: readonly Stage[]): string {
  const total = BATCHES.map((_, b) => all.reduce((sum, { micros }) => sum + micros[b], 0));
  const lines = [...new Set(all.map(({ operation }) => operation))].map((operation) => {
    const own = all.filter((stage) => stage.operation === operation);
    const flops = own.reduce((sum, stage) => sum + stage.flops, 0);
    const cells = BATCHES.flatMap((_, b) => {
      const micros = own.reduce((sum, stage) => sum + stage.micros[b], 0);
      const share = `${((100 * micros) / total[b]).toFixed(0)} %`;
      return [micros.toFixed(2), share, flops > 0 ? (flops / micros / 1000).toFixed(1) : ""];
    });
    return `| \`${operation}\` × ${own.length} | ${cells.join(" | ")} |`;
  });
  return [
    `| | ${BATCHES.map((batch) => `batch ${batch}: µs a row | share | GFLOP/s`).join(" | ")} |`,
    `|---|${BATCHES.map(() => "--:|--:|--:|").join("")}`,
    ...lines,
    `| all | ${total.map((micros) => `${micros.toFixed(2)} | | `).join(" | ")} |`,
  ].join("\n");
}

const reference = referenceModel();
const fixed = { ...reference, tensors: inTier(reference.tensors, REFERENCE, "int16") };
const learner: Artefact = await defaultLearner(REFERENCE.inputs, quick);
const [plain, relaxed] = [await ceiling("mul + add"), await ceiling("relaxed FMA")];
const sections = [
  ["Reference network, SIMD128", stages("score", reference, BATCHES, ROUNDS)],
  ["Reference network, relaxed SIMD", stages("score-relaxed", reference, BATCHES, ROUNDS)],
  ["Reference network, int16", stages("score", fixed, BATCHES, ROUNDS)],
  ["Default learner, SIMD128", stages("score", learner, BATCHES, ROUNDS)],
] as const;
const document = `# Where a score's time goes

Written by \`node bench/stages.ts${quick ? " --quick" : ""}\` on ${today()}: ${processor()}, Node ${process.versions.node}, one thread, the least of ${ROUNDS} rounds in turns. Every instruction is timed by itself, so its inputs lie nearer than in a whole score.

The kernel's tile on values that never leave the first-level cache does **${plain.toFixed(1)} GFLOP/s** here, where a product and its sum are two instructions; instructions that are both do **${relaxed.toFixed(1)} GFLOP/s** (relaxed SIMD). No order of loops in plain SIMD128 can be faster than the first: what the linear layers reach of it says what is left to gain. At batch 1 every weight is read once for one row, so that memory sets the pace, and int16 halves it.

${sections.map(([title, all]) => `## ${title}\n\n${table(all)}`).join("\n\n")}

## How it is laid out

- Weights lie in panels of 16 outputs; the panel is the outer loop and rows pass by in pairs, four vectors each, or by six and two vectors in the relaxed build, where a sum needs no second register; four steps of the inputs are written out, so that pointers move once in four, which counts most in workerd. One row alone takes two panels at a time, the first vector of every line some steps ahead of the others. The end of a matrix is done by the vectors it has. Sums run over the inputs in order, so a row gives the same bits alone and in any batch.
- GELU is max(x, 0) less what the tail of Φ takes away, a/p(a)¹⁶: no clamp on both sides and one division. LayerNorm sums in one pass, shifted by the row's first value, in four chains, a row ahead of what it makes of them.
- Trees with up to 32 leaves are not walked: each node rules out leaves by a mask, eight rows at once; a single row looks at nodes by column in order of threshold and stops at its value.
- Tails are sums of piecewise-linear functions of single columns, looked up: the interval of a value by comparing four knots at once, then one product.
- int16 multiplies pairs of 13-bit integers and adds them in 32 bits, eight products an instruction: [tiers.md](tiers.md). What sizes cost that are no multiples of anything: [performance-sweep.md](performance-sweep.md).
`;
writeFileSync(new URL("../docs/performance-stages.md", import.meta.url), document);
console.log(document);
