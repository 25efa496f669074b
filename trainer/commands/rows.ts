/** `unseen rows`: a file's rows as lines of JSON, the form in which the Worker takes them in streams and batches. */
import type { Schema } from "../../model/schema.ts";
import { readModelRows } from "../data/model-rows.ts";
import type { SourceFile } from "../data/scan.ts";
import type { Progress } from "../learn/request.ts";
import { writeChunks } from "../disk.ts";
import { openModel } from "../model-file.ts";
import { type Command, jsonOption, outFile, printJson, required } from "./command.ts";
import { oneFile } from "./data-options.ts";
import { withProgress } from "./progress.ts";

export const rowsCommand: Command = {
  args: {
    model: { type: "string", required: true, valueHint: "FILE", description: "model file, for its features" },
    in: { type: "string", required: true, valueHint: "FILE", description: "rows: CSV, CSV.gz or Parquet" },
    out: { type: "string", required: true, valueHint: "FILE", description: "NDJSON to write: a list of values a line" },
    ...jsonOption,
  },
  examples: ["unseen rows --model model.safetensors --in rows.csv.gz --out rows.ndjson"],
  async run(options) {
    const { scorer } = openModel(required(options, "model"));
    const file = oneFile(options, "in");
    const out = outFile(options, "other");
    const quiet = options.json === true;
    const rows = await withProgress("writing", quiet, (report) =>
      writeLines(scorer.artefact.schema, file, out, report),
    );
    if (quiet) return printJson({ out, rows });
    console.log(`${out}: ${rows} rows`);
  },
};

/**
 * Writes a line for every row of `file`: its values in schema order, as training reads them. In chunks, so memory does
 * not grow with the file; whole or not at all.
 *
 * @returns how many
 * @throws UnseenError column-unknown, data-*, and value-* naming the one-based row and the column
 */
export async function writeLines(
  schema: Schema,
  file: SourceFile,
  out: string,
  report: (progress: Progress) => void = () => {},
): Promise<number> {
  let written = 0;
  async function* lines(): AsyncGenerator<string> {
    for await (const { rows, total } of readModelRows(schema, file)) {
      yield rows.map((row) => `${JSON.stringify(row)}\n`).join("");
      written += rows.length;
      report({ phase: "rows", done: written, total });
    }
  }
  await writeChunks(out, lines());
  return written;
}
