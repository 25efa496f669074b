/**
 * Measures how what training costs grows with rows, columns, families, depth and threads, and fits exponents:
 *
 *     node bench/growth.ts [--quick] [--json]
 *
 * Writes docs/growth.md and its plot; with --quick (fewer and smaller sizes) or --json it writes nothing, --json prints
 * the exponents.
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import * as Plot from "@observablehq/plot";
import type { ResidualShape } from "../model/artefact.ts";
import { encoder, head, weightShapes } from "../model/network.ts";
import { Parameters } from "../model/parameters.ts";
import { Tape } from "../model/tape.ts";
import type { Dataset } from "../trainer/data/dataset.ts";
import { dropDuplicates } from "../trainer/data/duplicates.ts";
import { splitDataset } from "../trainer/data/split.ts";
import { datasetOf, type GroupSketch } from "../trainer/data/testing.ts";
import { drawFor, gaussian } from "../trainer/learn/draw.ts";
import { AdamW, trainKernel, TrainingPass } from "../trainer/learn/engine.ts";
import { train } from "../trainer/learn/train.ts";
import { mean } from "../trainer/report/frame.ts";
import { svg } from "../trainer/report/svg.ts";
import { processor, today } from "./page-block.ts";

const { values: options } = parseArgs({ options: { quick: { type: "boolean" }, json: { type: "boolean" } } });

interface Size {
  readonly rows: number;
  readonly columns: number;
  readonly families: number;
}

const BASE: Size = options.quick
  ? { rows: 4000, columns: 16, families: 3 }
  : { rows: 10_000, columns: 40, families: 6 };
const FAMILY_ROWS = 200;
const DOMAINS = 4;
const HIDDEN = 4;

/** Gaussian rows that hang together by four hidden numbers; each family is off in a fifth of the columns, its own. */
function rowsOf({ rows, columns, families }: Size): Dataset {
  const draw = drawFor(7, 0);
  const mix = Array.from({ length: columns * HIDDEN }, () => gaussian(draw));
  const group = (name: string, role: GroupSketch["role"], count: number, family: number): GroupSketch => {
    const cells = Array.from({ length: columns }, () => new Float64Array(count));
    const hidden = new Float64Array(HIDDEN);
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < HIDDEN; k++) hidden[k] = gaussian(draw);
      for (let j = 0; j < columns; j++) {
        let value = 0.3 * gaussian(draw) + (family >= 0 && (j + family) % 5 === 0 ? 1 : 0);
        for (let k = 0; k < HIDDEN; k++) value += mix[j * HIDDEN + k] * hidden[k];
        cells[j][i] = value;
      }
    }
    return { name, role, cells };
  };
  const named = Array.from({ length: columns }, (_, j) => ({ name: `c${j}`, kind: "numeric" as const }));
  return datasetOf(named, [
    ...Array.from({ length: DOMAINS }, (_, d) => group(`site ${d}`, "normal", Math.floor(rows / DOMAINS), -1)),
    ...Array.from({ length: families }, (_, f) => group(`family ${f}`, "anomaly", FAMILY_ROWS, f)),
  ]);
}

