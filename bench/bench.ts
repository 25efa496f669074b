/**
 * `npm run bench`: the kernel beside its peers on the same weights, in one run; writes docs/performance.md, its plot and a
 * line of docs/performance.jsonl.
 *
 *     npm run bench                       about five minutes on a quiet machine
 *     npm run bench -- --quick --json     under 50 s; writes nothing but one line of ratios
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Artefact } from "../model/artefact.ts";
import { quantise } from "../trainer/learn/quantise.ts";
import { defaultLearner } from "./default-learner.ts";
import { today } from "./page-block.ts";
import { fixedOperations, operations, REFERENCE, referenceModel } from "./reference-network.ts";
import { coldStarts } from "./speed/cold-starts.ts";
import { BATCHES, compare, heats, type Heat } from "./speed/contestants.ts";
import { inWorkerd } from "./speed/in-workerd.ts";
import { keepMachines, machinesWith } from "./speed/machines.ts";
import { page } from "./speed/page.ts";
import { type Peak, peakLoops, PEAKS } from "./speed/peak.ts";
import { plot } from "./speed/plot.ts";
import { ratiosOf, type Results } from "./speed/results.ts";
import { type Timed, timeRounds, type Work } from "./speed/rounds.ts";
import { sizes } from "./speed/sizes.ts";
import { stages } from "./speed/stage-times.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean" }, json: { type: "boolean" } } });
const quick = values.quick === true;
const rounds = quick ? 5 : 21;
const say = (what: string): void => void (values.json || console.error(`· ${what}`));

say("training a model of the default learner");
const learner = await defaultLearner(REFERENCE.inputs, quick);
say("comparing scores");
const contestants = await heats(learner, quick);
const differences = new Map<string, Map<string, number>>();
for (const heat of contestants) differences.set(heat.title, await compare(heat));

const stageModels = {
  f32: ["score", referenceModel()],
  relaxed: ["score-relaxed", referenceModel()],
  int16: ["score", quantise(referenceModel(), "int16")],
} as const;

const times = new Map<number, Map<string, Map<string, Timed>>>();
for (const batch of BATCHES) {
  say(`timing batches of ${batch}`);
  times.set(batch, await timeHeats(contestants, batch));
}
say("timing the peak");
const loops = new Map<string, Peak & { readonly name: string }>();
for (const name of PEAKS) {
  for (const [i, loop] of (await peakLoops(name)).entries()) loops.set(`${name} ${i}`, { ...loop, name });
}
const peaks = new Map<string, number>();
for (const [key, { minimum }] of await timeRounds(new Map([...loops].map(([key, { run }]) => [key, run])), 1, rounds)) {
  const { name, done } = loops.get(key) as Peak & { name: string };
  peaks.set(name, Math.max(peaks.get(name) ?? 0, done / minimum / 1000));
}
say("timing stages");
// only the page tells of them
const beside = new Map(
  Object.entries(values.json ? {} : stageModels).map(([tier, [build, model]]) => [tier, besideProducts(build, model)]),
);
say("timing in workerd");
const reference = new Map([["the reference network", referenceModel()]]);
const workerd = quick
  ? await inWorkerd(reference, [1, 256], 3)
  : await inWorkerd(new Map([...reference, ["the default learner", learner]]), BATCHES, 9);
say("cold starts");
const cold = coldStarts(quick ? 2 : 11, learner);
say("sizes");
const results: Results = {
  date: today(),
  rounds,
  learner,
  operations: operations(REFERENCE),
  fixedOperations: fixedOperations(REFERENCE),
  differences,
  times,
  peaks,
  beside,
  workerd,
  cold,
  sizes: sizes(contestants),
};

if (values.json) console.log(JSON.stringify(ratiosOf(results)));
const machines = machinesWith("performance", ratiosOf(results));
if (!quick) {
  keepMachines("performance", machines);
  writeFileSync(new URL("../docs/performance.md", import.meta.url), page(results, machines));
  writeFileSync(new URL("../docs/performance.svg", import.meta.url), plot(results));
}
if (!values.json) console.log(page(results, machines));
// onnxruntime's threads would keep the process
process.exit(0);

/** Microseconds a row of LayerNorm and GELU in whole blocks. */
function besideProducts(build: string, model: Artefact): number {
  const all = stages(build, model, [64], quick ? 10 : 60);
  return all.reduce((sum, { flops, micros }) => (flops > 0 ? sum : sum + micros[0]), 0);
}

/** All heats in the same rounds, so that they can be compared with each other. */
async function timeHeats(all: readonly Heat[], batch: number): Promise<Map<string, Map<string, Timed>>> {
  const works = new Map<string, Work>();
  const key = (heat: Heat, name: string): string => JSON.stringify([heat.title, name]);
  for (const heat of all) for (const [name, work] of heat.works) works.set(key(heat, name), work);
  const timed = await timeRounds(works, batch, rounds);
  return new Map(
    all.map((heat) => [
      heat.title,
      new Map([...heat.works.keys()].flatMap((name) => [[name, timed.get(key(heat, name)) as Timed] as const])),
    ]),
  );
}
