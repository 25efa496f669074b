/** `unseen benchmark`: methods beside each other on families held out of everything, one JSON line per measurement. */
import { availableParallelism } from "node:os";
import { UnseenError } from "../../model/errors.ts";
import { type BenchmarkSplit, SPLITS } from "../benchmark/cell.ts";
import { runBenchmark } from "../benchmark/run.ts";
import { METHODS, methodNamed } from "../peers/registry.ts";
import { type Command, jsonOption, names, printJson, required, whole } from "./command.ts";
import { interruptSignal, withProgress } from "./progress.ts";
import { noteLine } from "./table.ts";

export const benchmarkCommand: Command = {
  args: {
    data: { type: "string", required: true, valueHint: "DIR,DIR", description: "data folders; see docs/data.md" },
    out: {
      type: "string",
      required: true,
      valueHint: "FILE",
      description: "results file (.jsonl) to write or go on with",
    },
    methods: {
      type: "string",
      valueHint: "a,b",
      description: `methods (all): ${METHODS.map(({ name }) => name).join(", ")}`,
    },
    families: {
      type: "string",
      valueHint: "a,b",
      description: "families or groups to hold out (8 by a rule, see docs/benchmark.md)",
    },
    "hold-out-k": { type: "string", default: "1", description: "families held out at a time" },
    split: {
      type: "string",
      default: "random",
      valueHint: "a,b",
      description: `how normal rows are split: ${SPLITS.join(", ")}`,
    },
    shots: { type: "string", default: "100", description: "labelled anomalies used per seen family, for anything" },
    seeds: { type: "string", default: "3", description: "seeds 1 to this" },
    full: { type: "boolean", description: "lift the caps on families and rows" },
    "normal-rows": {
      type: "string",
      valueHint: "N",
      description: "normal training rows at the most, half as many to validate (10,000)",
    },
    nested: {
      type: "boolean",
      description: "hide families inside the training side: choose by that, then report without",
    },
    workers: { type: "string", description: "worker processes (one a core)" },
    ...jsonOption,
  },
  examples: [
    "unseen benchmark --data flows --methods knn,logistic --seeds 1 --out results.jsonl",
    "unseen benchmark --data data/cicids2017,data/skab --split random,blocks,domain-out --out results.jsonl",
    "unseen benchmark --data flows --methods unseen,knn --nested --out choice.jsonl",
  ],
  async run(options) {
    const methods = names(options, "methods").map(methodNamed);
    const quiet = options.json === true;
    const { signal, dispose } = interruptSignal("now; finished lines are kept");
    try {
      const result = await withProgress("benchmark", quiet, (report) =>
        runBenchmark(
          {
            folders: [...new Set(names(options, "data"))],
            out: required(options, "out"),
            methods: methods.length > 0 ? [...new Set(methods)] : METHODS,
            families: names(options, "families"),
            splits: splits([...new Set(names(options, "split"))]),
            holdOutK: whole(options, "hold-out-k", 1, 100) ?? 1,
            shots: whole(options, "shots", 0, 1_000_000) ?? 100,
            seeds: whole(options, "seeds", 1, 1000) ?? 3,
            full: options.full === true,
            normalRows: whole(options, "normal-rows", 2, 1_000_000_000),
            nested: options.nested === true,
            workers: whole(options, "workers", 1, 256) ?? availableParallelism(),
          },
          report,
          signal,
        ),
      );
      if (result.failed.length > 0) process.exitCode = 1;
      if (quiet) return printJson(result);
      for (const note of result.notes) console.log(noteLine(note));
      for (const failure of result.failed) console.error(`failed: ${failure}`);
      console.log(`${result.written} lines written, ${result.found} were there already`);
    } finally {
      dispose();
    }
  },
};

function splits(given: readonly string[]): BenchmarkSplit[] {
  return given.map((name) => {
    const split = SPLITS.find((known) => known === name);
    if (split !== undefined) return split;
    throw new UnseenError("option-invalid", `--split has "${name}".`, `Give some of ${SPLITS.join(", ")}.`);
  });
}
