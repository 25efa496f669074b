/** A reference out of rows: edges at quantiles of the score and of every feature, and counts between them. */
import { binOf, Counter, type Histogram, type Reference } from "../../model/reference.ts";
import { columnsOf, spansOf } from "../../model/encode.ts";
import type { Schema } from "../../model/schema.ts";
import type { Matrix } from "../data/matrix.ts";

/** Ten bins of equally many rows, where values are not the same. */
const TENTHS = Array.from({ length: 9 }, (_, i) => (i + 1) / 10);
/** The score's upper end, where decisions are made, in more detail. */
const SCORE_SHARES = [...TENTHS, 0.95, 0.99];

/** @param scores one a row of encoded normal rows that training did not fit */
export function makeReference(schema: Schema, rows: Matrix, scores: Float32Array): Reference {
  const spans = spansOf(schema);
  const empty = schema.features.map((feature, f): Histogram => {
    if (feature.kind === "categorical") return { edges: [], counts: zeros(columnsOf(feature)) };
    const values = Float32Array.from({ length: rows.rows }, (_, i) => rows.data[i * rows.cols + spans[f]]);
    const edges = edgesOf(values, TENTHS);
    return { edges, counts: zeros(edges.length + 1) };
  });
  const score = scoreHistogram(scores);
  const counter = new Counter(schema, { rows: rows.rows, score, features: empty });
  const counts = new Uint32Array(counter.bins);
  for (let i = 0; i < rows.rows; i++) counter.count(scores[i], rows.data, i * rows.cols, counts);
  let first = score.counts.length;
  const features = empty.map(({ edges, counts: { length } }): Histogram => {
    first += length;
    return { edges, counts: Array.from(counts.subarray(first - length, first)) };
  });
  return { rows: rows.rows, score, features };
}

/** The score's histogram of other rows, or of another head. */
export function scoreHistogram(scores: Float32Array): Histogram {
  const edges = edgesOf(scores, SCORE_SHARES);
  const counts = zeros(edges.length + 1);
  for (const score of scores) counts[binOf(edges, score)]++;
  return { edges, counts };
}

const zeros = (length: number): number[] => Array.from({ length }, () => 0);

/** Quantiles that differ, and one below the least value where many rows have that: a bin for what was never seen. */
function edgesOf(values: Float32Array, shares: readonly number[]): number[] {
  const sorted = values.toSorted();
  const quantiles = shares.map((share) => sorted[Math.floor(share * (sorted.length - 1))]);
  const edges = [...new Set(quantiles)];
  // Half of the smallest gap that matters: encoded values are standardised.
  if (edges[0] === sorted[0]) edges.unshift(Math.fround(sorted[0] - 0.01));
  return edges.filter((edge, i) => i === 0 || edge > edges[i - 1]);
}
