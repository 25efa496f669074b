/** The thresholds of a method or a model, from its scores of validation rows alone. */
import type { Thresholds } from "../../model/artefact.ts";
import { budgetThreshold } from "./budget.ts";
import { bestF1, pooled } from "./metrics.ts";

/** False-positive budgets every artefact has a threshold for; the middle one is the default at the edge. */
const BUDGETS: readonly string[] = ["0.001", "0.01", "0.05"];

/**
 * τ* of equation (9) on pooled validation rows, normal and anomalous ones weighing half each (labels are as many as were
 * asked for, not as many as there are anomalies), and a threshold for each false-positive budget on normal ones. Without
 * anomalous ones τ* is the 1 % budget's.
 *
 * @param probability whether scores are probabilities
 */
export function thresholds(
  normal: Float32Array | Float64Array,
  seen: Float32Array | Float64Array,
  probability: boolean,
  budgets = BUDGETS,
): Thresholds {
  const fpr = Object.fromEntries(
    budgets.map((budget) => [budget, budgetThreshold(normal, Number(budget), probability)]),
  );
  if (seen.length === 0) return { f1: fpr["0.01"], fpr };
  const { labels, scores } = pooled(normal, seen);
  return { f1: bestF1(labels, scores, true).threshold, fpr };
}

/** The same as an artefact holds them: at most 1. */
export function storedThresholds(normal: Float32Array, seen: Float32Array, budgets?: readonly string[]): Thresholds {
  const { f1, fpr } = thresholds(normal, seen, true, budgets);
  const capped = Object.entries(fpr).map(([budget, threshold]) => [budget, Math.min(1, threshold)]);
  return { f1: Math.min(1, f1), fpr: Object.fromEntries(capped) };
}
