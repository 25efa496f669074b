/** Judging the learner at a moment: per-family AUC, curve, logit gap and histogram, on rows of the training side only. */
import { histogram, pooled, separation, sweep } from "../evaluate/metrics.ts";
import { Gathering } from "../data/gathering.ts";
import type { Matrix } from "../data/matrix.ts";
import { below, type Draw } from "./draw.ts";
import type { Learner } from "./learner.ts";

/** Bins of the score histograms, equal in width over [0, 1]. */
export const HISTOGRAM_BINS = 20;
/** Points of a logged curve at the most. */
const CURVE_POINTS = 40;

export interface FamilyVerdict {
  readonly family: string;
  readonly auc: number;
  /** Mean normal logit of normal rows minus that of the family's. */
  readonly gap: number;
  readonly histogram: readonly number[];
  /** ROC and PR in one: [false-positive rate, recall, precision] from the highest threshold down. */
  readonly curve: readonly (readonly [number, number, number])[];
}

export interface Verdict {
  readonly normal: readonly number[];
  readonly families: readonly FamilyVerdict[];
}

/** Scores normal rows and each family's rows with the learner as it stands. */
export function judge(learner: Learner, normals: Matrix, families: ReadonlyMap<string, Matrix>): Verdict {
  const normal = learner.score(normals);
  const logit = learner.meanNormalLogit(normals);
  return {
    normal: histogram(normal, HISTOGRAM_BINS),
    families: [...families].map(([family, rows]) => {
      const scores = learner.score(rows);
      return {
        family,
        auc: separation(normal, scores),
        gap: logit - learner.meanNormalLogit(rows),
        histogram: histogram(scores, HISTOGRAM_BINS),
        curve: curve(normal, scores),
      };
    }),
  };
}

/** At most CURVE_POINTS points of the threshold sweep, evenly over its thresholds, the last one included. */
function curve(normal: Float32Array, anomalous: Float32Array): [number, number, number][] {
  const { labels, scores } = pooled(normal, anomalous);
  const points = sweep(labels, scores);
  const step = Math.ceil(points.length / CURVE_POINTS);
  return points
    .filter((_, i) => (points.length - 1 - i) % step === 0)
    .map(({ truePositives, falsePositives }) => [
      falsePositives / normal.length,
      truePositives / anomalous.length,
      truePositives / (truePositives + falsePositives),
    ]);
}

/** `count` rows drawn with replacement from some matrices, evenly over them. */
export function sample(from: readonly Matrix[], count: number, draw: Draw): Matrix {
  const [{ cols }] = from;
  const data = new Float32Array(count * cols);
  for (let i = 0; i < count; i++) {
    const matrix = from[below(draw, from.length)];
    const row = below(draw, matrix.rows) * cols;
    data.set(matrix.data.subarray(row, row + cols), i * cols);
  }
  return { rows: count, cols, data };
}

/** All rows of some matrices, or an even stride of `most` of them. */
export function gather(from: readonly Matrix[], most: number, cols: number): Matrix {
  const total = from.reduce((sum, { rows }) => sum + rows, 0);
  const gathering = new Gathering(total, most, cols);
  for (const matrix of from) gathering.add(matrix);
  return gathering.rows;
}
