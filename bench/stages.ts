/**
 * Measures where a score's time goes, instruction by instruction, beside what the arithmetic alone would take; writes
 * docs/performance-stages.md.
 *
 *     node bench/stages.ts [--quick]
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { compileString } from "assemblyscript/asc";
import { type Artefact, type NetworkShape, type Tensor } from "../model/artefact.ts";
import { type Instruction, Kernel, type Operation } from "../model/kernel.ts";
import { openNetwork } from "../model/open.ts";
import { Tape } from "../model/tape.ts";
import { inTier } from "../model/tier.ts";
import { drawFor, unit } from "../trainer/learn/draw.ts";
import { builtModule } from "../trainer/learn/engine.ts";
import { defaultLearner } from "./default-learner.ts";
import { REFERENCE, referenceModel } from "./reference-network.ts";
import { gigaflops, peak } from "./speed/peak.ts";

const quick = process.argv.includes("--quick");
const ROUNDS = quick ? 30 : 200;
/** Microseconds one measurement takes at least: short ones fit between what else the machine does. */
const LEAST = 300;
const BATCHES = [1, 64];
/** No layer of the models measured here is wider. */
const WIDEST = 1024;

/**
 * The kernel's own tile, two rows by four vectors, with every operand but the broadcasts in a register: what the machine
 * can do where a product and its sum are two instructions.
 */
const TILE = `
memory.data(2048);
export function run(turns: i32): f32 {
  ${["w0", "w1", "w2", "w3"].map((w, i) => `const ${w} = v128.load(${16 * i}, 512);`).join(" ")}
  ${Array.from({ length: 8 }, (_, i) => `let a${i} = v128.load(${16 * i}, 640);`).join(" ")}
  for (let i = 0; i < turns; i++) {
    const x = v128.load32_splat((i & 63) << 2); const y = v128.load32_splat((i & 63) << 2, 256);
    ${Array.from({ length: 8 }, (_, i) => `a${i} = f32x4.add(f32x4.mul(${i < 4 ? "x" : "y"}, w${i % 4}), a${i});`).join(" ")}
  }
  ${[1, 2, 3, 4, 5, 6, 7].map((i) => `a0 = f32x4.add(a0, a${i});`).join(" ")}
  return f32x4.extract_lane(a0, 0);
}`;

async function tileCeiling(): Promise<number> {
  const { binary, stderr } = await compileString(TILE, {
    optimizeLevel: 3,
    runtime: "stub",
    enable: ["simd"],
    use: ["abort="],
  });
  if (!binary) throw new Error(`the loop does not compile: ${stderr}`);
  const { run } = new WebAssembly.Instance(new WebAssembly.Module(binary.slice()), {}).exports;
  const turns = 2000;
  return (turns * 8 * 4 * 2) / speed(() => (run as (turns: number) => number)(turns)) / 1000;
}

/** Least microseconds of one run, once V8 has optimised it behind its back. */
function speed(work: () => number): number {
  for (const end = performance.now() + 500; performance.now() < end;) work();
  return least([work])[0];
}

/** Least microseconds of one run of each, taken in turns. */
function least(works: readonly (() => unknown)[]): number[] {
  const timed = (work: () => unknown, times: number): number => {
    const start = performance.now();
    for (let i = 0; i < times; i++) work();
    return (1000 * (performance.now() - start)) / times;
  };
  for (const work of works) for (let i = 0; i < 50; i++) timed(work, 4);
  const times = works.map((work) => Math.max(1, Math.ceil(LEAST / timed(work, 4))));
  const best = works.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, work] of works.entries()) best[i] = Math.min(best[i], timed(work, times[i]));
  }
  return best;
}

interface Stage {
  readonly operation: Operation;
  readonly flops: number;
  /** Microseconds a row for each of BATCHES. */
  readonly micros: readonly number[];
}

