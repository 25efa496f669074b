/** XGBOD: boosted trees that see, beside the inputs, how far several unsupervised detectors place a row from the normal ones. */
import type { Matrix } from "../data/matrix.ts";
import { drawFor } from "../learn/draw.ts";
import type { BoosterOptions } from "../learn/boosting/histogram-booster.ts";
import { DEFAULTS, fitTrees, forLabels, SHALLOW, FEWER_LEAVES } from "./boosted-trees.ts";
import { fitTails } from "./ecod.ts";
import { fitForest } from "./isolation-forest.ts";
import { fitNeighbours } from "./knn.ts";
import { constantScores } from "./training.ts";
import { Shared } from "./shared.ts";
import { fitGaussian } from "./mahalanobis.ts";
import type { EncodedSide, Fitted } from "./method.ts";
import { atMost, beside, drawRows, rowsAt, stacked } from "../learn/select.ts";
import { labelled } from "../learn/boosting/labelled.ts";
import { anomalousRows, normalRows } from "./training-rows.ts";
import { tunedClassifier } from "./tuned.ts";

const MOST_ROWS = 10_000;
const TREES = 150;
const DRAW = 4701;

/** Probability of an anomaly among as many normal rows; without labels, one half for every row. */
export const xgbod = tunedClassifier<BoosterOptions>({
  name: "xgbod",
  title: "XGBOD",
  source:
    "Zhao, Hryniewicki: XGBOD, improving supervised outlier detection with unsupervised representation learning, 2018",
  group: "practice",
  settings: [SHALLOW, DEFAULTS, FEWER_LEAVES],
  prepare: (side) => {
    const anomalous = anomalousRows(side);
    if (anomalous.rows === 0) return () => constantScores(true);
    const detectors = DETECTORS.get(side.normal, () => {
      const normal = atMost(normalRows(side), MOST_ROWS, drawFor(side.seed, DRAW));
      return normal.rows < 2 ? undefined : fitHalves(normal, side.seed);
    });
    return detectors === undefined ? () => constantScores(true) : fitXgbod(detectors, anomalous);
  },
});

/**
 * Detectors are fitted on either half of the normal rows. A normal training row is scored by those of the other half, as
 * they know it no better than a new row; any other row gets the mean of both halves' scores. (The paper scores training
 * rows by detectors fitted on them, and so teaches the trees that normal rows lie closer than new ones do.)
 */
function fitHalves(normal: Matrix, seed: number): Halves {
  const order = drawRows(normal.rows, normal.rows, drawFor(seed, DRAW + 1));
  const middle = normal.rows >> 1;
  const halves = [rowsAt(normal, order.subarray(0, middle)), rowsAt(normal, order.subarray(middle))];
  const detectors = halves.map((half, i) => fitDetectors(half, seed + i));
  const crossed = [detectors[1](halves[0]), detectors[0](halves[1])];
  const scores = stacked(crossed, crossed[0].cols);
  const scale = standardOf(scores);
  const known = new Shared<Matrix, Matrix>();
  return {
    normal: beside(stacked(halves, normal.cols), scale(scores)),
    score: (rows) => known.get(rows, () => beside(rows, scale(mean(detectors[0](rows), detectors[1](rows))))),
    bytes: detectors[0].bytes + detectors[1].bytes + 4 * 2 * scores.cols,
  };
}

/** Trees on inputs and scores, in a setting to be told. */
function fitXgbod({ normal, score, bytes }: Halves, anomalous: Matrix): (options: BoosterOptions) => Fitted {
  const training = labelled(normal, score(anomalous));
  return (options) => {
    const trees = fitTrees(training, forLabels(options, anomalous.rows));
    return {
      probability: true,
      bytes: trees.bytes + bytes,
      score: (rows) => trees.score(score(rows)),
    };
  };
}

interface Halves {
  /** Inputs and scores of the normal training rows. */
  readonly normal: Matrix;
  /** Inputs and scores of other rows. */
  score(rows: Matrix): Matrix;
  readonly bytes: number;
}

const DETECTORS = new Shared<EncodedSide["normal"], Halves | undefined>();

/** Scores rows by each detector, (rows, detectors). */
interface Detectors {
  (rows: Matrix): Matrix;
  readonly bytes: number;
}

function fitDetectors(train: Matrix, seed: number): Detectors {
  const fitted = [fitNeighbours(train), fitGaussian(train), fitForest(train, seed, TREES), fitTails(train)];
  const score = (rows: Matrix): Matrix => {
    const data = new Float32Array(rows.rows * fitted.length);
    for (const [j, detector] of fitted.entries()) {
      const scores = detector.score(rows);
      for (let i = 0; i < rows.rows; i++) data[i * fitted.length + j] = scores[i];
    }
    return { rows: rows.rows, cols: fitted.length, data };
  };
  return Object.assign(score, { bytes: fitted.reduce((sum, { bytes }) => sum + bytes, 0) });
}

/** Standardises columns by their mean and deviation over `rows`. */
function standardOf({ rows, cols, data }: Matrix): (rows: Matrix) => Matrix {
  const means = new Float64Array(cols);
  const deviations = new Float64Array(cols);
  for (let j = 0; j < cols; j++) {
    for (let i = 0; i < rows; i++) means[j] += data[i * cols + j] / rows;
    for (let i = 0; i < rows; i++) deviations[j] += (data[i * cols + j] - means[j]) ** 2 / rows;
    deviations[j] = Math.sqrt(deviations[j]) || 1;
  }
  return (scores) => ({
    ...scores,
    data: scores.data.map((score, at) => (score - means[at % cols]) / deviations[at % cols]),
  });
}

function mean(a: Matrix, b: Matrix): Matrix {
  return { ...a, data: a.data.map((score, at) => (score + b.data[at]) / 2) };
}
