/** What features count in distances: columns of chance, of which many would drown them, count the less the more there are. */
import type { Matrix } from "../../data/matrix.ts";
import { countUpTo } from "../../counts.ts";
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
 * @param widths inputs of every feature
 * @returns their places among the features, rising
 */
export function irrelevantFeatures(
  normal: Matrix,
  labels: ReadonlyMap<string, Matrix>,
  widths: readonly number[],
): number[] {
  const all = stacked([...labels.values()], normal.cols);
  if (normal.rows < LEAST_ROWS || all.rows < LEAST_LABELS || widths.length > MOST_FEATURES) return [];
  const rows = everyNth(normal, Math.ceil(normal.rows / MOST_ROWS));
  const features = inputsOf(widths).map((inputs) => featureOf(rows, inputs));
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
export function relevanceOf(irrelevant: readonly number[], widths: readonly number[]): Relevance {
  if (irrelevant.length < 2) return null;
  const share = 1 / irrelevant.length;
  return Float32Array.from(widths.flatMap((width, i) => Array<number>(width).fill(irrelevant.includes(i) ? share : 1)));
}

/** Rows with each input by its relevance; the rows themselves where all count alike. */
export function weighted(rows: Matrix, relevance: Relevance): Matrix {
  if (relevance === null) return rows;
  const { cols, data } = rows;
  return { rows: rows.rows, cols, data: data.map((x, at) => x * relevance[at % cols]) };
}

/** The inputs of each feature. */
function inputsOf(widths: readonly number[]): number[][] {
  let next = 0;
  return widths.map((width) => Array.from({ length: width }, () => next++));
}

function everyNth({ rows, cols, data }: Matrix, step: number): Matrix {
  if (step === 1) return { rows, cols, data };
  const many = Math.ceil(rows / step);
  const kept = new Float32Array(many * cols);
  for (let i = 0; i < many; i++) kept.set(data.subarray(i * step * cols, (i * step + 1) * cols), i * cols);
  return { rows: many, cols, data: kept };
}

function featureOf(normal: Matrix, inputs: readonly number[]): Feature {
  const [first] = inputs;
  const column = ({ rows, cols, data }: Matrix): Float32Array =>
    Float32Array.from({ length: rows }, (_, i) => data[i * cols + first]);
  const edges = inputs.length === 1 ? edgesOf(column(normal).sort()) : new Float32Array(0);
  const binsOf = (rows: Matrix): Uint8Array =>
    inputs.length === 1
      ? Uint8Array.from(column(rows), (x) => countUpTo(edges, x))
      : Uint8Array.from({ length: rows.rows }, (_, i) => categoryAt(rows, i, inputs));
  const bins = binsOf(normal);
  const counts = new Float64Array(inputs.length === 1 ? edges.length + 1 : inputs.length);
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

function categoryAt({ cols, data }: Matrix, row: number, inputs: readonly number[]): number {
  return inputs.findIndex((input) => data[row * cols + input] > 0);
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
