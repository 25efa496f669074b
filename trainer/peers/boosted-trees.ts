/** Boosted trees on the labels, in two settings: a library's defaults, and shallow ones that carry over better. */
import { type BoosterOptions, fitBooster } from "../learn/boosting/histogram-booster.ts";
import { sigmoid, undecided } from "./logistic.ts";
import type { Fitted, Method } from "./method.ts";
import { type Labelled, labelled } from "../learn/boosting/labelled.ts";
import { anomalousRows, normalRows } from "./training-rows.ts";

/** As scikit-learn's HistGradientBoosting comes. */
const DEFAULTS: BoosterOptions = { rounds: 100, leaves: 31, leastRows: 20, l2: 0, rate: 0.1 };

/** Few leaves of many rows each. */
export const SHALLOW: BoosterOptions = { rounds: 60, leaves: 7, leastRows: 50, l2: 5, rate: 0.1 };

const SOURCE = "Friedman: Greedy function approximation, 2001; Ke et al.: LightGBM, 2017";

/** Probability of an anomaly among as many normal rows; without labels, one half for every row. */
export const boostedTrees: Method = {
  name: "boosted-trees",
  title: "Boosted trees",
  source: SOURCE,
  group: "practice",
  labels: true,
  fit: (side) => {
    const anomalous = anomalousRows(side);
    return anomalous.rows === 0 ? undecided : fitTrees(labelled(normalRows(side), anomalous), DEFAULTS);
  },
};

/** As `boostedTrees`, with few leaves of many rows. */
export const shallowTrees: Method = {
  name: "shallow-trees",
  title: "Boosted trees, shallow",
  source: SOURCE,
  group: "practice",
  labels: true,
  fit: (side) => {
    const anomalous = anomalousRows(side);
    if (anomalous.rows === 0) return undecided;
    return fitTrees(labelled(normalRows(side), anomalous), shallowFor(anomalous.rows));
  },
};

/** With fewer than 200 labels, leaves may hold a quarter of them, lest no split could set anomalies apart. */
export function shallowFor(labels: number): BoosterOptions {
  return { ...SHALLOW, leastRows: Math.min(SHALLOW.leastRows, Math.max(1, Math.ceil(labels / 4))) };
}

export function fitTrees(training: Labelled, options: BoosterOptions): Fitted {
  const booster = fitBooster(training, options);
  return {
    probability: true,
    bytes: 4 * 3 * booster.nodes,
    score: (rows) => booster.logits(rows).map(sigmoid),
  };
}
