/** Boosted trees on the labels: a library's defaults, shallow ones that carry over better, and whichever rotation prefers. */
import { type BoosterOptions, fitBooster } from "../learn/boosting/histogram-booster.ts";
import { sigmoid } from "../evaluate/calibrate.ts";
import { constantScores } from "./training.ts";
import type { EncodedSide, Fitted, Method } from "./method.ts";
import { type Labelled, labelled } from "../learn/boosting/labelled.ts";
import { anomalousRows, normalRows } from "./training-rows.ts";
import { tunedClassifier } from "./tuned.ts";

/** As scikit-learn's HistGradientBoosting comes. */
export const DEFAULTS: BoosterOptions = { rounds: 100, leaves: 31, leastRows: 20, l2: 0, rate: 0.1 };

/** Few leaves of many rows each. */
export const SHALLOW: BoosterOptions = { rounds: 60, leaves: 7, leastRows: 50, l2: 5, rate: 0.1 };

/** Shallower still and held back more, over more rounds. */
export const FEWER_LEAVES: BoosterOptions = { rounds: 120, leaves: 4, leastRows: 50, l2: 20, rate: 0.1 };

/** Between the defaults and shallow ones. */
const MIDDLING: BoosterOptions = { rounds: 100, leaves: 15, leastRows: 50, l2: 5, rate: 0.1 };

const about = {
  source: "Friedman: Greedy function approximation, 2001; Ke et al.: LightGBM, 2017",
  group: "practice",
} as const;

/** Probability of an anomaly among as many normal rows; without labels, one half for every row. */
export const boostedTrees: Method = {
  ...about,
  name: "boosted-trees",
  title: "Boosted trees",
  labels: true,
  fit: (side) => prepare(side)(DEFAULTS),
};

/** As `boostedTrees`, with few leaves of many rows. */
export const shallowTrees: Method = {
  ...about,
  name: "shallow-trees",
  title: "Boosted trees, shallow",
  labels: true,
  fit: (side) => prepare(side)(SHALLOW),
};

/** As `boostedTrees`, in the setting that tells hidden families best. */
export const tunedTrees = tunedClassifier<BoosterOptions>({
  ...about,
  name: "tuned-trees",
  title: "Boosted trees, tuned",
  settings: [DEFAULTS, SHALLOW, FEWER_LEAVES, MIDDLING],
  prepare,
});

function prepare(side: EncodedSide): (options: BoosterOptions) => Fitted {
  const anomalous = anomalousRows(side);
  if (anomalous.rows === 0) return () => constantScores(true);
  const training = labelled(normalRows(side), anomalous);
  return (options) => fitTrees(training, forLabels(options, anomalous.rows));
}

/** With fewer labels than four leaves' rows, leaves may hold a quarter of them, lest no split could set anomalies apart. */
export function forLabels(options: BoosterOptions, labels: number): BoosterOptions {
  return { ...options, leastRows: Math.min(options.leastRows, Math.max(1, Math.ceil(labels / 4))) };
}

export function fitTrees(training: Labelled, options: BoosterOptions): Fitted {
  const booster = fitBooster(training, options);
  return {
    probability: true,
    bytes: 4 * 3 * booster.nodes,
    score: (rows) => booster.logits(rows).map(sigmoid),
  };
}
