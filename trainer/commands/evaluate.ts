/** `unseen evaluate`: a model's figures on rows its training has not seen. */
import { writeArtefact } from "../../model/artefact.ts";
import { UnseenError } from "../../model/errors.ts";
import { budgetText } from "../../model/thresholds.ts";
import { columnsOf } from "../data/matrix.ts";
import { type Evaluation, evaluate, testSide, type FamilyResult } from "../evaluate/evaluate.ts";
import { summarise } from "../evaluate/summary.ts";
import { writeWhole } from "../disk.ts";
import { openModel } from "../model-file.ts";
import { type Command, jsonOption, names, printJson, required, whole } from "./command.ts";
import { modelDataOptions, readData } from "./data-options.ts";
import { withProgress } from "./progress.ts";
import { noteLine, table } from "./table.ts";

export const evaluateCommand: Command = {
  args: {
    model: { type: "string", required: true, valueHint: "FILE", description: "model file" },
    ...modelDataOptions,
    "hold-out": { type: "string", valueHint: "a,b", description: "families to report as unseen (all not trained on)" },
    write: { type: "boolean", description: "put the figures into the model file, for its card; its hash changes" },
    examples: { type: "string", valueHint: "N", description: "with --write: take N of these rows along as a sample" },
    ...jsonOption,
  },
  examples: [
    "unseen evaluate --model model.safetensors --data flows --hold-out port_scan,beaconing",
    "unseen evaluate --model model.safetensors --data flows --write --examples 200",
    "unseen evaluate --model model.safetensors --data flows --json | jq .macro.aucRoc",
  ],
  async run(options) {
    const file = required(options, "model");
    const { scorer } = openModel(file);
    const quiet = options.json === true;
    const examples = whole(options, "examples", 0, 1000) ?? 0;
    if (examples > 0 && options.write !== true) {
      throw new UnseenError("option-invalid", "--examples goes with --write.", "Give --write as well.");
    }
    const holdOut = options["hold-out"] === undefined ? undefined : names(options, "hold-out");
    const result = await withProgress("evaluating", quiet, async () => {
      const dataset = await readData(options, { columns: columnsOf(scorer.artefact.schema) });
      const side = testSide(scorer, dataset, holdOut);
      const evaluation = evaluate(scorer, dataset, side);
      if (options.write === true) {
        const summary = summarise(scorer, side, evaluation, examples);
        writeWhole(file, writeArtefact({ ...scorer.artefact, evaluation: summary }));
      }
      return evaluation;
    });
    if (quiet) return printJson(result);
    console.log(evaluationText(result));
  },
};

/** The evaluation as tables. */
export function evaluationText({ unseen, seen, macro, falsePositives, labels, notes }: Evaluation): string {
  const cells = (
    name: string,
    rows: string | number,
    r: Omit<FamilyResult, "family" | "rows">,
  ): (string | number)[] => [
    name,
    rows,
    ...[r.aucRoc, r.averagePrecision.balanced, r.atF1.precision, r.atF1.recall, r.atF1.f1, r.atF1.accuracy].map(fixed),
    fixed(r.atBudget.recall),
  ];
  const head = ["family", "rows", "AUC-ROC", "AP", "P", "R", "F1", "accuracy", "R at 1 % FP"];
  const rows = [
    ...unseen.map((r) => cells(`${r.family} (unseen)`, r.rows, r)),
    ...(macro ? [cells("mean of unseen", "", macro)] : []),
    ...seen.map((r) => cells(`${r.family} (seen)`, r.rows, r)),
  ];
  const budgets = Object.keys(falsePositives.all.rates);
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  const { all, domains } = falsePositives;
  // a domain may be called "all" itself
  const normal = domains.length > 1 ? [{ ...all, domain: `all ${domains.length} domains` }, ...domains] : [all];
  return [
    ...(rows.length === 0
      ? []
      : [table(head, rows), "P, R, F1, accuracy at τ* and AP weigh normal and anomalous rows half each.", ""]),
    table(
      ["unseen normal rows", "rows", ...budgets.map((budget) => `flagged at ${budgetText(budget)}`)],
      normal.map(({ domain, rows: count, rates }) => [
        domain,
        count,
        ...budgets.map((budget) => percent(rates[budget])),
      ]),
    ),
    "",
    `${labels} labels were used in training, for anything.`,
    ...notes.map(noteLine),
  ].join("\n");
}

function fixed(value: number): string {
  return value.toFixed(3);
}
