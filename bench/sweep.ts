/**
 * Measures what a FLOP costs over sizes of the residual network and batches, and names sizes that cost more than their
 * neighbours should let expect; writes docs/performance-sweep.md and its plot.
 *
 *     node bench/sweep.ts [--quick]
 */
import { writeFileSync } from "node:fs";
import * as Plot from "@observablehq/plot";
import { LIMITS, type ResidualShape } from "../model/artefact.ts";
import { Inference } from "../model/inference.ts";
import { Kernel } from "../model/kernel.ts";
import { weightShapes } from "../model/network.ts";
import { openNetwork } from "../model/open.ts";
import { floatTensor } from "../model/tensor.ts";
import { inTier, type Tier } from "../model/tier.ts";
import { drawFor, unit } from "../trainer/learn/draw.ts";
import { builtModule } from "../trainer/learn/engine.ts";
import { svg } from "../trainer/report/svg.ts";
import { processor, today } from "./page-block.ts";
import { operations, REFERENCE } from "./reference-network.ts";

/** A size may cost this much more for each FLOP than the one before or after it. */
const MOST = 1.5;
const quick = process.argv.includes("--quick");
const ROUNDS = quick ? 5 : 15;
/** Milliseconds that one measurement runs for, at least. */
const LEAST_MS = quick ? 1 : 3;

/** Around every multiple of what the kernel takes at once, since tails are where costs jump; then up to the limit. */
const widths = (most: number): number[] => {
  const near = [16, 32, 48, 64, 96, 128, 192, 256, 384, 512].flatMap((n) => [n - 1, n, n + 1, n + 2, n + 4, n + 8]);
  const far = [640, 768, 1024, 1025, 1536, 2048, 3072, 4096];
  const few = Array.from({ length: 11 }, (_, i) => i + 4);
  return [...few, ...near, ...far].filter((n) => n <= most);
};
const thinned = (sizes: number[]): number[] => (quick ? sizes.filter((n) => n <= 300) : sizes);

interface Series {
  readonly name: string;
  readonly sizes: readonly number[];
  shape(size: number): ResidualShape;
  batch(size: number): number;
}

const small = { inputs: 77, hidden: 128, blocks: 1, latent: 64 };
const batches = [
  ...Array.from({ length: 20 }, (_, i) => i + 1),
  31,
  32,
  33,
  63,
  64,
  65,
  66,
  127,
  128,
  129,
  255,
  256,
  257,
];
const series: readonly Series[] = [1, 64].flatMap((batch): Series[] => [
  {
    name: `inputs D, batch ${batch}`,
    sizes: thinned(widths(LIMITS.inputs[1])),
    shape: (inputs) => ({ ...small, inputs }),
    batch: () => batch,
  },
  {
    name: `width H, batch ${batch}`,
    sizes: thinned(widths(LIMITS.hidden[1])),
    shape: (hidden) => ({ ...small, hidden }),
    batch: () => batch,
  },
  {
    name: `latent Z, batch ${batch}`,
    sizes: thinned(widths(LIMITS.latent[1])),
    shape: (latent) => ({ ...small, latent }),
    batch: () => batch,
  },
  {
    name: `blocks, batch ${batch}`,
    sizes: Array.from({ length: quick ? 5 : 17 }, (_, i) => i),
    shape: (blocks) => ({ ...small, blocks }),
    batch: () => batch,
  },
]);
const all: readonly Series[] = [
  ...series,
  { name: "batch", sizes: batches, shape: () => (quick ? small : REFERENCE), batch: (size) => size },
];

interface Point {
  readonly series: string;
  readonly build: string;
  readonly size: number;
  /** Microseconds for a million FLOP, the least over rounds. */
  cost: number;
}

const draw = drawFor(3, 0);
const builds: readonly (readonly [string, string, Tier])[] = [
  ["f32", "score", "f32"],
  ["f32, relaxed", "score-relaxed", "f32"],
  ["int16", "score", "int16"],
];
const modules = new Map(["score", "score-relaxed"].map((name) => [name, builtModule(name)]));

/** Milliseconds of one run over the batch, taken over enough runs. */
function timer(module: WebAssembly.Module, network: ResidualShape, batch: number, tier: Tier): () => number {
  const tensors = new Map(
    [...weightShapes(network)].map(([name, dims]) => {
      const [n, k = 1] = dims;
      const values = Float32Array.from({ length: n * k }, () => (2 * unit(draw) - 1) / Math.sqrt(k));
      return [name, floatTensor(values, dims)];
    }),
  );
  const kernel = new Kernel(module);
  const opened = openNetwork(kernel, { network, tensors: inTier(tensors, network, tier) }, false);
  const inference = new Inference(kernel, network.inputs, opened, false);
  const x = Float32Array.from({ length: batch * network.inputs }, () => 4 * unit(draw) - 2);
  const work = (): unknown => inference.scoreAll(x, batch, network.inputs, 1, 0);
  work();
  const times = Math.max(1, Math.ceil(LEAST_MS / Math.max(1e-4, elapsed(work, 3) / 3)));
  return () => elapsed(work, times) / times;
}

function elapsed(work: () => unknown, times: number): number {
  const start = performance.now();
  for (let i = 0; i < times; i++) work();
  return performance.now() - start;
}

