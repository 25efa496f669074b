/** What a command is, and the checks of option values that commands share. */
import type { ArgsDef } from "citty";
import { csvCells } from "../../model/cells.ts";
import { UnseenError } from "../../model/errors.ts";

/** Options as citty parses them: text, or true and false. */
export type Options = Readonly<Record<string, unknown>>;

export interface Command {
  readonly args: ArgsDef;
  readonly examples: readonly string[];
  run(options: Options): Promise<void>;
}

/** The text of an option, or undefined. */
export function text(options: Options, name: string): string | undefined {
  const value = options[name];
  return value === undefined || value === "" ? undefined : String(value);
}

/** The text of an option that must be there. */
export function required(options: Options, name: string): string {
  const value = text(options, name);
  if (value === undefined) throw new UnseenError("option-invalid", `--${name} is missing.`, "See --help.");
  return value;
}

/** Endings that say what a file holds. */
const ENDINGS = { csv: /\.csv$/i, packed: /\.(csv\.gz|parquet)$/i, model: /\.safetensors$/i } as const;

/**
 * The file that --out, or another option, names. Refused where its ending says that it holds something else: whoever types
 * the name of a table of rows where a model goes would lose the rows.
 *
 * @param written what is written into it
 */
export function outFile(options: Options, written: "csv" | "model" | "other", name = "out"): string {
  const file = required(options, name);
  const [held] = Object.entries(ENDINGS).find(([, ending]) => ending.test(file)) ?? [written];
  if (held === written) return file;
  const remedy = {
    csv: "Name a file that ends in .csv.",
    model: "Name a file that ends in .safetensors.",
    other: "Give it another ending.",
  };
  throw new UnseenError(
    "option-invalid",
    `--${name} is ${file}, the name of a file of another kind.`,
    remedy[written],
    {
      file,
    },
  );
}

/** Names as a line of CSV: between commas, in double quotes where a name has a comma; none where the option is not given. */
export function names(options: Options, name: string): string[] {
  const given = text(options, name) ?? "";
  const found = csvCells(given, ",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  if (found.length > 0 || given === "") return found;
  throw new UnseenError(
    "option-invalid",
    `--${name} is "${given}".`,
    "Give a name, or several with commas between them.",
  );
}

/** A whole number in [least, most], or undefined where the option is not given. */
export function whole(options: Options, name: string, least: number, most: number): number | undefined {
  const value = text(options, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new UnseenError(
    "option-invalid",
    `--${name} is ${value}.`,
    `Give a whole number from ${least.toLocaleString("en")} to ${most.toLocaleString("en")}.`,
  );
}

/** A percentage above 0 to 100, or undefined where the option is not given. */
export function percent(options: Options, name: string): number | undefined {
  const value = text(options, name);
  if (value === undefined) return undefined;
  const number = Number(value.replace(/\s*%$/, ""));
  if (number > 0 && number <= 100) return number;
  throw new UnseenError("option-invalid", `--${name} is ${value}.`, "Give a percentage above 0, up to 100.");
}

/** One of a few words. */
export function choice<T extends string>(options: Options, name: string, choices: readonly T[]): T {
  const value = text(options, name) ?? choices[0];
  const found = choices.find((known) => known === value);
  if (found === undefined) {
    throw new UnseenError("option-invalid", `--${name} is "${value}".`, `Give one of ${choices.join(", ")}.`);
  }
  return found;
}

/** One JSON document on standard output, for machines. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export const jsonOption = {
  json: { type: "boolean", description: "print one JSON document instead of text" },
} satisfies ArgsDef;