function stages(build: string, model: { network: NetworkShape; tensors: ReadonlyMap<string, Tensor> }): Stage[] {
  const kernel = new Kernel(builtModule(build));
  const draw = drawFor(5, 0);
  const { inputs } = model.network;
  const tape = new Tape(kernel, Math.max(...BATCHES), { tracked: false });
  const x = tape.input(inputs);
  openNetwork(kernel, model, false)(tape, x);
  // Each stage writes elsewhere, so that none goes on upon its own results.
  const scratch = kernel.allocate(tape.rows * kernel.functions.stride(WIDEST));
  const runs = tape.forward.map((instruction) => kernel.compile([elsewhere(instruction, scratch)]));
  const stride = kernel.functions.stride(inputs);
  for (let row = 0; row < tape.rows; row++) {
    kernel.floats(x.at + 4 * row * stride, inputs).forEach((_, i, all) => (all[i] = 4 * unit(draw) - 2));
  }
  const whole = kernel.compile(tape.forward);
  const micros = BATCHES.map((batch) => {
    whole(batch);
    return least(runs.map((run) => () => run(batch))).map((time) => time / batch);
  });
  return tape.forward.map((instruction, i) => ({
    operation: instruction[0],
    flops: flopsOf(instruction),
    micros: micros.map((times) => times[i]),
  }));
}

function elsewhere([operation, ...args]: Instruction, scratch: number): Instruction {
  const place = { LINEAR: 4, LINEAR_FIXED: 5, GELU: 2, LAYER_NORM: 5 }[operation as string];
  return [operation, ...args.map((arg, i) => (i === place ? scratch : arg))];
}

function flopsOf([operation, ...args]: Instruction): number {
  const at = (i: number): number => Number(args[i]);
  if (operation === "LINEAR") return 2 * at(1) * at(5);
  return operation === "LINEAR_FIXED" ? 2 * at(1) * at(6) : 0;
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
const [plain, relaxed] = [await tileCeiling(), gigaflops(speed(await peak("relaxed FMA")))];
const sections = [
  ["Reference network, SIMD128", stages("score", reference)],
  ["Reference network, relaxed SIMD", stages("score-relaxed", reference)],
  ["Reference network, int16", stages("score", fixed)],
  ["Default learner, SIMD128", stages("score", learner)],
] as const;
const document = `# Where a score's time goes

Written by \`node bench/stages.ts${quick ? " --quick" : ""}\` on ${new Date().toISOString().slice(0, 10)}: ${cpus()[0].model.trim()}, Node ${process.versions.node}, one thread, the least of ${ROUNDS} rounds in turns. Every instruction is timed by itself, so its inputs lie nearer than in a whole score.

The kernel's tile with its operands in registers does **${plain.toFixed(1)} GFLOP/s** here, where a product and its sum are two instructions; a loop of instructions that are both does **${relaxed.toFixed(1)} GFLOP/s** (relaxed SIMD). No order of loops in plain SIMD128 can be faster than the first: what the linear layers reach of it says what is left to gain. At batch 1 every weight is read once for one row, so that memory sets the pace, and int16 halves it.

${sections.map(([title, all]) => `## ${title}\n\n${table(all)}`).join("\n\n")}

## How it is laid out

- Weights lie in panels of 16 outputs; the panel is the outer loop and rows pass by in pairs, four vectors each, or by six and two vectors in the relaxed build, where a sum needs no second register. One row alone takes two panels at a time. The end of a matrix is done by the vectors it has. Sums run over the inputs in order, so a row gives the same bits alone and in any batch.
- GELU is max(x, 0) less what the tail of Φ takes away, a/p(a)¹⁶: no clamp on both sides and one division. LayerNorm sums in one pass, shifted by the row's first value, in four chains.
- Trees with up to 32 leaves are not walked: each node rules out leaves by a mask, eight rows at once; a single row looks at nodes by column in order of threshold and stops at its value.
- A layer on the piecewise-linear encoding is a sum of functions of single columns, so it is looked up: the interval of every column once, then one value and one slope for each output. The 1154 × 192 layers of the default learner become 77 × 192.
- int16 multiplies pairs of 13-bit integers and adds them in 32 bits, eight products an instruction: [tiers.md](tiers.md). What sizes cost that are no multiples of anything: [performance-sweep.md](performance-sweep.md).
`;
writeFileSync(new URL("../docs/performance-stages.md", import.meta.url), document);
console.log(document);
