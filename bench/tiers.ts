/**
 * Trains on three data sets, stores each model in every tier, and compares scores, areas under the curve and decisions on
 * rows that training has not seen; writes docs/tiers.md.
 *
 *     node bench/tiers.ts [--quick] [--data DIR]
 */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { writeArtefact } from "../model/artefact.ts";
import { Scorer } from "../model/scorer.ts";
import { TIERS, type Tier } from "../model/tier.ts";
import { trainOn } from "../trainer/learn/train-on.ts";
import { readDataset } from "../trainer/data/read.ts";
import { encodeRows, type Matrix } from "../trainer/data/matrix.ts";
import { testSide } from "../trainer/evaluate/evaluate.ts";
import { separation } from "../trainer/evaluate/metrics.ts";
import { kernelModule } from "../trainer/learn/engine.ts";
import { quantise } from "../trainer/learn/quantise.ts";
import type { LearningMethod } from "../trainer/learn/request.ts";
import { today } from "./page-block.ts";

const DATA = ["cicids2017", "ciciot2023", "mitbih_features"];
const METHODS: readonly (readonly [LearningMethod, string])[] = [
  ["unseen", "default"],
  ["paper", "published form"],
];
/** What int16 may change: macro AUC-ROC, and the share of decisions at the 1 % budget. */
const MOST = { auc: 1e-3, decisions: 1e-3 } as const;
/** Every so many families is held out. */
const EVERY = 3;

const quick = process.argv.includes("--quick");
const given = process.argv.indexOf("--data");
const root = given < 0 ? resolve(import.meta.dirname, "../../shared/data") : resolve(process.argv[given + 1]);

interface Line {
  readonly data: string;
  readonly method: string;
  readonly tier: Tier;
  readonly rows: number;
  readonly bytes: number;
  /** Largest change of a score, mean AUC-ROC over held-out families, and share of decisions that are others than in f32. */
  readonly change: number;
  readonly auc: number;
  readonly decisions: number;
}

/** Scores of one tier on all rows of the test side, with the AUC of each held-out family against the normal rows. */
function scored(scorer: Scorer, normal: readonly Matrix[], unseen: readonly Matrix[], seen: readonly Matrix[]) {
  const of = (parts: readonly Matrix[]): Float32Array[] => parts.map(({ data, rows }) => scorer.score(data, rows));
  const [usual, held, known] = [of(normal).flatMap((part) => [...part]), of(unseen), of(seen)];
  const auc = held.map((part) => separation(usual, part));
  const scores = [...usual, ...held.flatMap((part) => [...part]), ...known.flatMap((part) => [...part])];
  return { scores, auc: auc.reduce((sum, value) => sum + value, 0) / auc.length };
}

const lines: Line[] = [];
for (const data of DATA) {
  const dataset = await readDataset(join(root, data));
  const families = dataset.groups.filter(({ role }) => role === "anomaly").map(({ name }) => name);
  const holdOut = families.filter((_, i) => i % EVERY === 1);
  for (const [method, title] of METHODS) {
    const learning = method === "paper" && quick ? { learning: { episodes: 4 } } : {};
    const split = data === "mitbih_features" ? "blocks" : "rows";
    const { artefact } = await trainOn(dataset, { holdOut, shots: 100, seed: 1, split, method, ...learning });
    const { heldOut } = testSide(new Scorer(artefact, kernelModule("score")), dataset, holdOut);
    const [normal, unseen, seen] = [heldOut.normal, heldOut.unseen, heldOut.seen].map((parts) =>
      parts.map(({ rows }) => encodeRows(artefact.schema, heldOut.columns, rows)),
    );
    const tau = artefact.thresholds.fpr["0.01"];
    let reference: readonly number[] = [];
    for (const tier of TIERS) {
      const bytes = writeArtefact(quantise(artefact, tier));
      const { scores, auc } = scored(Scorer.open(bytes, kernelModule("score")), normal, unseen, seen);
      if (tier === "f32") reference = scores;
      const change = scores.reduce((most, score, i) => Math.max(most, Math.abs(score - reference[i])), 0);
      const others = scores.filter((score, i) => score >= tau !== reference[i] >= tau).length;
      lines.push({
        data,
        method: title,
        tier,
        rows: scores.length,
        bytes: bytes.length,
        change,
        auc,
        decisions: others / scores.length,
      });
      console.error(JSON.stringify(lines.at(-1)));
    }
  }
}

