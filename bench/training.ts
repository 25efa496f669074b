/**
 * Measures training steps of the reference network beside jax-js, TensorFlow.js and, where a Python has it, torch:
 *
 *     node bench/training.ts [--quick] [--json] [--torch /usr/bin/python3]
 *
 * Writes docs/performance-training.md and its plot; with --quick or --json it writes nothing, --json prints the ratios.
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import * as Plot from "@observablehq/plot";
import type { Instruction } from "../model/kernel.ts";
import { encoder, head, weightShapes } from "../model/network.ts";
import { Parameters } from "../model/parameters.ts";
import { tensorValues } from "../model/tensor.ts";
import { Tape } from "../model/tape.ts";
import { drawFor, unit } from "../trainer/learn/draw.ts";
import { AdamW, builtModule, TrainingPass } from "../trainer/learn/engine.ts";
import { Team } from "../trainer/learn/team.ts";
import { COLOURS, svg } from "../trainer/report/svg.ts";
import { processor, today } from "./page-block.ts";
import { operations, REFERENCE, referenceModel, referenceRows } from "./reference-network.ts";
import { keepMachines, machinesWith, machineTable } from "./speed/machines.ts";
import { peakLoops } from "./speed/peak.ts";
import { median } from "./speed/rounds.ts";
import { ADAMW, jaxStep, type Problem, type Step, tfjsStep, Torch } from "./training-peers.ts";

const { values: options } = parseArgs({
  options: { quick: { type: "boolean" }, json: { type: "boolean" }, torch: { type: "string", default: "python3" } },
});
const ROWS = 256;
const ROUNDS = options.quick ? 5 : 15;
/** Ratios that are asked for. */
const MUST = { "two threads over jax-js": 7, "two threads over tfjs": 40, "two threads over torch": 1 };
/** Losses of the first steps agree to this. */
const TOLERANCE = 2e-3;

const draw = drawFor(3, 0);
const problem: Problem = {
  shape: REFERENCE,
  weights: new Map(
    [...referenceModel().tensors].map(([name, tensor]) => [
      name,
      { shape: tensor.shape, values: tensorValues(tensor) },
    ]),
  ),
  x: referenceRows(ROWS, REFERENCE.inputs),
  targets: Float32Array.from({ length: ROWS }, () => (unit(draw) < 0.5 ? 1 : 0)),
  rows: ROWS,
};

/** A team that can also run what is beside the products of its programs. */
class Recorded extends Team {
  readonly #beside: Instruction[] = [];

  override compile(instructions: readonly Instruction[]): (rows: number) => void {
    this.#beside.push(...instructions.filter(([operation]) => !/^LINEAR(_GRADIENT)?$/.test(operation)));
    return super.compile(instructions);
  }

