/** From a method's scores to its figures; calibration, and thresholds that it does not bring, come from validation rows alone. */
import type { Thresholds } from "../../model/artefact.ts";
import { concat } from "../concat.ts";
import { platt } from "../evaluate/calibrate.ts";
import {
  aucRoc,
  averagePrecision,
  brier,
  decisions,
  expectedCalibrationError,
  histogram,
  type Pooled,
  pooled,
  sweep,
} from "../evaluate/metrics.ts";
import { thresholds } from "../evaluate/thresholds.ts";
import type { AtThreshold, ConfidenceError, Figures } from "./line.ts";

/** Scores as the method gave them: f32 stay f32, so that a threshold is exactly one of them. */
export type Scores = Float32Array | Float64Array;

/** Scores of several lots, one after another: double where any are. */
export function together(lots: readonly Scores[]): Scores {
  return concat<Scores>(lots.some((lot) => lot instanceof Float64Array) ? Float64Array : Float32Array, lots);
}

export interface ScoredRows {
  /** Normal validation rows, and validation labels of seen families. */
  readonly validation: { readonly normal: Scores; readonly seen: Scores };
  readonly test: { readonly normal: Scores; readonly unseen: Scores; readonly seen: Scores };
}

const CURVE_POINTS = 40;
const BINS = 20;

/**
 * @param probability whether scores are probabilities; else Platt scaling on validation rows makes them so
 * @param own thresholds that the method comes with; else validation rows set them
 */
export function figuresOf(
  { validation, test }: ScoredRows,
  probability: boolean,
  own: Thresholds = thresholds(validation.normal, validation.seen, probability),
): Figures {
  const { labels, scores } = pooled(test.normal, test.unseen);
  const at = (threshold: number): AtThreshold => {
    const { recall, falsePositiveRate } = decisions(labels, scores, threshold, true);
    return { threshold, recall: round(recall), falsePositiveRate: round(falsePositiveRate) };
  };
  const { f1: best, fpr } = own;
  const seen = pooled(validation.normal, validation.seen);
  const { precision, f1, accuracy } = decisions(labels, scores, best, true);
  const confidence = confidenceOf(seen, validation.seen.length > 0, probability);
  return {
    aucRoc: round(aucRoc(labels, scores)),
    averagePrecision: {
      balanced: round(averagePrecision(labels, scores, true)),
      natural: round(averagePrecision(labels, scores)),
    },
    atF1: { ...at(best), precision: round(precision), f1: round(f1), accuracy: round(accuracy) },
    budgets: Object.fromEntries(Object.entries(fpr).map(([budget, threshold]) => [budget, at(threshold)])),
    confidence: {
      unseen: confidence && errorOf(confidence, test.normal, test.unseen),
      seen: confidence && test.seen.length > 0 ? errorOf(confidence, test.normal, test.seen) : null,
    },
    curve: curve(labels, scores),
    histogram: confidence && {
      normal: histogram(Array.from(test.normal, confidence), BINS),
      anomalous: histogram(Array.from(test.unseen, confidence), BINS),
    },
  };
}

function confidenceOf(
  { labels, scores }: Pooled,
  labelled: boolean,
  probability: boolean,
): ((score: number) => number) | null {
  if (probability) return (score) => score;
  return labelled ? platt(labels, scores) : null;
}

function errorOf(confidence: (score: number) => number, normal: Scores, anomalous: Scores): ConfidenceError {
  const { labels, scores } = pooled(normal, anomalous);
  return confidenceError(labels, Float64Array.from(scores, confidence));
}

/** How far probabilities of an anomaly are off, classes weighing half each. */
export function confidenceError(labels: Uint8Array, probabilities: ArrayLike<number>): ConfidenceError {
  return {
    ece: round(expectedCalibrationError(labels, probabilities, true)),
    brier: round(brier(labels, probabilities, true)),
  };
}

/** Points of the ROC curve, spaced evenly along it, both ends included. */
function curve(labels: ArrayLike<number>, scores: ArrayLike<number>): [number, number][] {
  const points = sweep(labels, scores);
  const last = points[points.length - 1];
  const step = 2 / (CURVE_POINTS - 2);
  const kept: [number, number][] = [[0, 0]];
  let reached = 0;
  for (const { truePositives, falsePositives } of points) {
    const [x, y] = [falsePositives / last.falsePositives, truePositives / last.truePositives];
    if (x + y < reached + step && x + y < 2) continue;
    kept.push([Math.round(x * 1e4) / 1e4, Math.round(y * 1e4) / 1e4]);
    reached += step * Math.max(1, Math.floor((x + y - reached) / step));
  }
  return kept;
}

/** Six decimals: shorter lines, and finer than any difference that means something. */
export function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
