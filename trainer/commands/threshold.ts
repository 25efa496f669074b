/** `unseen threshold`: sets a model's thresholds anew on recent normal rows, without training. */
import { writeArtefact } from "../../model/artefact.ts";
import { UnseenError } from "../../model/errors.ts";
import { budgetText } from "../../model/thresholds.ts";
import { rethreshold } from "../evaluate/rethreshold.ts";
import { writeWhole } from "../disk.ts";
import { openModel } from "../model-file.ts";
import { type Command, jsonOption, names, type Options, outFile, printJson, required } from "./command.ts";
import { oneFile } from "./data-options.ts";
import { withProgress } from "./progress.ts";
import { table } from "./table.ts";

export const thresholdCommand: Command = {
  args: {
    model: { type: "string", required: true, valueHint: "FILE", description: "model file" },
    normal: { type: "string", required: true, valueHint: "FILE", description: "normal rows: CSV, CSV.gz or Parquet" },
    budget: { type: "string", default: "0.01", valueHint: "a,b", description: "false-positive budgets to set" },
    reference: { type: "boolean", description: "take the rows as the model's reference for drift as well" },
    out: { type: "string", required: true, valueHint: "FILE", description: "model file to write" },
    ...jsonOption,
  },
  examples: [
    "unseen threshold --model model.safetensors --budget 0.01 --normal recent.csv --out model-2.safetensors",
    "unseen threshold --model model.safetensors --budget 0.001,0.01 --normal recent.csv --reference --out model-2.safetensors",
  ],
  async run(options) {
    const { scorer } = openModel(required(options, "model"));
    const out = outFile(options, "model");
    const how = { budgets: budgetsOf(options), reference: options.reference === true };
    const quiet = options.json === true;
    const file = oneFile(options, "normal");
    const { artefact, rows, budgets } = await withProgress("scoring normal rows", quiet, () =>
      rethreshold(scorer, file, how),
    );
    writeWhole(out, writeArtefact(artefact));
    if (quiet) return printJson({ out, rows, budgets });
    const number = (value: number | undefined): string => value?.toFixed(6) ?? "none";
    const percent = (share: number | undefined): string => (share === undefined ? "" : `${(100 * share).toFixed(2)} %`);
    const head = ["budget", "threshold before", "flagged", "threshold after", "flagged"];
    const cells = budgets.map(({ budget, before, after, flaggedBefore, flaggedAfter }) => [
      budgetText(budget),
      number(before),
      percent(flaggedBefore),
      number(after),
      percent(flaggedAfter),
    ]);
    console.log(`${table(head, cells)}\n\n${out}: thresholds of ${rows} normal rows`);
  },
};

function budgetsOf(options: Options): number[] {
  const budgets = names(options, "budget").map(Number);
  if (budgets.length > 0 && budgets.every((budget) => budget > 0 && budget < 0.5)) return budgets;
  const remedy = "Give shares above 0 and below 0.5, like 0.01 for one false alarm in a hundred normal rows.";
  throw new UnseenError("option-invalid", `--budget is ${String(options.budget)}.`, remedy);
}
