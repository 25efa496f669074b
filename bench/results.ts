/**
 * Writes the benchmark's results into README.md and docs/results.md, from the files of one or several runs:
 *
 *     npx unseen benchmark --data … --out results.jsonl
 *     node bench/results.ts results.jsonl …
 *
 * Ablations of ours are tabled beside ours on the cells they were run on. Every line it was given goes into
 * docs/results.jsonl.gz, less the histograms, which these pages do not show, and digits beyond the sixth; so that one
 * method can be measured again and tabled beside the others without measuring those:
 *
 *     zcat docs/results.jsonl.gz | grep -v '"method":"unseen' > results.jsonl
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { ResultLine } from "../trainer/benchmark/line.ts";
import { readResults } from "../trainer/benchmark/results.ts";
import { ABLATIONS } from "../trainer/peers/ours.ts";
import { METHODS } from "../trainer/peers/registry.ts";
import { aucOf, type Figure, type Frame, framesOf, macro, mean, type MethodInfo } from "../trainer/report/frame.ts";
import { toMarkdown } from "../trainer/report/markdown.ts";
import { meansPlot } from "../trainer/report/plots.ts";
import { reportOf } from "../trainer/report/report.ts";
import { signed } from "../trainer/report/section.ts";
import { today, writeBlock } from "./page-block.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const files = process.argv.slice(2);
if (files.length === 0) throw new Error("give the files that unseen benchmark wrote");
const all = files.flatMap((file) => readResults(file).lines);
const variants = new Set(ABLATIONS.map(({ name }) => name));
const lines = all.filter(({ method, shots }) => !variants.has(method) && shots === 100);

const FIGURES: readonly (readonly [string, Figure])[] = [
  ["AUC-ROC", aucOf],
  ["AP", (line) => line.averagePrecision.balanced],
  ["recall at the 1 % budget", (line) => line.budgets["0.01"].recall],
];
/** The comparisons of the published method, and below what the best of them counts as weak on a family. */
const BASELINES = ["coral", "mtae", "mtl-red", "odin", "resad"];
const WEAK = 0.85;
const realised: Figure = (line) => line.budgets["0.01"].falsePositiveRate;
const seenEce: Figure = (line) => line.confidence.seen?.ece ?? Number.NaN;
const ours = METHODS.find(({ name }) => name === "unseen");
if (!ours) throw new Error("no method of ours");

const isOurs = (method: MethodInfo): boolean => method.group === "ours";
const fixed = (value: number, digits = 3): string => value.toFixed(digits).replace(/^(-?)0\./, "$1.");

/** One row a data set: ours with its deviation over seeds, and the best single peer by each figure. */
function summary(frame: Frame): string[] {
  return frame.data.map((data) => {
    const cells = FIGURES.flatMap(([, figure]) => {
      const own = macro(frame, "unseen", figure, data);
      const [best] = frame.methods
        .filter((method) => !isOurs(method))
        .map((method) => ({ method, value: macro(frame, method.name, figure, data).mean }))
        .sort((a, b) => b.value - a.value);
      const won = own.mean >= best.value - 5e-4;
      const mine = `${fixed(own.mean)} ± ${fixed(own.deviation)}`;
      return [won ? `**${mine}**` : mine, `${fixed(best.value)} ${best.method.title}`];
    });
    const families = frame.targets.filter((target) => target.data === data).length;
    const rate = (100 * macro(frame, "unseen", realised, data).mean).toFixed(1);
    const ece = fixed(macro(frame, "unseen", seenEce, data).mean);
    return `| ${data} | ${frame.setting.split} | ${families} | ${cells.join(" | ")} | ${rate} % | ${ece} |`;
  });
}

const frames = framesOf(lines, METHODS);
const head = [
  `| data | split | families | ${FIGURES.flatMap(([name]) => [name, "best peer"]).join(" | ")} | FP at 1 % | ECE, seen |`,
  `|---|---|--:|${FIGURES.map(() => "--:|---|").join("")}--:|--:|`,
];
const peers = frames[0].methods.filter((method) => !isOurs(method)).length;
const intro =
  `Written by \`node bench/results.ts\` on ${today()}: means over held-out families, ± standard deviation over seeds ${frames[0].seeds.join(", ")}. ` +
  `Each family is kept out of fitting, scaling, selection and thresholds; 100 labels per seen family for anything. ` +
  `The best peer is the best of ${peers} for that data set and that figure, with hindsight; bold where ours is as good or better. AP weighs normal and anomalous rows half each; FP is the realised false-positive rate at the 1 % budget; ECE is the expected calibration error on test rows of seen families.`;
const block = [intro, "", ...head, ...frames.flatMap(summary)].join("\n");

