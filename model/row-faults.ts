/** Why a row was refused, naming its index and the feature; never a value, since messages end up in logs. */
import { UnseenError } from "./errors.ts";
import { list, nearest, quote, shorten } from "./names.ts";

/** How many missing names a message lists. */
const LISTED = 5;

export function notARow(found: unknown, row: number): UnseenError {
  return new UnseenError(
    "row-wrong-shape",
    `row ${row} is ${describe(found)}, not an object of named values or an array`,
    'Give each row as {"feature": value, …} or as an array of values in schema order.',
    { row },
  );
}

export function wrongLength(found: number, expected: number, row: number): UnseenError {
  return new UnseenError(
    "row-wrong-length",
    `row ${row} has ${found} values, the model reads ${expected} features`,
    "Give one value for each feature in schema order, null where a value is missing, or name the values.",
    { row },
  );
}

export function missingFeatures(missing: readonly string[], row: number): UnseenError {
  return new UnseenError(
    "feature-missing",
    `row ${row} lacks ${missing.length === 1 ? "feature" : "features"} ${list(missing, LISTED)}`,
    "Give every feature of the schema; write null for a value that is not known.",
    { row, feature: missing[0] },
  );
}

export function unknownFeature(name: string, known: readonly string[], row: number): UnseenError {
  const near = nearest(name, known);
  return new UnseenError(
    "feature-unknown",
    `row ${row} has a feature ${quote(name)}, which the model does not read`,
    near.length > 0
      ? `Did you mean ${near.map(quote).join(" or ")}? Leave out what the model does not read.`
      : `Leave it out; the model reads ${list(known, LISTED)}.`,
    { row, feature: shorten(name) },
  );
}

export function wrongType(feature: string, expected: string, found: unknown, row: number): UnseenError {
  return new UnseenError(
    "value-wrong-type",
    `row ${row}, feature ${quote(feature)}: expected ${expected}, found ${describe(found)}`,
    `Give ${expected}, or null where the value is missing.`,
    { row, feature },
  );
}

export function notFinite(feature: string, found: number, row: number): UnseenError {
  return new UnseenError(
    "value-not-finite",
    `row ${row}, feature ${quote(feature)}: ${found} is not a finite number`,
    "Give a finite number, or null where the value is missing.",
    { row, feature },
  );
}

/** What kind of value it is, without the value. */
function describe(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number") return "another number";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
