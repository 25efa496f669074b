/** What features count in distances: columns of chance, of which many would drown them, count the less the more there are. */
import { categoryAt } from "../../../model/reference.ts";
import type { Matrix } from "../../data/matrix.ts";
import { countUpTo } from "../../counts.ts";
import { gather } from "../judge.ts";
import { stacked } from "../select.ts";

/** Fewer normal rows or labels cannot show that a feature says nothing. */
const LEAST_ROWS = 1_000;
const LEAST_LABELS = 100;
/** More features are not held against each other. */
const MOST_FEATURES = 512;
/** Normal rows looked at. */
const MOST_ROWS = 10_000;
/** Bins of a number, of about as many normal rows each; a category is a bin of its own. */
const BINS = 8;
/** A feature with so large a share of the normal rows in one bin drowns nothing: nearly all are alike in it. */
const MOST_IN_BIN = 0.9;
/** χ², as standard deviations of the normal distribution, that is no chance, however many features and families there are. */
const CHANCE = 5;

/** A feature in bins. */
interface Feature {
  /** The bin of each row. */
  binsOf(rows: Matrix): Uint8Array;
  /** Those of the normal rows, how many rows are in each, and in how many bins any is. */
  readonly normal: Uint8Array;
  readonly counts: Float64Array;
  readonly occupied: number;
  readonly varies: boolean;
}

/**
 * Features of which no other one tells anything among normal rows, and in which the labels of no family lie elsewhere than
 * normal rows do, both by χ² tests of what is in which bin. Neither alone would do: what shows no known family may show the
 * next together with others, and where a feature that goes with no other shows a family, as a sensor of its own does, the
 * next may show in another one. So there are none in such a table, nor where rows or labels are too few to tell.
 *
 * @param spans the first input of each feature, and at the end how many inputs there are
 * @returns their places among the features, rising
 */
export function irrelevantFeatures(normal: Matrix, labels: ReadonlyMap<string, Matrix>, spans: Int32Array): number[] {
  const all = stacked([...labels.values()], normal.cols);
  if (normal.rows < LEAST_ROWS || all.rows < LEAST_LABELS || spans.length - 1 > MOST_FEATURES) return [];
  const rows = gather([normal], MOST_ROWS, normal.cols);
  const features = Array.from(spans.subarray(1), (end, i) => featureOf(rows, spans[i], end - spans[i]));
  const alone = independent(
    features.filter(({ varies }) => varies),
    features,
  );
  const families = [...labels.values(), all];
  const tells = (feature: Feature): boolean =>
    families.some((family) => departure(feature, feature.binsOf(family)) > CHANCE);
  if (alone.length === features.length || alone.some(tells)) return [];
  return alone.map((feature) => features.indexOf(feature));
}

/** Those of some features that go with no other. */
function independent(some: readonly Feature[], features: readonly Feature[]): Feature[] {
  const [alone, partnered] = [new Set<Feature>(), new Set<Feature>()];
  for (const feature of some) {
    if (partnered.has(feature)) continue;
    // those known to be alone have been held against this one
    const others = features.filter((other) => other !== feature && !alone.has(other));
    const partner = others.find((other) => dependence(feature, other) > CHANCE);
    if (partner) partnered.add(partner);
    else alone.add(feature);
  }
  return [...alone];
}

/** What each input counts in distances; null where all count alike. */
export type Relevance = Float32Array | null;

/** 1 for each input, but 1/n for those of n irrelevant features: the more there are, the less is left of them all. */
export function relevanceOf(irrelevant: readonly number[], spans: Int32Array): Relevance {
  if (irrelevant.length < 2) return null;
  const relevance = new Float32Array(spans[spans.length - 1]).fill(1);
  for (const feature of irrelevant) relevance.fill(1 / irrelevant.length, spans[feature], spans[feature + 1]);
  return relevance;
}

/** Rows with each input by its relevance; the rows themselves where all count alike. */
export function weighted(rows: Matrix, relevance: Relevance): Matrix {
  if (relevance === null) return rows;
  const { cols, data } = rows;
  return { rows: rows.rows, cols, data: data.map((x, at) => x * relevance[at % cols]) };
}

/** The feature of `width` inputs from `first` on. */
function featureOf(normal: Matrix, first: number, width: number): Feature {
  const column = ({ rows, cols, data }: Matrix): Float32Array =>
    Float32Array.from({ length: rows }, (_, i) => data[i * cols + first]);
  const edges = width === 1 ? edgesOf(column(normal).sort()) : new Float32Array(0);
  const binsOf = (rows: Matrix): Uint8Array =>
    width === 1
      ? Uint8Array.from(column(rows), (x) => countUpTo(edges, x))
      : Uint8Array.from({ length: rows.rows }, (_, i) => categoryAt(rows.data, i * rows.cols + first, width));
  const bins = binsOf(normal);
  const counts = new Float64Array(width === 1 ? edges.length + 1 : width);
  for (const bin of bins) counts[bin]++;
  return {
    binsOf,
    normal: bins,
    counts,
    occupied: counts.filter((count) => count > 0).length,
    varies: Math.max(...counts) <= MOST_IN_BIN * normal.rows,
  };
}

/** Quantiles of the normal rows that begin a bin; fewer where many rows are equal. */
function edgesOf(sorted: Float32Array): Float32Array {
  const quantiles = Float32Array.from(
    { length: BINS - 1 },
    (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / BINS)],
  );
  return quantiles.filter((edge, i) => edge > (i === 0 ? sorted[0] : quantiles[i - 1]));
}

/** How far the counts of a family's rows are from what the normal rows let expect. */
function departure({ counts, normal, occupied }: Feature, bins: Uint8Array): number {
  const found = new Uint32Array(counts.length);
  for (const bin of bins) found[bin]++;
  const expected = counts.map((count) => (count / normal.length) * bins.length);
  return deviations(found, expected, occupied - 1);
}

/** How far the counts of two features together are, among normal rows, from what each alone lets expect. */
function dependence(one: Feature, other: Feature): number {
  const [rows, columns, many] = [one.normal, other.normal, other.counts.length];
  const found = new Uint32Array(one.counts.length * many);
  for (let i = 0; i < rows.length; i++) found[rows[i] * many + columns[i]]++;
  const expected = Float64Array.from(
    found,
    (_, at) => (one.counts[Math.floor(at / many)] * other.counts[at % many]) / rows.length,
  );
  return deviations(found, expected, (one.occupied - 1) * (other.occupied - 1));
}

/** χ² of counts as standard deviations of the normal distribution, after Wilson and Hilferty (1931). */
function deviations(found: Uint32Array, expected: Float64Array, freedom: number): number {
  if (freedom < 1) return 0;
  let squares = 0;
  for (let i = 0; i < found.length; i++) {
    if (found[i] !== expected[i]) squares += (found[i] - expected[i]) ** 2 / expected[i];
  }
  const spread = 2 / (9 * freedom);
  return (Math.cbrt(squares / freedom) - (1 - spread)) / Math.sqrt(spread);
}
