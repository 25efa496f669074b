/** The options that say where rows are and what their columns mean, shared by commands that read data sets. */
import { existsSync } from "node:fs";
import type { ArgsDef } from "citty";
import { UnseenError } from "../../model/errors.ts";
import type { Dataset } from "../data/dataset.ts";
import { expandFiles } from "../data/files.ts";
import type { StatedKind } from "../data/kinds.ts";
import type { ReadOptions, TableOptions } from "../data/options.ts";
import { readDataset } from "../data/read.ts";
import type { SourceFile } from "../data/scan.ts";
import { names, type Options, required, text } from "./command.ts";

export const dataOptions = {
  data: {
    type: "string",
    required: true,
    valueHint: "DIR|FILES",
    description: "folder, files or glob; see docs/data.md",
  },
  label: { type: "string", valueHint: "COLUMN", description: "table: column that says normal or what anomaly" },
  normal: { type: "string", valueHint: "a,b", description: "table: labels that mean normal" },
  family: { type: "string", valueHint: "COLUMN", description: "table: column with the anomaly family" },
  domain: { type: "string", valueHint: "COLUMN", description: "table: column with the normal domain" },
  block: { type: "string", valueHint: "COLUMN", description: "table: column with the block (run, patient) of a row" },
  types: {
    type: "string",
    valueHint: "a=boolean,b=drop",
    description: "kinds of columns: numeric, categorical, boolean, drop",
  },
} satisfies ArgsDef;

/** The same where data are read for a trained model. */
export const modelDataOptions = {
  ...dataOptions,
  types: { ...dataOptions.types, description: "as training was told; the kinds of columns are the model's" },
} satisfies ArgsDef;

const KINDS: readonly StatedKind[] = ["numeric", "categorical", "boolean", "drop"];

/** Reads the data set that the options name. */
export async function readData(options: Options, extra: ReadOptions = {}): Promise<Dataset> {
  const types: Record<string, StatedKind> = {};
  for (const pair of names(options, "types")) {
    const at = pair.lastIndexOf("=");
    const kind = KINDS.find((known) => known === pair.slice(at + 1));
    if (at < 1 || kind === undefined) {
      throw new UnseenError(
        "option-invalid",
        `--types has "${pair}".`,
        `Write column=kind, kind one of ${KINDS.join(", ")}.`,
      );
    }
    types[pair.slice(0, at)] = kind;
  }
  const table: TableOptions = {
    // a trained model has kinds of its own, and what training dropped is not read for it
    types: extra.columns ? {} : types,
    ...extra,
    ...Object.fromEntries(
      ["label", "family", "domain", "block"].flatMap((name) => {
        const value = text(options, name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    ...(text(options, "normal") === undefined ? {} : { normal: names(options, "normal") }),
  };
  const source = required(options, "data");
  // commas are also what a glob's braces have
  const one = existsSync(source) || source.includes("{");
  return readDataset(one ? source : names(options, "data"), table);
}

/** The one file that an option names. @throws UnseenError option-invalid, data-not-found */
export function oneFile(options: Options, name: string): SourceFile {
  const [file, ...others] = expandFiles([required(options, name)]);
  if (file !== undefined && others.length === 0) return file;
  throw new UnseenError("option-invalid", `--${name} must name one file.`, "Take several files one after another.");
}
