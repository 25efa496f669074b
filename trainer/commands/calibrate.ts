/** `unseen calibrate`: learns from feedback in seconds, by the head alone, and publishes the new version if asked to. */
import { writeArtefact } from "../../model/artefact.ts";
import { UnseenError } from "../../model/errors.ts";
import { calibrateModel } from "../calibrate/calibrate.ts";
import { feedbackOfLines, type LabelledRows, readFeedback } from "../calibrate/feedback.ts";
import type { CalibrationFigures, Change } from "../calibrate/figures.ts";
import { columnsOf } from "../data/matrix.ts";
import { publish } from "../publish/publish.ts";
import type { Scorer } from "../../model/scorer.ts";
import { writeWhole } from "../disk.ts";
import { openModel } from "../model-file.ts";
import { type Command, type Options, outFile, percent, printJson, required, text } from "./command.ts";
import { modelDataOptions, oneFile, readData } from "./data-options.ts";
import { askLines, endpointOptions } from "./endpoint.ts";
import { withProgress } from "./progress.ts";
import { publishedText, store, storeOptions } from "./publish.ts";
import { table } from "./table.ts";

export const calibrateCommand: Command = {
  args: {
    model: { type: "string", required: true, valueHint: "FILE", description: "model file" },
    feedback: {
      type: "string",
      valueHint: "FILE",
      description: "labelled rows: the Worker's lines (.jsonl), or a table with columns label and family",
    },
    ...endpointOptions,
    url: { ...endpointOptions.url, description: "take the feedback from this Worker instead" },
    out: { type: "string", required: true, valueHint: "FILE", description: "model file to write" },
    publish: { type: "string", valueHint: "NAME", description: "publish the new version under this name" },
    canary: { type: "string", valueHint: "PERCENT", description: "publish it as a canary" },
    local: storeOptions.local,
    remote: storeOptions.remote,
    "persist-to": storeOptions["persist-to"],
    config: storeOptions.config,
    ...modelDataOptions,
    data: { ...modelDataOptions.data, required: false, description: "published form only: the data it was trained on" },
    json: storeOptions.json,
  },
  examples: [
    "unseen calibrate --model model.safetensors --feedback labelled.csv --out model-2.safetensors",
    "unseen calibrate --model model.safetensors --url https://flows.example.com --name flows --out model-2.safetensors --publish flows --canary 10 --remote",
    "unseen calibrate --model paper.safetensors --data flows --feedback labelled.jsonl --out paper-2.safetensors",
  ],
  async run(options) {
    const { scorer } = openModel(required(options, "model"));
    const out = outFile(options, "model");
    const quiet = options.json === true;
    const name = text(options, "publish");
    const canary = percent(options, "canary");
    if (canary !== undefined && name === undefined) {
      throw new UnseenError(
        "option-invalid",
        "--canary says how to publish, but not what.",
        "Give --publish NAME too.",
      );
    }
    const started = performance.now();
    const shown = quiet ? () => {} : (figures: CalibrationFigures) => console.log(`${figuresText(figures)}\n`);
    const refused: UnseenError[] = [];
    const { artefact, figures, step, labels } = await withProgress("calibrating", quiet, async () => {
      const feedback = await feedbackOf(options, scorer, refused);
      if (refused[0] && !quiet) {
        const some = refused.length === 1 ? "1 labelled row is" : `${refused.length} labelled rows are`;
        console.log(`${some} left out, which the model does not take (the first: ${refused[0].message}).\n`);
      }
      const dataset = async () =>
        text(options, "data") ? readData(options, { columns: columnsOf(scorer.artefact.schema) }) : undefined;
      return { ...(await calibrateModel(scorer, feedback, dataset, shown)), labels: feedback.count };
    });
    const seconds = (performance.now() - started) / 1000;
    writeWhole(out, writeArtefact(artefact));
    const published =
      name === undefined
        ? undefined
        : await publish({ ...store({ ...options, name }), file: out, ...(canary === undefined ? {} : { canary }) });
    const { thresholds } = artefact;
    if (quiet)
      return printJson({ out, labels, leftOut: refused.length, seconds, step, figures, thresholds, published });
    if (step < 1)
      console.log(`The head took ${100 * step} % of what the labels ask for: more would cost seen families.`);
    console.log(`${out}: ${labels} labels learned in ${seconds.toFixed(1)} s`);
    const { rethresholdedRows: recent } = scorer.artefact.training.figures;
    if (recent !== undefined)
      console.log(`Thresholds were those of ${recent} recent rows, and no longer are: run unseen threshold again.`);
    if (published) console.log(publishedText(published));
  },
};

/** @param refused is given what is wrong with the Worker's rows that the model does not take */
async function feedbackOf(options: Options, scorer: Scorer, refused: UnseenError[]): Promise<LabelledRows> {
  const [url, file] = [text(options, "url"), text(options, "feedback")];
  if ((url === undefined) === (file === undefined)) {
    const remedy = "Give --feedback FILE, or --url and --name to take it from a Worker.";
    throw new UnseenError("option-invalid", "It is not clear where the feedback is.", remedy);
  }
  if (file !== undefined) return readFeedback(scorer, oneFile(options, "feedback"));
  return feedbackOfLines(scorer, await askLines(options, "feedback"), `${url}`, refused);
}

/** Before and after, as a table. */
function figuresText({ seen, macro, feedback, falseAlarms }: CalibrationFigures): string {
  const cells = (name: string, rows: string | number, { aucRoc, flagged }: Omit<Change, "family" | "rows">) => [
    name,
    rows,
    ...[aucRoc.before, aucRoc.after, flagged.before, flagged.after].map((value) => value.toFixed(3)),
  ];
  const rows = [
    ...seen.map((change) => cells(`${change.family} (seen)`, change.rows, change)),
    ...(macro ? [cells("mean of seen", "", macro)] : []),
    ...feedback.map((change) => cells(`${change.family} (feedback)`, change.rows, change)),
    ...(falseAlarms ? [cells("normal (feedback)", falseAlarms.rows, falseAlarms)] : []),
  ];
  const head = ["rows of", "rows", "AUC-ROC before", "after", "flagged at 1 % before", "after"];
  const notes = [
    "Feedback is judged by heads that did not learn it (a part left out in turn); seen families on labels no part was",
    "fitted on. Both thresholds are set on the same normal rows, so that one in a hundred of them is flagged.",
    ...(macro
      ? [
          `Brier score of the confidence on seen families: ${macro.brier.before.toFixed(4)}, after ${macro.brier.after.toFixed(4)}.`,
        ]
      : []),
  ];
  return [table(head, rows), ...notes].join("\n");
}
