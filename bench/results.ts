/**
 * Trains and evaluates on a few held-out families over several seeds and writes the table into README.md and
 * docs/results.md:
 *
 *     node bench/results.ts [seeds]
 *
 * Real data sets are looked for in UNSEEN_DATA or ../shared/data; those that are absent are left out.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeArtefact } from "../model/artefact.ts";
import { Scorer } from "../model/scorer.ts";
import { trainOn } from "../trainer/commands/train.ts";
import type { Rows } from "../trainer/data/dataset.ts";
import { encodeRows, type Matrix } from "../trainer/data/matrix.ts";
import { readDataset } from "../trainer/data/read.ts";
import { writeSimulation } from "../trainer/data/simulate/write.ts";
import { splitDataset } from "../trainer/data/split.ts";
import { evaluate } from "../trainer/evaluate/evaluate.ts";
import { kernelModule } from "../trainer/learn/engine.ts";
import { gather } from "../trainer/learn/judge.ts";
import { area } from "./difficulty/measure.ts";
import { fifthNearest } from "./difficulty/neighbours.ts";

interface Case {
  readonly data: string;
  readonly holdOut: readonly string[];
  readonly split: "rows" | "blocks";
}

const CASES: readonly Case[] = [
  { data: "simulated flows", holdOut: ["exfiltration", "port_scan", "web_attack"], split: "rows" },
  { data: "cicids2017", holdOut: ["bot", "portscan"], split: "rows" },
  { data: "ciciot2023", holdOut: ["malware", "recon"], split: "rows" },
  { data: "mitbih_features", holdOut: ["v_premature_ventricular"], split: "rows" },
  { data: "mitbih_features", holdOut: ["v_premature_ventricular"], split: "blocks" },
];
const SHOTS = 100;
const seeds = Array.from({ length: Number(process.argv[2] ?? 3) }, (_, i) => i + 1);
const root = fileURLToPath(new URL("../", import.meta.url));
const folder = process.env.UNSEEN_DATA ?? join(root, "../shared/data");
const simulated = mkdtempSync(join(tmpdir(), "unseen-results-"));
await writeSimulation(join(simulated, "flows"), { seed: 1 });

/** AUC-ROC of the distance to the fifth nearest of at most 4,000 normal training rows: no labels, no learning. */
function nearest(schema: Scorer["artefact"]["schema"], fit: ReturnType<typeof splitDataset>): Map<string, number> {
  const { fit: side, heldOut } = fit;
  const encode = (rows: Rows): Matrix => encodeRows(schema, side.columns, rows);
  const vectors = (matrices: readonly Matrix[], most: number): Float64Array[] => {
    const { rows, cols, data } = gather(matrices, most, matrices[0].cols);
    return Array.from({ length: rows }, (_, i) => Float64Array.from(data.subarray(i * cols, (i + 1) * cols)));
  };
  const filled = (matrices: Matrix[]): Matrix[] => matrices.filter(({ rows }) => rows > 0);
  const train = vectors(filled(side.normal.map(({ train: rows }) => encode(rows))), 4000);
  const normal = vectors(filled(heldOut.normal.map(({ rows }) => encode(rows))), 1500).map((row) =>
    fifthNearest(train, row),
  );
  return new Map(
    heldOut.unseen.map(({ family, rows }) => {
      const scores = vectors([encode(rows)], 1500).map((row) => fifthNearest(train, row));
      return [family, area(normal, scores)];
    }),
  );
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const spread = (values: readonly number[]): string => {
  const m = mean(values);
  const deviation = Math.sqrt(mean(values.map((value) => (value - m) ** 2)));
  return `${m.toFixed(3)} ± ${deviation.toFixed(3)}`;
};

const rows: string[] = [];
for (const { data, holdOut, split } of CASES) {
  const source = data === "simulated flows" ? join(simulated, "flows") : join(folder, data);
  if (!existsSync(source)) {
    console.error(`${data} is not in ${folder}: left out`);
    continue;
  }
  const dataset = await readDataset(source);
  const auc = new Map<string, { ours: number[]; ap: number[]; recall: number[]; distance: number[] }>();
  const [realised, seconds, labels]: number[][] = [[], [], []];
  for (const seed of seeds) {
    const started = performance.now();
    const { artefact } = await trainOn(dataset, { holdOut, shots: SHOTS, seed, split });
    seconds.push((performance.now() - started) / 1000);
    const scorer = Scorer.open(writeArtefact(artefact), kernelModule("score"));
    const result = evaluate(scorer, dataset, holdOut);
    const distances = nearest(artefact.schema, splitDataset(dataset, { seed, shots: SHOTS, split, holdOut }));
    realised.push(result.falsePositives.all.rates["0.01"]);
    labels.push(result.labels);
    for (const { family, aucRoc, averagePrecision, atBudget } of result.unseen) {
      const figures = auc.get(family) ?? { ours: [], ap: [], recall: [], distance: [] };
      figures.ours.push(aucRoc);
      figures.ap.push(averagePrecision.balanced);
      figures.recall.push(atBudget.recall);
      figures.distance.push(distances.get(family) ?? Number.NaN);
      auc.set(family, figures);
    }
    console.error(
      `${data}, ${split}, seed ${seed}: ${[...auc].map(([f, { ours }]) => `${f} ${ours.at(-1)?.toFixed(3)}`).join(", ")}`,
    );
  }
  for (const [family, { ours, ap, recall, distance }] of auc) {
    const by = split === "rows" ? "rows" : "patients";
    rows.push(
      `| ${data} | ${by} | ${family} | ${spread(ours)} | ${spread(distance)} | ${spread(ap)} | ${spread(recall)} | ` +
        `${(100 * mean(realised)).toFixed(2)} % | ${Math.round(mean(labels))} | ${Math.round(mean(seconds))} |`,
    );
  }
}
rmSync(simulated, { recursive: true });

const text = [
  `Written by \`node bench/results.ts\` on ${new Date().toISOString().slice(0, 10)}; mean ± standard deviation over ${seeds.length} seeds, ${SHOTS} labels per seen family for anything, the family in the row held out of fitting, scaling, selection and thresholds.`,
  "kNN is the distance to the fifth nearest of 4,000 normal training rows, without labels. AP weighs normal and anomalous rows half each; FP is the share of unseen normal rows flagged at the 1 % budget.",
  "",
  "| data | split by | unseen family | AUC-ROC | kNN's AUC-ROC | AP | recall at 1 % FP | FP | labels | train, s |",
  "|---|---|---|---|---|---|---|---|---|---|",
  ...rows,
].join("\n");
writeFileSync(join(root, "docs/results.md"), `# Results\n\n${text}\n`);
const readme = join(root, "README.md");
const [before, after] = readFileSync(readme, "utf8").split(/<!-- results: start -->[\s\S]*<!-- results: end -->/);
writeFileSync(readme, `${before}<!-- results: start -->\n${text}\n<!-- results: end -->${after ?? ""}`);
console.log(text);
