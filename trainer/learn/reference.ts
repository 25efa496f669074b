/** A reference out of rows: edges at quantiles of the score and of every feature, and counts between them. */
import { inputWidth } from "../../model/encode.ts";
import { binOf, Counter, type Histogram, type Reference } from "../../model/reference.ts";
import { columnsOf } from "../../model/encode.ts";
import type { Schema } from "../../model/schema.ts";
import type { Matrix } from "../data/matrix.ts";

/** Ten bins of equally many rows, where values are not the same. */
const TENTHS = Array.from({ length: 9 }, (_, i) => (i + 1) / 10);
/** The score's upper end, where decisions are made, in more detail. */
const SCORE_SHARES = [...TENTHS, 0.95, 0.99];

/** @param scores one a row of encoded normal rows that training did not fit */
export function makeReference(schema: Schema, rows: Matrix, scores: Float32Array): Reference {
  let column = 0;
  const edges = schema.features.map((feature) => {
    const at = column;
    column += columnsOf(feature);
    if (feature.kind === "categorical") return { edges: [], bins: columnsOf(feature) };
    const values = Float32Array.from({ length: rows.rows }, (_, i) => rows.data[i * rows.cols + at]);
    const found = edgesOf(values, TENTHS);
    return { edges: found, bins: found.length + 1 };
  });
  const empty = (found: { edges: readonly number[]; bins: number }): Histogram => ({
    edges: found.edges,
    counts: Array.from({ length: found.bins }, () => 0),
  });
  const scoreEdges = edgesOf(scores, SCORE_SHARES);
  const blank: Reference = {
    rows: rows.rows,
    score: empty({ edges: scoreEdges, bins: scoreEdges.length + 1 }),
    features: edges.map(empty),
  };
  const counter = new Counter(schema, blank);
  const counts = new Uint32Array(counter.bins);
  const width = inputWidth(schema);
  for (let i = 0; i < rows.rows; i++) counter.count(scores[i], rows.data, i * width, counts);
  let first = 0;
  const filled = ({ edges: kept, counts: { length } }: Histogram): Histogram => {
    first += length;
    return { edges: kept, counts: Array.from(counts.subarray(first - length, first)) };
  };
  return { rows: rows.rows, score: filled(blank.score), features: blank.features.map(filled) };
}

/** The score's histogram of other rows, or of another head. */
export function scoreHistogram(scores: Float32Array): Histogram {
  const edges = edgesOf(scores, SCORE_SHARES);
  const counts = Array.from({ length: edges.length + 1 }, () => 0);
  for (const score of scores) counts[binOf(edges, score)]++;
  return { edges, counts };
}

/** Quantiles that differ, and one below the least value where many rows have that: a bin for what was never seen. */
function edgesOf(values: Float32Array, shares: readonly number[]): number[] {
  const sorted = values.toSorted();
  const quantiles = shares.map((share) => sorted[Math.floor(share * (sorted.length - 1))]);
  const edges = [...new Set(quantiles)];
  // Half of the smallest gap that matters: encoded values are standardised.
  if (edges[0] === sorted[0]) edges.unshift(Math.fround(sorted[0] - 0.01));
  return edges.filter((edge, i) => i === 0 || edge > edges[i - 1]);
}
