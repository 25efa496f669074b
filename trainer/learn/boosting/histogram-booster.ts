/** Gradient boosting of regression trees on histograms, for two classes: Newton steps down the weighted log loss. */
import type { Matrix } from "../../data/matrix.ts";
import { sigmoid } from "../../evaluate/calibrate.ts";
import { drawFor } from "../draw.ts";
import { binRows } from "./bins.ts";
import { drawRows } from "../select.ts";
import { leafSums, type TreeNodes } from "../tree-walk.ts";
import { type Labelled } from "./labelled.ts";
import { type GrowthOptions, type Nodes, TreeGrower } from "./tree-growth.ts";

export interface BoosterOptions extends GrowthOptions {
  readonly rounds: number;
  /** Share of the columns a tree may split, drawn anew for each; 1 for all. */
  readonly columns?: number;
  /** For drawing columns. */
  readonly seed?: number;
}

export interface Booster extends TreeNodes {
  /** Log odds of an anomaly, one a row. */
  logits(rows: Matrix): Float64Array;
  /** Nodes of all trees. */
  readonly nodes: number;
  /** Log odds before the first tree. */
  readonly start: number;
}

const DRAW = 4600;

/** Fits `rounds` trees, leaf-wise as LightGBM and scikit-learn's HistGradientBoosting do. Both classes must have rows. */
export function fitBooster({ rows, labels, weights }: Labelled, options: BoosterOptions): Booster {
  const n = rows.rows;
  const nodes: Nodes = { column: [], value: [], low: [] };
  const roots: number[] = [];
  const grower = new TreeGrower(binRows(rows), options);
  const start = logOdds(labels, weights);
  const logits = new Float64Array(n).fill(start);
  // In single precision, as the libraries keep them: late splits of rows long told apart gain little more than rounding,
  // and which of them wins then agrees.
  const slopes = new Float32Array(n);
  const curves = new Float32Array(n);
  const share = options.columns ?? 1;
  const all = Int32Array.from({ length: rows.cols }, (_, j) => j);
  for (let round = 0; round < options.rounds; round++) {
    for (let i = 0; i < n; i++) {
      const probability = sigmoid(logits[i]);
      slopes[i] = weights[i] * (probability - labels[i]);
      curves[i] = weights[i] * probability * (1 - probability);
    }
    const columns =
      share < 1
        ? drawRows(rows.cols, Math.max(1, Math.round(share * rows.cols)), drawFor(options.seed ?? 0, DRAW + round))
        : all;
    roots.push(nodes.column.length);
    grower.grow(nodes, slopes, curves, columns, logits);
  }
  return scorerOf(nodes, roots, start);
}

function scorerOf({ column, value, low }: Nodes, roots: readonly number[], start: number): Booster {
  const trees = {
    roots,
    column: Int32Array.from(column),
    value: Float64Array.from(value),
    low: Int32Array.from(low),
  };
  return { ...trees, nodes: column.length, start, logits: (rows) => leafSums(trees, rows, start) };
}

/** Log odds of the weighted share of anomalies: what boosting starts from. */
function logOdds(labels: Uint8Array, weights: Float64Array): number {
  let anomalous = 0;
  let normal = 0;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === 1) anomalous += weights[i];
    else normal += weights[i];
  }
  return Math.log(anomalous / normal);
}
