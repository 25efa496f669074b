/** What the caller may say about a data set beside where it is. */
import { UnseenError } from "../../model/errors.ts";
import { didYouMean } from "../nearest.ts";
import type { ColumnKind, ColumnSpec } from "./dataset.ts";
import type { StatedKind } from "./kinds.ts";

export interface ReadOptions {
  /** Kinds of columns, where the inferred one is not wanted; "drop" leaves a column out. */
  readonly types?: Readonly<Record<string, StatedKind>>;
  /**
   * The columns of a trained model: exactly these are read, in this order and with these kinds, and other columns of
   * the files are ignored. This is how evaluation sees the rows that training saw.
   */
  readonly columns?: readonly ColumnSpec[];
}

/** For a table: which columns hold labels and the like. None of them is a feature. */
export interface TableOptions extends ReadOptions {
  /** Column that says whether (or how) a row is anomalous. */
  readonly label?: string;
  /** Labels that mean normal; without them "normal" and "benign", else "0" or "false". */
  readonly normal?: readonly string[];
  /** Column that names an anomalous row's family; without it the label is the family. */
  readonly family?: string;
  /** Column that names a normal row's domain; without it there is one domain, "all". */
  readonly domain?: string;
  /** Column whose values are the blocks (patient, run, day) for a split by blocks. */
  readonly block?: string;
}

/** The kinds that hold: a trained model's, else the caller's, else meta.json's. */
export function statedKinds(
  options: ReadOptions,
  known: ReadonlyMap<string, ColumnKind> = new Map(),
): Map<string, StatedKind> {
  if (options.columns !== undefined) return new Map(options.columns.map(({ name, kind }) => [name, kind]));
  return new Map<string, StatedKind>([...known, ...Object.entries(options.types ?? {})]);
}

/** Throws `column-unknown` for a type or role given to a column that is not there, naming near matches. */
export function checkColumnNames(wanted: Iterable<string>, columns: readonly string[], file: string): void {
  const there = new Set(columns);
  for (const name of wanted) {
    if (there.has(name)) continue;
    throw new UnseenError("column-unknown", `${file} has no column "${name}".`, didYouMean(name, columns), {
      file,
      feature: name,
    });
  }
}