const cell = ({ data, method, tier, rows, bytes, change, auc, decisions }: Line): string =>
  `| ${[data, method, tier, `${(bytes / 1024).toFixed(0)} KiB`, rows, change.toExponential(1), auc.toFixed(5), `${(100 * decisions).toFixed(3)} %`].join(" | ")} |`;
const aucOf = (line: Line): number =>
  lines.find(({ data, method, tier }) => data === line.data && method === line.method && tier === "f32")?.auc ??
  Number.NaN;
const worst = (tier: Tier, of: (line: Line) => number): number =>
  Math.max(...lines.filter((line) => line.tier === tier).map(of));
const verdict = (tier: Tier): string => {
  const [auc, decisions] = [
    worst(tier, (line) => Math.abs(line.auc - aucOf(line))),
    worst(tier, (line) => line.decisions),
  ];
  const held = auc <= MOST.auc && decisions < MOST.decisions;
  return `**${tier}** changes macro AUC-ROC by at most ${auc.toFixed(5)} and ${(100 * decisions).toFixed(3)} % of decisions at the 1 % budget: ${held ? "within" : "beyond"} the bounds of ${MOST.auc} and ${100 * MOST.decisions} %.`;
};
const document = `# Tiers of weights

Written by \`node bench/tiers.ts${quick ? " --quick" : ""}\` on ${today()}: models trained on three data sets with every third family held out, 100 labels for each of the others, seed 1${quick ? ", the published form for 4 episodes only" : ""}, then stored in each tier; all rows on the test side scored.

${verdict("int16")} ${verdict("f16")}

| data | method | tier | file | rows | largest change of a score | macro AUC-ROC, held out | decisions changed at 1 % |
|---|---|---|--:|--:|--:|--:|--:|
${lines.map(cell).join("\n")}

## What a tier is

\`unseen train --weights int16\` and \`unseen quantize model.safetensors --weights int16 --out small.safetensors\` store the bulk of a model's matrices as integers of 13 bits with a scale for each output (tensors of type I16, with \`<name>.scale\` beside them); \`--weights f16\` as half floats. Golden scores are those of the tier, so whoever opens the file tests what is stored. Thresholds stay.

- **int16** is computed in fixed point: activations are rounded to 13 bits by row, products summed exactly in 32 bits. The scale of an output is the smallest for which neither a weight is above 4095 nor the sum of its weights' sizes times 4095 reaches 2³¹; the kernel adds those sums up as it packs, and a file with larger ones is refused. A row scores the same bits alone and in any batch.
- **f16** is widened as the model is opened and computed as f32, at the same speed.
- In the residual network the hidden and output layers of the encoder are stored so; in the evidence network those of the prototypes. Input layer, LayerNorm, GELU, head, trees, thresholds, the references and the Gaussian stay f32: trees compare with thresholds what rows differ from those by. So the published form halves its file, the default's shrinks by what these are of it.
- Against the network in double precision with weights as trained, scores are within 1e-5 (f32, plain and relaxed SIMD), 2e-3 (f16) and 4e-3 (int16) on random networks: \`model/tier.test.ts\`.

## Plain and relaxed SIMD

\`score.wasm\` needs SIMD128 only and is the reference: the trainer scores with it on every machine. The Worker scores residual networks by \`score-relaxed.wasm\`, whose products and sums are rounded once instead of twice, and falls back to the plain build where golden rows come out otherwise (\`model/builds.ts\`). Evidence networks are always scored by the plain build: the nearest of two references is found by sums, where the last bit can decide, and trees look at what a row differs from it. So are networks in int16: a last bit can move an activation by a whole step, and scores by 1e-4. A Worker compiles what it imports as it starts: for an engine without relaxed SIMD, leave its import out of \`worker/index.ts\`.
`;
writeFileSync(new URL("../docs/tiers.md", import.meta.url), document);
console.log(document);