// What V8 makes of a kernel is the same for every size: warm it up once, with many short runs.
for (const [, name, tier] of builds) {
  const run = timer(modules.get(name) as WebAssembly.Module, REFERENCE, 19, tier);
  for (let i = 0; i < 60; i++) run();
}

const points: Point[] = [];
for (const { name, sizes, shape, batch } of all) {
  for (const [build, file, tier] of builds) {
    // Sizes take turns, so that a slow moment of the machine does not fall on one of them alone.
    const timers = sizes.map((size) => timer(modules.get(file) as WebAssembly.Module, shape(size), batch(size), tier));
    const own = sizes.map((size): Point => ({ series: name, build, size, cost: Number.POSITIVE_INFINITY }));
    const measure = (i: number): void => {
      own[i].cost = Math.min(own[i].cost, (1e9 * timers[i]()) / (batch(sizes[i]) * operations(shape(sizes[i]))));
    };
    for (let round = 0; round < ROUNDS; round++) for (const i of own.keys()) measure(i);
    // What looks like a cliff may be a moment in which the machine was busy: it gets more rounds, with what it is held to.
    for (let again = 0; again < 3 * ROUNDS; again++) {
      for (const i of steep(own)) for (const j of [i - 1, i, i + 1]) if (own[j]) measure(j);
    }
    points.push(...own);
  }
}

/** Places of points that cost over MOST times as much as the cheaper neighbour. */
function steep(own: readonly Point[]): number[] {
  return [...own.keys()].filter((i) => own[i].cost > MOST * cheaper(own, i));
}

function cheaper(own: readonly Point[], i: number): number {
  return Math.min(own[i - 1]?.cost ?? Number.POSITIVE_INFINITY, own[i + 1]?.cost ?? Number.POSITIVE_INFINITY);
}

/** The same as text: sizes with how much more they cost. */
function cliffs(build: string, name: string): string[] {
  const own = points.filter((point) => point.build === build && point.series === name);
  return steep(own).map((i) => `${own[i].size} (${(own[i].cost / cheaper(own, i)).toFixed(2)})`);
}

const rows = all.map(({ name }) => {
  const cells = builds.map(([build]) => {
    const own = points.filter((point) => point.series === name && point.build === build).map(({ cost }) => cost);
    const found = cliffs(build, name);
    return `${Math.min(...own).toFixed(1)} to ${Math.max(...own).toFixed(1)} | ${found.length > 0 ? found.join(", ") : "none"}`;
  });
  return `| ${name} | ${cells.join(" | ")} |`;
});
const found = all.flatMap(({ name }) => builds.flatMap(([build]) => cliffs(build, name)));
const finding =
  found.length === 0
    ? `No size costs more than ${MOST} times as much for each FLOP as the cheaper of its neighbours.`
    : `${found.length} of ${points.length} points cost more than ${MOST} times as much for each FLOP as the cheaper of their neighbours.`;
const document = `# What a FLOP costs over sizes

Written by \`node bench/sweep.ts${quick ? " --quick" : ""}\` on ${today()}: ${processor()}, Node ${process.versions.node}, one thread, the least of ${ROUNDS} rounds in turns.

Residual networks around ${small.inputs} → ${small.hidden}, ${small.blocks} block, → ${small.latent} → 2, one size at a time; batches on ${quick ? "the same" : "the reference network"}. Costs are microseconds for a million multiplications and additions of the linear layers (GELU and LayerNorm included in the time, not in the FLOP), so small networks cost more; sizes stand close around multiples of what the kernel takes at once. One row reads every weight once, so that it costs what the cache gives that holds them: 9 MB of them at H = 1,024, 19 MB at 1,536, 34 MB at 2,048, which is more than a third-level cache has to spare on many machines; no kernel evens that out.

**${finding}**

| | ${builds.map(([build]) => `${build}: µs/MFLOP | sizes over ${MOST} × a neighbour`).join(" | ")} |
|---|${builds.map(() => "--:|---|").join("")}
${rows.join("\n")}

![Cost of a FLOP over sizes](performance-sweep.svg)
`;
const plot = svg("Cost of a FLOP over sizes", {
  width: 900,
  height: 140 * all.length,
  marginLeft: 50,
  marginRight: 110,
  x: { type: "log", label: "size" },
  y: { type: "log", label: "µs per MFLOP", grid: true },
  fy: { label: null, domain: all.map(({ name }) => name) },
  color: { legend: false, domain: builds.map(([build]) => build), range: ["#d55e00", "#0072b2", "#009e73"] },
  marks: [
    Plot.frame({ stroke: "currentColor", strokeOpacity: 0.2 }),
    Plot.line(points, { x: (d: Point) => Math.max(0.7, d.size), y: "cost", fy: "series", stroke: "build", z: "build" }),
    Plot.text(
      builds.map(([build], i) => ({ build, series: all[0].name, i })),
      {
        text: "build",
        fy: "series",
        fill: "build",
        frameAnchor: "top-right",
        dx: -6,
        dy: (d: { i: number }) => 8 + 12 * d.i,
      } as never,
    ),
  ],
});
writeFileSync(new URL("../docs/performance-sweep.md", import.meta.url), document);
writeFileSync(new URL("../docs/performance-sweep.svg", import.meta.url), plot);
console.log(document);
