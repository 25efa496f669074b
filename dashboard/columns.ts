/** Which column of a file feeds which feature: by name, else by name without case, blanks and punctuation. */
import { UnseenError } from "../model/errors.ts";
import { list, nearest } from "../model/names.ts";
import type { Schema } from "../model/schema.ts";

export interface Columns {
  /** Column of each feature; −1 where the file has none and it counts as missing. */
  readonly places: readonly number[];
  /** Columns taken for a feature of another spelling: [column, feature]. */
  readonly respelled: readonly (readonly [string, string])[];
  /** Columns that no feature reads. */
  readonly ignored: readonly string[];
  /** Features without a column. */
  readonly missing: readonly string[];
}

/**
 * @param fill takes features without a column as missing in every row
 * @throws UnseenError feature-missing naming the features, with columns that may be meant
 */
export function mapColumns(names: readonly string[], { features }: Schema, fill = false): Columns {
  const taken = new Map<number, string>();
  const exact = new Map(names.map((name, i) => [name, i]));
  const loose = new Map<string, number>();
  // two columns of one loose spelling stand for nothing
  for (const [i, name] of names.entries()) loose.set(fold(name), loose.has(fold(name)) ? -1 : i);
  for (const { name } of features) {
    const at = exact.get(name);
    if (at !== undefined) taken.set(at, name);
  }
  const respelled: [string, string][] = [];
  const places = features.map(({ name }) => {
    const at = exact.get(name);
    if (at !== undefined) return at;
    const near = loose.get(fold(name)) ?? -1;
    if (near < 0 || taken.has(near)) return -1;
    taken.set(near, name);
    respelled.push([names[near], name]);
    return near;
  });
  const missing = features.filter((_, i) => places[i] < 0).map(({ name }) => name);
  const ignored = names.filter((_, i) => !taken.has(i));
  if (missing.length > 0 && !(fill && taken.size > 0)) throw lacking(missing, ignored, taken.size);
  return { places, respelled, ignored, missing };
}

function lacking(missing: readonly string[], ignored: readonly string[], found: number): UnseenError {
  const what =
    found === 0
      ? `None of the columns is a feature of this model; it reads ${list(missing, 8)}.`
      : `The file lacks ${missing.length === 1 ? "the column" : `${missing.length} columns`} ${list(missing, 8)}.`;
  const [near] = missing.flatMap((name) => nearest(name, ignored, 1).map((column) => ({ name, column })));
  const remedy = near
    ? `Is the column "${near.column}" meant to be "${near.name}"? Rename it.`
    : "Name the columns on the first line as the model's features.";
  return new UnseenError("feature-missing", what, remedy, { feature: missing[0] });
}

function fold(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
}
