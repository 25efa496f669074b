/** The reference: how normal rows look to a model, as histograms of its score and of every feature, to tell drift by. */
import { UnseenError } from "./errors.ts";
import { columnsOf, spansOf } from "./encode.ts";
import type { JsonValue } from "./json-value.ts";
import type { Feature, Schema } from "./schema.ts";

/**
 * Counts of values between edges: bin i holds what is above edge i − 1 and not above edge i, the last bin the rest.
 * Edges are in the feature's encoded unit, exact as 32-bit floats. A categorical feature has a bin a category, "other"
 * last, and no edges.
 */
export interface Histogram {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

export interface Reference {
  /** Normal rows counted, of those training did not fit; a histogram may be of fewer. */
  readonly rows: number;
  readonly score: Histogram;
  /** In schema order. */
  readonly features: readonly Histogram[];
}

/** Bins a histogram may have; a categorical feature has as many as it has categories. */
const BINS_CAP = 64;

/**
 * Counts of every histogram add up to the rows at the most, edges rise, and there is a histogram for each feature.
 *
 * @throws UnseenError artefact-malformed naming the place
 */
export function readReference(json: JsonValue, { features }: Schema): Reference {
  const given = json.fields("rows", "score", "features");
  const rows = given.rows.integer(1, 1e9);
  const items = given.features.items(features.length);
  if (items.length < features.length) throw given.features.wrong(`an array of ${features.length} histograms`);
  return {
    rows,
    score: readHistogram(given.score, rows),
    features: items.map((item, i) => readHistogram(item, rows, features[i])),
  };
}

function readHistogram(json: JsonValue, rows: number, feature?: Feature): Histogram {
  const given = json.fields("edges", "counts");
  const categories = feature?.kind === "categorical" ? columnsOf(feature) : undefined;
  const edges = given.edges.list(categories ? 0 : BINS_CAP - 1, "a finite number", isNumber);
  if (edges.some((edge, i) => edge !== Math.fround(edge) || (i > 0 && edge <= edges[i - 1]))) {
    throw given.edges.wrong("rising 32-bit floats");
  }
  const bins = categories ?? edges.length + 1;
  const counts = given.counts.list(bins, "a whole number of at least 0", isCount);
  if (counts.length !== bins) throw given.counts.wrong(`an array of ${bins} counts`);
  const counted = counts.reduce((sum, count) => sum + count, 0);
  if (counted < 1 || counted > rows) throw given.counts.wrong(`counts of 1 to ${rows} rows`);
  return { edges, counts };
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0;
}

/** Counts rows into a reference's bins: first the score's, then each feature's, one after another. */
export class Counter {
  /** Bins of all histograms together. */
  readonly bins: number;
  readonly #features: readonly Feature[];
  readonly #edges: readonly Float32Array[];
  readonly #first: Int32Array;
  readonly #column: Int32Array;

  constructor(schema: Schema, { score, features }: Reference) {
    this.#features = schema.features;
    this.#edges = [score, ...features].map(({ edges }) => Float32Array.from(edges));
    this.#first = new Int32Array(1 + features.length);
    this.#column = spansOf(schema);
    let bins = score.counts.length;
    for (const [i, { counts }] of features.entries()) {
      this.#first[i + 1] = bins;
      bins += counts.length;
    }
    this.bins = bins;
  }

  /**
   * Counts one row.
   *
   * @param inputs encoded rows; this one's begin at `offset`
   * @param into one counter a bin
   */
  count(score: number, inputs: Float32Array, offset: number, into: Float64Array | Uint32Array): void {
    into[binOf(this.#edges[0], score)]++;
    for (let i = 0; i < this.#features.length; i++) {
      const feature = this.#features[i];
      const at = offset + this.#column[i];
      const bin = feature.kind === "categorical" ? categoryAt(inputs, at, columnsOf(feature)) : undefined;
      into[this.#first[i + 1] + (bin ?? binOf(this.#edges[i + 1], inputs[at]))]++;
    }
  }
}

/** How many edges lie below a value. */
export function binOf(edges: ArrayLike<number>, value: number): number {
  let bin = 0;
  while (bin < edges.length && value > edges[bin]) bin++;
  return bin;
}

/** Which of a categorical feature's inputs, from `at` on, is set. */
export function categoryAt(inputs: Float32Array, at: number, columns: number): number {
  for (let j = 0; j < columns; j++) if (inputs[at + j] > 0) return j;
  return columns - 1;
}

/** Counts of all histograms in a row, as a counter lays them out. */
export function countsOf({ score, features }: Reference): number[] {
  return [score, ...features].flatMap(({ counts }) => [...counts]);
}

/** The reference of a model, which one without normal validation rows has not. @throws UnseenError reference-missing */
export function referenceOf({ reference }: { readonly reference?: Reference }): Reference {
  if (reference) return reference;
  const remedy = "Train it again, or set one with `unseen threshold --reference`.";
  throw new UnseenError("reference-missing", "the model holds no reference histograms of normal rows", remedy);
}
