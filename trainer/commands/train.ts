/** `unseen train`: from a data set to a model file. */
import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { writeArtefact } from "../../model/artefact.ts";
import { UnseenError } from "../../model/errors.ts";
import { TIERS } from "../../model/tier.ts";
import { quantise } from "../learn/quantise.ts";
import { LEARNING_DEFAULTS, LEARNING_METHODS } from "../learn/request.ts";
import type { LearningMethod, LearningOptions } from "../learn/request.ts";
import { NORMAL_ROWS, trainOn, type TrainOnOptions } from "../learn/train-on.ts";
import { placeOf, writeWhole } from "../disk.ts";
import { sizeNotes } from "../publish/publish.ts";
import { choice, type Command, jsonOption, names, type Options, outFile, printJson, text, whole } from "./command.ts";
import { dataOptions, readData } from "./data-options.ts";
import { interruptSignal, withProgress } from "./progress.ts";
import { weightsOption } from "./quantize.ts";
import { noteLine } from "./table.ts";

/** Options of the published form that take a number, with what they mean. */
const numbers: Partial<Record<keyof LearningOptions, string>> = {
  hidden: "width H of the encoder",
  blocks: "residual blocks",
  latent: "width Z of the representation",
  episodes: "episodes",
  innerSteps: "inner steps of an episode",
  outerSteps: "outer steps of an episode",
  rate: "learning rate of the inner loop",
  outerRate: "learning rate of the outer loop",
  reconstruction: "weight λ of the reconstruction term",
  corruption: "weight of corrupted normal rows in the inner loop; 0 as published",
  margin: "margin m",
  alpha: "weight α of the margin",
  epsilon: "ε of the ODIN step; 0 leaves it out",
};