  beside(): (rows: number) => void {
    return super.compile(this.#beside);
  }
}

/** The engine of this project on some threads. */
function ours(build: "train" | "train-relaxed", workers: number): { step: Step; team: Recorded } {
  const team = new Recorded(builtModule(build), workers);
  const parameters = new Parameters(team, weightShapes(REFERENCE), { gradients: true, transposes: true });
  for (const [name, { values }] of problem.weights) parameters.load(name, values);
  const tape = new Tape(team, ROWS);
  const x = tape.input(REFERENCE.inputs);
  const logits = head(tape, encoder(tape, x, REFERENCE, parameters, true), parameters, true);
  const pass = new TrainingPass(team, tape);
  const [targets, shares] = [pass.column(), pass.column()];
  const temperature = team.allocate(1);
  pass.crossEntropy(logits, targets, shares, temperature, 1);
  const optimiser = new AdamW(team, parameters, ADAMW);
  pass.run(0);
  team.floats(temperature, 1)[0] = 1;
  team.floats(targets.at, ROWS).set(problem.targets);
  team.floats(shares.at, ROWS).fill(1 / ROWS);
  const stride = team.functions.stride(REFERENCE.inputs);
  const input = team.floats(x.at, ROWS * stride);
  const step = (): number => {
    for (let i = 0; i < ROWS; i++) {
      input.set(problem.x.subarray(i * REFERENCE.inputs, (i + 1) * REFERENCE.inputs), i * stride);
    }
    const { loss } = pass.run(ROWS);
    optimiser.step(ADAMW.rate);
    return loss;
  };
  return { step, team };
}

interface Entry {
  readonly name: string;
  readonly ours: boolean;
  /** Steps a round. */
  readonly steps: number;
  /** Milliseconds a step. */
  readonly run: (steps: number) => Promise<number>;
  readonly ms: number[];
}

function entry(name: string, step: Step, steps: number, isOurs: boolean): Entry {
  const run = async (count: number): Promise<number> => {
    const started = performance.now();
    for (let i = 0; i < count; i++) {
      const loss = step();
      if (loss instanceof Promise) await loss;
    }
    return (performance.now() - started) / count;
  };
  return { name, ours: isOurs, steps, run, ms: [] };
}

const builds = [
  { name: "this engine, SIMD128, 1 thread", ...ours("train", 1) },
  { name: "this engine, SIMD128, 2 threads", ...ours("train", 2) },
  { name: "this engine, relaxed SIMD, 1 thread", ...ours("train-relaxed", 1) },
  { name: "this engine, relaxed SIMD, 2 threads", ...ours("train-relaxed", 2) },
];
const JAX = "jax-js, wasm";
const TFJS = "TensorFlow.js, wasm, 1 thread";
const TORCH = "torch, 1 thread";
const peers = [
  { name: JAX, step: await jaxStep(problem), steps: 3 },
  { name: TFJS, step: await tfjsStep(problem), steps: 1 },
];

const losses = new Map<string, number[]>();
for (const { name, step } of [...builds, ...peers]) {
  const own: number[] = [];
  for (let i = 0; i < 4; i++) own.push(await step());
  losses.set(name, own);
  const wanted = losses.get(builds[0].name) ?? [];
  const error = Math.max(...own.map((loss, i) => Math.abs(loss - wanted[i])));
  if (!(error < TOLERANCE)) throw new Error(`${name}: losses ${own.join(", ")} instead of ${wanted.join(", ")}`);
}
for (const [one, two] of [
  [0, 1],
  [2, 3],
]) {
  if (losses.get(builds[one].name)?.join() !== losses.get(builds[two].name)?.join()) {
    throw new Error("two threads do not give what one gives");
  }
}

const torch = await Torch.start(options.torch);
const entries = [
  ...builds.map(({ name, step }) => entry(name, step, 10, true)),
  ...peers.map(({ name, step, steps }) => entry(name, step, steps, false)),
  ...(torch
    ? [{ name: TORCH, ours: false, steps: 10, run: (steps: number) => torch.run(steps), ms: [] } satisfies Entry]
    : []),
];
for (const { run, ours: own } of entries) await run(own ? 40 : 1);
const loops = await peakLoops("relaxed FMA");
const besideProducts = builds[2].team.beside();
for (let i = 0; i < 100; i++) for (const run of [...loops.map((loop) => loop.run), () => besideProducts(ROWS)]) run();
/** The most products and sums, in billions of operations a second, that one thread did of nothing else. */
let peak = 0;
/** Milliseconds of a step on one thread that are no products: normalisation, activations, losses, the optimiser. */
let beside = Number.POSITIVE_INFINITY;
for (let round = 0; round < ROUNDS; round++) {
  for (const { run, steps, ms } of entries) ms.push(await run(steps));
  for (const { done, run } of loops) {
    for (let i = 0; i < 10; i++) {
      const started = performance.now();
      run();
      peak = Math.max(peak, done / (performance.now() - started) / 1e6);
    }
  }
  for (let i = 0; i < 10; i++) {
    const started = performance.now();
    besideProducts(ROWS);
    beside = Math.min(beside, performance.now() - started);
  }
}
torch?.stop();
await Promise.all(builds.map(({ team }) => team.close()));

const speed = (name: string): number => 1000 / median(entries.find((one) => one.name === name)?.ms ?? []);
const best = Math.max(speed(builds[1].name), speed(builds[3].name));
const ratios = {
  "two threads over one": speed(builds[3].name) / speed(builds[2].name),
  "two threads over jax-js": best / speed(JAX),
  "two threads over tfjs": best / speed(TFJS),
  ...(torch ? { "two threads over torch": best / speed(TORCH) } : {}),
};
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const rounded = Object.fromEntries(Object.entries(ratios).map(([name, ratio]) => [name, Number(ratio.toFixed(2))]));

const fastest = (name: string): number => Math.min(...(entries.find((one) => one.name === name)?.ms ?? []));
/** Milliseconds of a step's products at the peak: forward, to weights, and to all inputs but the network's own. */
const products = (ROWS * (3 * operations(REFERENCE) - 2 * REFERENCE.inputs * REFERENCE.hidden)) / peak / 1e6;
const [alone, together] = [fastest(builds[2].name), fastest(builds[3].name)];
const least = (products + beside) / 2;
const limit = `One thread did ${peak.toFixed(1)} GFLOP/s of nothing but products and sums in the same run. At that the products of a step take ${products.toFixed(1)} ms; all else in it, normalisation, activations, losses and optimiser, took ${beside.toFixed(1)} ms by itself, and the fastest step on one thread ${alone.toFixed(1)} ms: ${percent((products + beside) / alone)} of it are these two. Two threads could at best take half of them, ${least.toFixed(1)} ms, and took ${together.toFixed(1)} ms, since each also reads what the other has written, and waits for it: without that a step would be ${(1000 / least / speed(JAX)).toFixed(1)} times as fast as jax-js's on this machine and ${(1000 / least / speed(TFJS)).toFixed(0)} times TensorFlow.js's; the targets are ${MUST["two threads over jax-js"]} and ${MUST["two threads over tfjs"]}.`;

const table = [
  "| | steps/s, median | fastest round |",
  "|---|--:|--:|",
  ...entries.map(({ name, ms }) => `| ${name} | ${speed(name).toFixed(1)} | ${(1000 / Math.min(...ms)).toFixed(1)} |`),
];
const date = today();
const machines = machinesWith("performance-training", { date, ...rounded });
const wanted = Object.entries(MUST).map(([ratio, must]) => ({ title: ratio, ratio, must }));
const list = Object.entries(rounded).map(([name, ratio]) => `- ${name}: ${ratio}`);
const document = `# Performance of training

Written by \`node bench/training.ts\` on ${date}: ${processor()}, ${cpus().length} cores, Node ${process.versions.node}${torch ? `, torch ${torch.version}` : ""}; ${ROUNDS} interleaved rounds in one run.
A step of the reference network (77 → 256, 3 residual blocks, → 128 → 2; 446 k weights) on ${ROWS} rows: forward, cross-entropy, backward, AdamW. JavaScript peers start from the same weights and rows, and their first losses agree with ours to ${TOLERANCE}. Absolute times depend on the machine: compare the ratios.

${table.join("\n")}

Ratios of medians (two threads: the faster of our builds):

${list.join("\n")}

The targets on each kind of machine that ran this, by its last run:

${machineTable(wanted, machines)}

![Training steps a second](performance-training.svg)

${limit}

Two threads give the same weights as one, to the last bit, and so does any other number: rows are shared out where each row is on its own; a sum over rows (gradients of weights, biases and norms) is shared out by what it writes, so that one thread adds up all rows in their order. Threads meet where one needs what another has written, in the kernel, some forty times a step. A step allocates nothing: neither does the kernel's memory grow, nor is there an array made (trainer/learn/team.test.ts). Training uses the relaxed build: it rounds once where the plain build rounds twice, so models trained by the two differ in the last bits.
${torch ? "" : "\nNo Python with torch was found for this run.\n"}`;
if (options.json) console.log(JSON.stringify(rounded));
else console.log(`${table.join("\n")}\n\n${list.join("\n")}\n\n${limit}`);
if (!options.quick && !options.json) {
  keepMachines("performance-training", machines);
  writeFileSync(new URL("../docs/performance-training.md", import.meta.url), document);
  const plot = svg("Training steps a second of the reference network", {
    width: 640,
    height: 60 + 28 * entries.length,
    marginLeft: 210,
    x: { label: "steps a second →", grid: true },
    y: { label: null, domain: entries.map(({ name }) => name) },
    marks: [
      Plot.barX(entries, {
        x: ({ name }: Entry) => speed(name),
        y: "name",
        fill: ({ ours: own }: Entry) => (own ? COLOURS.ours : COLOURS.peers[0]),
      }),
      Plot.text(entries, {
        x: ({ name }: Entry) => speed(name),
        y: "name",
        text: ({ name }: Entry) => speed(name).toFixed(1),
        dx: 4,
        textAnchor: "start",
        fill: "currentColor",
      }),
    ],
  });
  writeFileSync(new URL("../docs/performance-training.svg", import.meta.url), `${plot}\n`);
}
process.exit(0);