const ablation = ablationTable(all);
const chapters = [
  toMarkdown(reportOf(lines, METHODS, "unseen")),
  `## Beside the published baselines\n\n${baselinesTable(frames)}\n`,
  ...(ablation ? [`## What each ingredient buys\n\n${ablation}\n`] : []),
];
writeFileSync(join(root, "docs/results.md"), chapters.join("\n"));
writeFileSync(join(root, "docs/results.svg"), meansPlot(frames[0], ours));
const short = (_name: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
const kept = all.map((line) => `${JSON.stringify({ ...line, histogram: null }, short)}\n`);
writeFileSync(join(root, "docs/results.jsonl.gz"), gzipSync(kept.join(""), { level: 9 }));
writeBlock("README.md", "results", block);
console.log(block);
if (ablation) console.log(`\n${ablation}`);

/** Ours on the families where the best of the paper's five comparisons is weakest, largest gain first. */
function baselinesTable(measured: readonly Frame[]): string {
  const rows = measured.flatMap(({ setting, targets, methods, lines: linesOf }) => {
    const missing = BASELINES.filter((name) => !methods.some((method) => method.name === name));
    if (missing.length > 0) throw new Error(`no measurements of ${missing.join(", ")} for ${setting.split}`);
    return targets.flatMap((target) => {
      const auc = (name: string): number => mean(linesOf(name, target).map(aucOf));
      const baselines = methods.filter(({ name }) => BASELINES.includes(name));
      const [best]: ({ title: string; value: number } | undefined)[] = baselines
        .map((method) => ({ title: method.title, value: auc(method.name) }))
        .sort((a, b) => b.value - a.value);
      if (best === undefined) return [];
      return [{ ...target, split: setting.split, best, own: auc("unseen"), gain: auc("unseen") / best.value - 1 }];
    });
  });
  const weak = rows.filter(({ best }) => best.value < WEAK).sort((a, b) => b.gain - a.gain);
  const gains = weak.filter(({ gain }) => gain > 0).length;
  return [
    `Families where the best of CORAL, MTAE, MTL-RED, ODIN and ResAD, chosen with hindsight, has an AUC-ROC below ${fixed(WEAK, 2)}: a gain on ${gains} of ${weak.length}.`,
    "",
    "| data | split | family | best of the five | its AUC-ROC | unseen | gain |",
    "|---|---|---|---|--:|--:|--:|",
    ...weak.map(({ data, split, family, best, own, gain }) => {
      const percent = `${signed(100 * gain, 1)} %`;
      return `| ${data} | ${split} | ${family} | ${best.title} | ${fixed(best.value)} | ${fixed(own)} | ${percent} |`;
    }),
  ].join("\n");
}

/** Ours less one ingredient, on the cells the ablations were run on: means over data sets of means over families. */
function ablationTable(results: readonly ResultLine[]): string | undefined {
  const key = ({ data, split, family, seed, shots }: ResultLine): string =>
    JSON.stringify([data, split, family, seed, shots]);
  const cells = new Set(results.filter(({ method }) => variants.has(method)).map(key));
  if (cells.size === 0) return undefined;
  const used = results.filter(
    (line) => cells.has(key(line)) && (variants.has(line.method) || line.method === "unseen"),
  );
  const sets = [...new Set(used.map(({ data, split }) => `${data}, ${split}`))];
  const missing: string[] = [];
  const rows = ["unseen", ...ABLATIONS.map(({ name }) => name)].flatMap((name) => {
    const own = used.filter(({ method }) => method === name);
    if (own.length < cells.size) {
      missing.push(`${name} (${own.length} of ${cells.size})`);
      return [];
    }
    const bySet = sets.map((set) => own.filter(({ data, split }) => `${data}, ${split}` === set));
    const over = (figure: Figure): number => bySet.reduce((sum, part) => sum + mean(part.map(figure)), 0) / sets.length;
    const title = [ours, ...ABLATIONS].find((method) => method?.name === name)?.title ?? name;
    const each = bySet.map((part) => fixed(mean(part.map(aucOf))));
    return [`| ${title} | ${each.join(" | ")} | ${FIGURES.map(([, figure]) => fixed(over(figure))).join(" | ")} |`];
  });
  const seeds = [...new Set(used.map(({ seed }) => seed))].sort().join(", ");
  return [
    `Means over seeds ${seeds}; AUC-ROC by data set, then means of the figures over data sets.${missing.length > 0 ? ` Left out for want of measurements: ${missing.join(", ")}.` : ""}`,
    "",
    `| | ${sets.join(" | ")} | ${FIGURES.map(([name]) => `mean ${name}`).join(" | ")} |`,
    `|---|${sets.map(() => "--:|").join("")}--:|--:|--:|`,
    ...rows,
  ].join("\n");
}
