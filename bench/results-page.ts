/**
 * Runs one of the smaller benchmarks beside the main table and writes its report to docs/results-NAME.md:
 *
 *     node bench/results-page.ts NAME [--data DIR] [--results FILE] [--workers n]
 *
 * DIR holds the data sets' folders. It goes on where it stopped; nothing is measured twice.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readResults } from "../trainer/benchmark/results.ts";
import { METHODS } from "../trainer/peers/registry.ts";
import { toMarkdown } from "../trainer/report/markdown.ts";
import { reportOf } from "../trainer/report/report.ts";

const FLOWS = "cicids2017,ciciot2023,mscad,nsl_kdd";
/** Neighbouring rows are of one patient, one run or one stretch of time. */
const BLOCKED = "mitbih_features,skab,tep";
const FEW = "unseen,xgbod,knn,tuned-trees,shallow-trees,mahalanobis,ecod,logistic";

interface Page {
  readonly title: string;
  readonly methods: string;
  readonly shots: number;
  readonly seeds: number;
  /** Data sets by the way they are split. */
  readonly runs: Readonly<Record<string, string>>;
  /** Normal training rows at the most, where not as many as ever. */
  readonly normalRows?: number;
  /** Inside the training sides. */
  readonly nested?: boolean;
  readonly note?: string;
}

const PAGES: Readonly<Record<string, Page>> = {
  k10: {
    title: "ten labels per family",
    methods: "unseen,knn,mahalanobis,isolation-forest,one-class-svm,ecod,autoencoder",
    shots: 10,
    seeds: 1,
    runs: { random: FLOWS, blocks: BLOCKED },
  },
  fresh: {
    title: "data sets beside the seven",
    methods: FEW,
    shots: 100,
    seeds: 1,
    runs: {
      random: "shuttle,ciciot2023_fine,cse_cic_ids2018_mini,toniot_modbus,toniot_weather",
      blocks: "mitbih_beats187,cwru_bearing",
    },
    note: "Nothing in the learner was chosen on them but on the training side of toniot_weather: an earlier run gave the idea for the number of prototypes of narrow tables, and since then it is one of the sets of the trials in [choices.md](choices.md). ciciot2023_fine is from the source of ciciot2023, with finer families and 80 normal rows to train on.",
  },
  "domain-out": {
    title: "a normal domain left out",
    methods: FEW,
    shots: 100,
    seeds: 1,
    runs: { "domain-out": "cicids2017,tep,skab,nsl_kdd,mitbih_features" },
  },
  "few-rows": {
    title: "two hundred normal rows",
    methods: FEW,
    shots: 100,
    seeds: 1,
    runs: { random: FLOWS, blocks: "tep" },
    normalRows: 200,
  },
  nested: {
    title: "inside the training sides",
    methods: FEW,
    shots: 100,
    seeds: 2,
    runs: { random: FLOWS, blocks: BLOCKED },
    nested: true,
    note: "Choices in the learner are made by this ([benchmark.md](benchmark.md#choosing)), so that it flatters ours.",
  },
  random: {
    title: "patients, runs and stretches of time split at random after all",
    methods: FEW,
    shots: 100,
    seeds: 1,
    runs: { random: BLOCKED },
  },
};

const root = fileURLToPath(new URL("../", import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string", default: join(root, "../shared/data") },
    results: { type: "string" },
    workers: { type: "string", default: "1" },
  },
});
const [name] = positionals;
const page = PAGES[name];
if (page === undefined) throw new Error(`give one of ${Object.keys(PAGES).join(", ")}`);
const file = values.results ?? join(root, "runs", `results-${name}.jsonl`);
mkdirSync(dirname(file), { recursive: true });

for (const [split, sets] of Object.entries(page.runs)) {
  const folders = sets.split(",").map((set) => join(values.data, set));
  const missing = folders.filter((folder) => !existsSync(folder));
  if (missing.length > 0) throw new Error(`no ${missing.join(", ")}`);
  const options = { data: folders.join(","), split, methods: page.methods, out: file, workers: values.workers };
  const numbers = { shots: String(page.shots), seeds: String(page.seeds) };
  const args = Object.entries({ ...options, ...numbers }).flatMap(([key, value]) => [`--${key}`, value]);
  if (page.normalRows !== undefined) args.push("--normal-rows", String(page.normalRows));
  if (page.nested) args.push("--nested");
  const { status } = spawnSync(process.execPath, [join(root, "trainer/bin.js"), "benchmark", ...args], {
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`the benchmark ended with ${status}`);
}

const { title, intro, sections } = reportOf(readResults(file).lines, METHODS, "unseen");
const written = [`Written by \`node bench/results-page.ts ${name}\`.`, page.note ?? []].flat().join(" ");
const text = toMarkdown({ title: title.replace("benchmark", page.title), intro, sections });
writeFileSync(join(root, `docs/results-${name}.md`), text.replace("\n\n", `\n\n${written}\n\n`));