/** More threads than this wait for each other more than they work. */
const MOST_THREADS = 4;

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export const trainCommand: Command = {
  args: {
    ...dataOptions,
    out: { type: "string", required: true, valueHint: "FILE", description: "model file to write (.safetensors)" },
    "hold-out": { type: "string", valueHint: "a,b", description: "families training must not see in any form" },
    shots: { type: "string", default: "100", description: "labelled anomalies used per seen family, for anything" },
    seed: { type: "string", default: "1", description: "the same seed and data give the same model" },
    "normal-rows": {
      type: "string",
      default: String(NORMAL_ROWS),
      description: "most normal rows to train on, chosen by their hashes; half as many set thresholds",
    },
    split: { type: "string", default: "rows", description: "rows, or blocks for time series and patients" },
    method: { type: "string", default: "unseen", description: "unseen, or paper for the published form" },
    ...weightsOption,
    resume: { type: "boolean", description: "paper: go on where an interrupted run of the same command stopped" },
    log: {
      type: "string",
      valueHint: "FILE",
      description: "paper: JSON line per episode: pre, after inner, after outer",
    },
    workers: { type: "string", description: "paper: threads (one a core, four at most); the model is the same" },
    "learn-epsilon": { type: "boolean", description: "paper: learn ε instead of keeping it fixed" },
    ...Object.fromEntries(
      Object.entries(numbers).map(([name, description]) => [
        kebab(name),
        {
          type: "string" as const,
          description: `paper: ${description} (${LEARNING_DEFAULTS[name as keyof LearningOptions]})`,
        },
      ]),
    ),
    ...jsonOption,
  },
  examples: [
    "unseen train --data flows --out model.safetensors",
    "unseen train --data flows --hold-out port_scan,beaconing --shots 50 --out model.safetensors",
    "unseen train --data flows --method paper --episodes 30 --log episodes.jsonl --out model.safetensors",
    "unseen train --data flows --weights int16 --out model.safetensors",
    "unseen train --data 'flows-*.parquet' --label Label --normal BENIGN --domain Day --out model.safetensors",
  ],
  async run(options) {
    const out = outFile(options, "model");
    const quiet = options.json === true;
    const tier = choice(options, "weights", TIERS);
    const checkpoint = `${out}.checkpoint`;
    const how: TrainOnOptions = {
      holdOut: names(options, "hold-out"),
      shots: whole(options, "shots", 0, 1_000_000) ?? 100,
      seed: whole(options, "seed", 0, Number.MAX_SAFE_INTEGER) ?? 1,
      split: choice(options, "split", ["rows", "blocks"]),
      normalRows: whole(options, "normal-rows", 2, 1_000_000_000) ?? NORMAL_ROWS,
      method: checkedMethod(options),
      learning: learningOptions(options),
      checkpoint,
      resume: options.resume === true,
      workers: whole(options, "workers", 1, 64) ?? Math.min(MOST_THREADS, availableParallelism()),
    };
    const log = text(options, "log") && outFile(options, "other", "log");
    const [model, lines] = [out, log].map((file) => (file === undefined ? undefined : resolve(placeOf(file))));
    if (model === lines) {
      throw new UnseenError("option-invalid", `--log and --out are both ${model}.`, "Give each a file of its own.");
    }
    const dataset = await withProgress("reading", quiet, () => readData(options));
    if (!quiet) for (const note of dataset.notes) console.error(noteLine(note));
    // From here on: while reading there is nothing to keep, and Ctrl-C ends the program at once.
    const { signal, dispose } = interruptSignal();
    const started = performance.now();
    try {
      const trained = await withProgress("training", quiet, (report) => trainOn(dataset, { ...how, signal }, report));
      const artefact = tier === "f32" ? trained.artefact : quantise(trained.artefact, tier);
      const bytes = writeArtefact(artefact);
      writeWhole(out, bytes);
      if (how.method === "paper") rmSync(checkpoint, { force: true });
      if (log) writeWhole(log, `${trained.episodes.map((episode) => JSON.stringify(episode)).join("\n")}\n`);
      const seconds = (performance.now() - started) / 1000;
      const { training, thresholds, network } = artefact;
      const found = [...trained.notes, ...sizeNotes(bytes)];
      const notes = [...dataset.notes, ...found];
      if (quiet) return printJson({ out, bytes: bytes.length, seconds, network, thresholds, training, notes });
      for (const note of found) console.error(noteLine(note));
      const { normalRows, domains, labels, families } = training;
      console.log(
        `${out}: ${(bytes.length / 1024).toFixed(0)} KiB, ${normalRows} normal rows of ${domains.length} ${domains.length === 1 ? "domain" : "domains"}, ` +
          `${labels} labels of ${families.length} ${families.length === 1 ? "family" : "families"}, ${seconds.toFixed(1)} s`,
      );
    } finally {
      dispose();
    }
  },
};

/** The method asked for. @throws UnseenError option-invalid where an option of the published form goes with another one */
function checkedMethod(options: Options): LearningMethod {
  const method = choice(options, "method", LEARNING_METHODS);
  const others = [...Object.keys(numbers).map(kebab), "resume", "log", "workers", "learn-epsilon"];
  const stray = others.find((name) => options[name] !== undefined && options[name] !== false);
  if (method === "paper" || stray === undefined) return method;
  throw new UnseenError(
    "option-invalid",
    `--${stray} belongs to the published form.`,
    "Give --method paper as well, or leave it out: the default method has nothing to set and takes seconds.",
  );
}

function learningOptions(options: Options): Partial<LearningOptions> {
  const chosen: Record<string, number | boolean> = {};
  for (const name of Object.keys(numbers)) {
    const value = text(options, kebab(name));
    if (value === undefined) continue;
    const number = Number(value);
    const fraction = !Number.isInteger(LEARNING_DEFAULTS[name as keyof LearningOptions]);
    const weight = ["corruption", "reconstruction"].includes(name);
    const most = name === "epsilon" ? 1 : 1e6;
    if (!(number >= 0 && number <= most) || (!fraction && !weight && !Number.isInteger(number))) {
      throw new UnseenError("option-invalid", `--${kebab(name)} is ${value}.`, `Give a number from 0 to ${most}.`);
    }
    chosen[name] = number;
  }
  if (options["learn-epsilon"] === true) chosen.learnEpsilon = true;
  return chosen;
}
