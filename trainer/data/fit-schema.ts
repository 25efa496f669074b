/** From normal training rows to the feature schema: how each column becomes numbers. */
import type { BooleanFeature, CategoricalFeature, Feature } from "../../model/schema.ts";
import { type LogUnit, NATURAL, type NumericFeature, type Schema } from "../../model/schema.ts";
import { signedLog } from "../../model/signed-log.ts";
import type { FitData } from "./split.ts";
import { concatRows } from "./rows.ts";

/** Scaled values beyond this are cut off, here and at the edge alike. */
export const CLIP = 10;
/** Columns with values beyond ±this are logged. */
const LOG_BEYOND = 50;
/** By how much one side of a column's median is longer than the other where the column is one-sided. */
const ONE_SIDED = 10;
/** The quantile of distances from a one-sided column's bound that is its unit, and the units it spans where it is logged in them. */
const UNIT_QUANTILE = 0.1;
const UNITS = 200;
/** The share of normal rows that the interquartile range may leave beyond the clip. */
const CUT_SHARE = 0.001;
/** A category needs this share of the normal rows to have a column of its own, and only so many have one. */
const CATEGORY_SHARE = 0.001;
const MOST_CATEGORIES = 32;

/**
 * Fits the schema to the *normal training rows* of all domains together; no other row is looked at. One feature a
 * column, in column order, none left out. Independent of the order of rows.
 *
 * Numbers. `impute` is the median, so that a missing value says nothing.
 * - A column with any |x| > 50 goes through sign(x)·ln(1+|x|) first. One that hardly varies does not notice.
 * - Where most |x| are below 1, 0 and 1 say little about a column: it may hold seconds, shares of its largest value or
 *   standard scores. If it is one-sided then (ten times as long on one side of its median as on the other), and spans
 *   over 200 times the tenth percentile of how far rows are from the bound of its short side, the signed log is of that
 *   distance in units of that percentile. So it encodes alike in any unit, and rates in hundredths stay unlogged.
 * - Center is the median, scale the interquartile range / 1.349: σ if the values were normally distributed. Where that is 0
 *   or leaves over 0.1 % of the rows more than 10 scales off, the standard deviation about the median serves, which
 *   keeps rare normal values apart from impossible ones.
 * - A column (nearly) constant on normal rows has nothing to scale by, and stays unlogged: center is the constant,
 *   scale 1, or its size where that is below 1 and not 0. It encodes to 0 as long as it stays, and a value it never
 *   had still shows, by how many units or times it is off.
 * - Clipping at ±10 touches few normal rows (at most 1 in 100 by Chebyshev's inequality), and keeps one absurd value
 *   (CIC-IDS flows have durations of −10¹² µs) from outweighing all other inputs of a row.
 *
 * Booleans are centred on the share of true and divided by √(p(1−p)), at least 0.1 (so within ±10 as well).
 * Categories that at least 0.1 % of the normal rows have get a column, the 32 most frequent at most; the rest, and
 * whatever comes later, is "other".
 */
export function fitSchema(fit: FitData): Schema {
  const rows = concatRows(fit.normal.map((domain) => domain.train));
  return {
    features: fit.columns.map(({ name, kind }, column): Feature => {
      const cells = rows.cells[column];
      if (!(cells instanceof Float64Array)) return categorical(name, cells);
      const present = cells.filter((value) => !Number.isNaN(value)).sort();
      return kind === "boolean" ? boolean(name, present) : numeric(name, present);
    }),
  };
}

function numeric(name: string, sorted: Float64Array): NumericFeature {
  const impute = sorted.length === 0 ? 0 : quantile(sorted, 0.5);
  const constant = constantScaling(sorted);
  const log = constant === null && logOf(sorted, impute);
  const scaled = constant ?? scaling(logged(sorted, log));
  return { kind: "numeric", name, impute, signedLog: log, ...scaled, clip: CLIP };
}

/** Whether a column is logged, and in what unit. */
function logOf(sorted: Float64Array, median: number): boolean | LogUnit {
  const first = sorted[0];
  const last = sorted[sorted.length - 1];
  const natural = Math.max(-first, last) > LOG_BEYOND;
  const below = median - first;
  const above = last - median;
  const oneSided = above > ONE_SIDED * below || below > ONE_SIDED * above;
  if (!oneSided || quantile(distances(sorted, 0), 0.5) >= 1) return natural;
  const origin = above > below ? first : last;
  const unit = quantile(distances(sorted, origin), UNIT_QUANTILE);
  const units = (last - first) / unit;
  return units > UNITS && Number.isFinite(units) ? { origin, unit } : natural;
}

/** How far values are from a point, without those that are on it, rising. */
function distances(values: Float64Array, point: number): Float64Array {
  return values
    .map((x) => Math.abs(x - point))
    .filter((distance) => distance > 0)
    .sort();
}

/** Sorted values as they are scaled. A signed log keeps the order, so they are sorted after it too. */
function logged(sorted: Float64Array, log: boolean | LogUnit): Float64Array {
  if (log === false) return sorted;
  const { origin, unit } = log === true ? NATURAL : log;
  return sorted.map((x) => signedLog((x - origin) / unit));
}

interface Scaling {
  readonly center: number;
  readonly scale: number;
}

/** The scaling of a column that hardly varies beyond rounding, or has no value; null for any other. */
function constantScaling(sorted: Float64Array): Scaling | null {
  if (sorted.length === 0) return { center: 0, scale: 1 };
  const center = quantile(sorted, 0.5);
  const size = Math.abs(center);
  const range = sorted[sorted.length - 1] - sorted[0];
  if (range > 1e-9 * size) return null;
  return { center, scale: size > 0 && size < 1 ? size : 1 };
}

/** Center and scale of sorted values. */
function scaling(sorted: Float64Array): Scaling {
  const center = quantile(sorted, 0.5);
  const robust = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.349;
  const cut = sorted.reduce((count, x) => count + (Math.abs(x - center) > CLIP * robust ? 1 : 0), 0);
  if (robust > 0 && cut <= CUT_SHARE * sorted.length) return { center, scale: robust };
  const variance = sorted.reduce((sum, x) => sum + (x - center) ** 2, 0) / sorted.length;
  return { center, scale: Math.sqrt(variance) || 1 };
}

/** Linear between neighbours. */
function quantile(sorted: Float64Array, q: number): number {
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const value = sorted[low];
  return low + 1 < sorted.length ? value + (at - low) * (sorted[low + 1] - value) : value;
}

function boolean(name: string, present: Float64Array): BooleanFeature {
  const share = present.length === 0 ? 0 : present.reduce((sum, x) => sum + x, 0) / present.length;
  return {
    kind: "boolean",
    name,
    impute: share,
    center: share,
    scale: Math.max(0.1, Math.sqrt(share * (1 - share))),
  };
}

function categorical(name: string, cells: readonly (string | null)[]): CategoricalFeature {
  const counts = new Map<string, number>();
  for (const value of cells) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  const values = [...counts]
    .filter(([, count]) => count >= CATEGORY_SHARE * cells.length)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, MOST_CATEGORIES)
    .map(([value]) => value);
  return { kind: "categorical", name, values };
}
