/** `unseen drift`: how far recent rows are from those a model was trained on; asked of the Worker, or of a file. */
import type { Drift } from "../../model/drift.ts";
import { UnseenError } from "../../model/errors.ts";
import { fileDrift } from "../evaluate/scored-file.ts";
import { openModel } from "../model-file.ts";
import { type Command, jsonOption, type Options, printJson, text, whole } from "./command.ts";
import { ask, endpointOptions } from "./endpoint.ts";
import { oneFile } from "./data-options.ts";
import { withProgress } from "./progress.ts";
import { table } from "./table.ts";

/** Features shown at the most; --json has all. */
const SHOWN = 20;

export const driftCommand: Command = {
  args: {
    ...endpointOptions,
    version: { type: "string", valueHint: "N", description: "Worker: of this version (the current one)" },
    hours: { type: "string", valueHint: "N", description: "Worker: rows of the last N hours (24), up to 168" },
    model: { type: "string", valueHint: "FILE", description: "offline: model file" },
    in: { type: "string", valueHint: "FILE", description: "offline: rows, CSV, CSV.gz or Parquet" },
    ...jsonOption,
  },
  examples: [
    "unseen drift --url http://127.0.0.1:8787 --name flows",
    "UNSEEN_KEY=… unseen drift --url https://flows.example.com --name flows --hours 6 --json",
    "unseen drift --model model.safetensors --in today.csv",
  ],
  async run(options) {
    const quiet = options.json === true;
    const result = await withProgress("comparing", quiet, () => compare(options));
    if (quiet) return printJson(result);
    console.log(driftText(result));
  },
};

/** Of a Worker it says of which version. */
type Found = Drift & { readonly model?: { readonly name: string; readonly version: number } };

async function compare(options: Options): Promise<Found> {
  const [url, file] = [text(options, "url"), text(options, "model")];
  if ((url === undefined) === (file === undefined)) {
    const remedy = "Give --url to ask a Worker, or --model and --in for a file.";
    throw new UnseenError("option-invalid", "It is not clear what to compare.", remedy);
  }
  if (file !== undefined) return fileDrift(openModel(file).scorer, oneFile(options, "in"));
  const hours = whole(options, "hours", 1, 168) ?? 24;
  const version = whole(options, "version", 1, 1_000_000_000);
  return (await ask(options, `${version === undefined ? "" : `versions/${version}/`}drift?hours=${hours}`)) as Found;
}

export function driftText({ model, rows, referenceRows, verdict, meaning, limits, score, features }: Found): string {
  const cells = [{ name: "the score", ...score }, ...features.slice(0, SHOWN)].map((each) => [
    each.name,
    each.psi,
    each.chance,
    each.verdict,
  ]);
  const more = features.length > SHOWN ? [`and ${features.length - SHOWN} features nearer still; --json has all`] : [];
  return [
    `${model ? `${model.name}@${model.version}, ` : ""}${verdict}: ${rows} rows against ${referenceRows} of the reference`,
    meaning,
    "",
    table(["of", "PSI", "by chance", "verdict"], cells),
    ...more,
    "",
    `Stable below ${limits.watch}, watch from there, drifted from ${limits.drifted}; no verdict below ${limits.rows} rows, nor up to what`,
    "chance alone may make of the index.",
    `Altogether drifted where the score is, or ${100 * limits.features} % of the features are.`,
  ].join("\n");
}
