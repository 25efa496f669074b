/**
 * `npm run bench`: the kernel beside its peers on the same weights, in one run; writes docs/performance.md and its plot.
 *
 *     npm run bench                       about five minutes on a quiet machine
 *     npm run bench -- --quick --json     under 50 s; writes nothing but one line of ratios
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { defaultLearner } from "./default-learner.ts";
import { operations, REFERENCE, referenceModel } from "./reference-network.ts";
import { coldStarts } from "./speed/cold-starts.ts";
import { BATCHES, compare, heats, type Heat } from "./speed/contestants.ts";
import { inWorkerd } from "./speed/in-workerd.ts";
import { page } from "./speed/page.ts";
import { gigaflops, peak, PEAKS } from "./speed/peak.ts";
import { plot } from "./speed/plot.ts";
import { ratiosOf, type Results } from "./speed/results.ts";
import { type Timed, timeRounds, type Work } from "./speed/rounds.ts";
import { sizes } from "./speed/sizes.ts";

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

const times = new Map<number, Map<string, Map<string, Timed>>>();
for (const batch of BATCHES) {
  say(`timing batches of ${batch}`);
  times.set(batch, await timeHeats(contestants, batch));
}
say("timing the peak");
const loops = new Map<string, Work>();
for (const name of PEAKS) loops.set(name, await peak(name));
const peaks = new Map(
  [...(await timeRounds(loops, 1, rounds))].map(([name, { minimum }]) => [name, gigaflops(minimum)]),
);
say("timing in workerd");
const reference = new Map([["the reference network", referenceModel()]]);
const workerd = quick
  ? await inWorkerd(reference, [1, 256], 3)
  : await inWorkerd(new Map([...reference, ["the default learner", learner]]), BATCHES, 9);
say("cold starts");
const cold = coldStarts(quick ? 2 : 11);
say("sizes");
const results: Results = {
  date: new Date().toISOString().slice(0, 10),
  rounds,
  learner,
  operations: operations(REFERENCE),
  differences,
  times,
  peaks,
  workerd,
  cold,
  sizes: sizes(contestants),
};

if (values.json) console.log(JSON.stringify(ratiosOf(results)));
if (!quick) {
  writeFileSync(new URL("../docs/performance.md", import.meta.url), page(results));
  writeFileSync(new URL("../docs/performance.svg", import.meta.url), plot(results));
}
if (!values.json) console.log(page(results));
// onnxruntime's threads would keep the process
process.exit(0);

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