/** Seconds of processor time, all threads together: a busy machine makes them hardly more. */
async function processorSeconds(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Removing duplicates and splitting, in seconds; they see all rows. */
function preparing(size: Size): Promise<number> {
  const dataset = rowsOf(size);
  return processorSeconds(() => {
    const { groups } = dropDuplicates(dataset.groups);
    return splitDataset({ ...dataset, groups }, { seed: 1, holdOut: [], shots: 100, split: "rows", normalRows: 1000 });
  });
}

/** The whole default training. */
function training(size: Size): Promise<number> {
  const { fit } = splitDataset(rowsOf(size), { seed: 1, holdOut: [], shots: 100, split: "rows" });
  const data = { name: "growth", files: [], roles: {} };
  const request = { seed: 1, split: "rows" as const, shots: 100, heldOut: [], data, createdAt: "" };
  return processorSeconds(() => train(fit, request));
}

/** Milliseconds of one step of a network of the reference's widths on 256 rows, the fastest of some rounds. */
async function stepping(blocks: number, workers: number): Promise<number> {
  const rows = 256;
  const shape: ResidualShape = { inputs: 77, hidden: 256, blocks, latent: 128 };
  const kernel = trainKernel(workers);
  const parameters = new Parameters(kernel, weightShapes(shape), { gradients: true, transposes: true });
  const draw = drawFor(1, 0);
  for (const { name, n, k } of parameters) {
    const [start, spread] = [name.endsWith(".g") ? 1 : 0, k > 0 ? 1 / Math.sqrt(k) : 0];
    const values = Float32Array.from({ length: n * Math.max(1, k) }, () => start + spread * gaussian(draw));
    parameters.load(name, values);
  }
  const tape = new Tape(kernel, rows);
  const x = tape.input(shape.inputs);
  const logits = head(tape, encoder(tape, x, shape, parameters, true), parameters, true);
  const pass = new TrainingPass(kernel, tape);
  const [targets, shares] = [pass.column(), pass.column()];
  const temperature = kernel.allocate(1);
  pass.crossEntropy(logits, targets, shares, temperature, 1);
  const optimiser = new AdamW(kernel, parameters);
  pass.run(0);
  kernel.floats(temperature, 1)[0] = 1;
  kernel.floats(shares.at, rows).fill(1 / rows);
  const times: number[] = [];
  for (let round = 0; round < (options.quick ? 6 : 20); round++) {
    const started = performance.now();
    for (let i = 0; i < 5; i++) {
      pass.run(rows);
      optimiser.step(1e-3);
    }
    times.push((performance.now() - started) / 5);
  }
  await kernel.close();
  return Math.min(...times);
}

interface Series {
  readonly title: string;
  readonly unit: string;
  readonly by: string;
  readonly points: { readonly size: number; readonly cost: number }[];
}

async function series(
  title: string,
  by: string,
  unit: string,
  sizes: readonly number[],
  cost: (size: number) => Promise<number>,
): Promise<Series> {
  const points: Series["points"] = [];
  for (const size of sizes) points.push({ size, cost: await cost(size) });
  if (!options.json)
    console.error(`${title} by ${by}: ${points.map((p) => `${p.size} ${p.cost.toFixed(2)}`).join(", ")}`);
  return { title, by, unit, points };
}

/** The slope of log cost over log size, by least squares. */
function exponent(points: Series["points"]): number {
  const [x, y] = [points.map(({ size }) => Math.log(size)), points.map(({ cost }) => Math.log(cost))];
  const [mx, my] = [mean(x), mean(y)];
  return mean(x.map((value, i) => (value - mx) * (y[i] - my))) / mean(x.map((value) => (value - mx) ** 2));
}

const times = (start: number, factors: readonly number[]): number[] => factors.map((factor) => start * factor);
const quick = options.quick === true;
await training({ ...BASE, rows: 2000 }); // what runs first pays for compiling
const all = [
  await series(
    "duplicates and split",
    "rows",
    "s",
    times(quick ? 10_000 : 50_000, quick ? [1, 4] : [1, 2, 4, 8]),
    (rows) => preparing({ ...BASE, rows }),
  ),
  await series("training", "rows", "s", times(BASE.rows, quick ? [1, 4] : [0.5, 1, 2, 4, 8]), (rows) =>
    training({ ...BASE, rows }),
  ),
  await series("training", "columns", "s", times(quick ? 8 : 20, quick ? [1, 4] : [1, 2, 4, 8]), (columns) =>
    training({ ...BASE, columns }),
  ),
  await series("training", "families", "s", quick ? [2, 8] : [2, 4, 8, 16], (families) =>
    training({ ...BASE, families }),
  ),
  await series("a step, 1 thread", "residual blocks", "ms", quick ? [1, 4] : [1, 2, 4, 8, 16], (blocks) =>
    stepping(blocks, 1),
  ),
  await series("a step, 3 blocks", "threads", "ms", cpus().length > 2 && !quick ? [1, 2, 4] : [1, 2], (workers) =>
    stepping(3, workers),
  ),
];
const exponents = Object.fromEntries(
  all.map(({ title, by, points }) => [`${title}, ${by}`, Number(exponent(points).toFixed(2))]),
);
const lines = [
  "| cost of | by | sizes | costs | exponent |",
  "|---|---|---|---|--:|",
  ...all.map(
    ({ title, by, unit, points }) =>
      `| ${title} | ${by} | ${points.map(({ size }) => size.toLocaleString("en")).join(", ")} | ${points.map(({ cost }) => cost.toPrecision(3)).join(", ")} ${unit} | ${exponent(points).toFixed(2)} |`,
  ),
];
const steep = Object.entries(exponents).filter(([, one]) => one > 1);
const finding =
  steep.length === 0
    ? "Nothing grows faster than what it grows with."
    : `Faster than what they grow with do: ${steep.map(([name, one]) => `${name} (${one})`).join("; ")}.`;
if (options.json) console.log(JSON.stringify(exponents));
else console.log(lines.join("\n"));
if (!quick && !options.json) {
  writeFileSync(
    new URL("../docs/growth.md", import.meta.url),
    `# How the cost of training grows

Written by \`node bench/growth.ts\` on ${today()}: ${processor()}, ${cpus().length} cores, Node ${process.versions.node}. Made-up rows, ${BASE.rows.toLocaleString("en")} normal ones of ${BASE.columns} columns and ${BASE.families} families of 100 labels unless the column says otherwise. Seconds are processor time; steps are the fastest of ${20} rounds on 256 rows. The exponent is the slope of log cost over log size: 1 is proportional, 0 does not grow.

${lines.join("\n")}

![Costs over sizes, both logarithmic](growth.svg)

${finding} What training does with rows beyond encoding them is bounded: the Gaussian looks at 50,000, prototypes, references and forests at 12,000. In the columns trees, prototypes and references are linear and the Gaussian is not: covariances and whitening take columns² a row, the factor columns³ once. A family costs its forests (three for each of at most eight folds) and the labels in them; five more forests ship whatever the number of families. Each of at most five turns of normal rows costs a manifold and three forests. A step of the published form's network is proportional to its blocks, beside input and output layers.
`,
  );
  const facets = all.map((one) => ({ ...one, name: `${one.title}, ${one.by}` }));
  const points = facets.flatMap(({ name, points: own }) =>
    own.map(({ size, cost }) => ({ name, size: size / own[0].size, cost: cost / own[0].cost })),
  );
  const plot = svg("Cost over size, each as a multiple of its smallest", {
    width: 640,
    height: 380,
    marginRight: 190,
    marginLeft: 50,
    x: { type: "log", label: "size, times the smallest →", grid: true },
    y: { type: "log", label: "↑ cost, times the smallest", grid: true },
    color: { legend: false, scheme: "Observable10" },
    marks: [
      Plot.line(
        [1, 16].map((size) => ({ size, cost: size })),
        { x: "size", y: "cost", stroke: "currentColor", strokeDasharray: "3,4", strokeOpacity: 0.5 },
      ),
      Plot.line(points, { x: "size", y: "cost", stroke: "name", strokeWidth: 2 }),
      Plot.dot(points, { x: "size", y: "cost", fill: "name", r: 3 }),
      Plot.text(
        points,
        Plot.selectLast({ x: "size", y: "cost", z: "name", text: "name", fill: "name", textAnchor: "start", dx: 7 }),
      ),
    ],
  });
  writeFileSync(new URL("../docs/growth.svg", import.meta.url), `${plot}\n`);
}
