/** A small boosted ensemble: shallow regression trees on quantile bins, logistic loss, Newton steps. */

import type { Vector } from "./table.ts";

const ROUNDS = 30;
const DEPTH = 3;
const RATE = 0.3;
const BINS = 32;
const RIDGE = 1;
const LEAST = 4; // summed second derivatives a side of a split must hold

type Tree = number | { readonly column: number; readonly limit: number; readonly low: Tree; readonly high: Tree };

/** Training rows in bins, with the derivatives of their loss. */
interface Binned {
  /** Per column, the upper edges of its bins, ascending; and per row, its bin. */
  readonly edges: readonly (readonly number[])[];
  readonly bins: readonly Uint8Array[];
  /** Per row, first and second derivative of the loss by the logit. */
  readonly slope: Float64Array;
  readonly curve: Float64Array;
}

/** Returns a scorer: higher means more like the anomalies; both classes weigh the same. */
export function fitTrees(normal: readonly Vector[], anomalies: readonly Vector[]): (row: Vector) => number {
  const rows = [...normal, ...anomalies];
  const columns = Array.from(rows[0] ?? [], (_, col) => Float64Array.from(rows, (row) => row[col] ?? 0));
  const edges = columns.map(quantileEdges);
  const bins = columns.map((values, col) => Uint8Array.from(values, (value) => binOf(edges[col] ?? [], value)));
  const binned = {
    edges,
    bins,
    slope: new Float64Array(rows.length),
    curve: new Float64Array(rows.length),
  };
  const logits = new Float64Array(rows.length);
  const everybody = Int32Array.from(rows, (_, index) => index);
  const forest: Tree[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (let index = 0; index < rows.length; index++) {
      const anomalous = index >= normal.length;
      const weight = anomalous ? 1 : anomalies.length / normal.length;
      const share = 1 / (1 + Math.exp(-(logits[index] ?? 0)));
      binned.slope[index] = weight * (share - Number(anomalous));
      binned.curve[index] = weight * share * (1 - share);
    }
    const tree = grow(binned, everybody, DEPTH);
    forest.push(tree);
    rows.forEach((row, index) => (logits[index] = (logits[index] ?? 0) + answer(tree, row)));
  }
  return (row) => forest.reduce<number>((sum, tree) => sum + answer(tree, row), 0);
}

/** Splits `members` where the second-order loss falls most. */
function grow(binned: Binned, members: Int32Array, depth: number): Tree {
  const slope = Float64Array.from(members, (index) => binned.slope[index] ?? 0);
  const curve = Float64Array.from(members, (index) => binned.curve[index] ?? 0);
  const allSlope = slope.reduce((sum, value) => sum + value, 0);
  const allCurve = curve.reduce((sum, value) => sum + value, 0);
  const leaf = (-RATE * allSlope) / (allCurve + RIDGE);
  if (depth === 0) return leaf;
  let best = { gain: 1e-6 + allSlope ** 2 / (allCurve + RIDGE), column: -1, bin: 0 };
  binned.bins.forEach((bins, column) => {
    const slopes = new Float64Array(BINS);
    const curves = new Float64Array(BINS);
    for (let at = 0; at < members.length; at++) {
      const bin = bins[members[at] ?? 0] ?? 0;
      slopes[bin] = (slopes[bin] ?? 0) + (slope[at] ?? 0);
      curves[bin] = (curves[bin] ?? 0) + (curve[at] ?? 0);
    }
    let [lowSlope, lowCurve] = [0, 0];
    for (let bin = 0; bin < (binned.edges[column]?.length ?? 0); bin++) {
      lowSlope += slopes[bin] ?? 0;
      lowCurve += curves[bin] ?? 0;
      const highCurve = allCurve - lowCurve;
      if (lowCurve < LEAST || highCurve < LEAST) continue;
      const gain = lowSlope ** 2 / (lowCurve + RIDGE) + (allSlope - lowSlope) ** 2 / (highCurve + RIDGE);
      if (gain > best.gain) best = { gain, column, bin };
    }
  });
  const bins = binned.bins[best.column];
  if (bins === undefined) return leaf;
  const isLow = (index: number) => (bins[index] ?? 0) <= best.bin;
  return {
    column: best.column,
    limit: binned.edges[best.column]?.[best.bin] ?? 0,
    low: grow(binned, members.filter(isLow), depth - 1),
    high: grow(
      binned,
      members.filter((index) => !isLow(index)),
      depth - 1,
    ),
  };
}

function answer(tree: Tree, row: Vector): number {
  let node = tree;
  while (typeof node !== "number") node = (row[node.column] ?? 0) <= node.limit ? node.low : node.high;
  return node;
}

/** At most BINS − 1 distinct upper edges of equally filled bins. */
function quantileEdges(values: Float64Array): number[] {
  const sorted = values.toSorted();
  const edges = Array.from(
    { length: BINS - 1 },
    (_, bin) => sorted[Math.floor(((bin + 1) * sorted.length) / BINS)] ?? 0,
  );
  return [...new Set(edges)].filter((edge) => edge < (sorted.at(-1) ?? 0));
}

function binOf(edges: readonly number[], value: number): number {
  const bin = edges.findIndex((edge) => value <= edge);
  return bin < 0 ? edges.length : bin;
}
