/** New thresholds for a trained model, from recent normal rows; the weights stay as they are. */
import type { Artefact } from "../../model/artefact.ts";
import { UnseenError } from "../../model/errors.ts";
import type { Scorer } from "../../model/scorer.ts";
import { concat } from "../concat.ts";
import { Gathering } from "../data/gathering.ts";
import type { SourceFile } from "../data/scan.ts";
import { makeReference } from "../learn/reference.ts";
import { budgetThreshold } from "./budget.ts";
import { scoredChunks } from "./scored-file.ts";

/**
 * Rows for a budget at least: this many beyond its threshold. The realised rate then lies within a third of the budget
 * two times in three; with fewer rows the threshold is an accident of the last few.
 */
const ROWS_BEYOND = 10;
/** Rows of the new reference at the most. */
const REFERENCE_ROWS = 50_000;

export interface BudgetChange {
  readonly budget: string;
  /** Undefined where the model had none for the budget. */
  readonly before: number | undefined;
  readonly after: number;
  /** Share of the given normal rows flagged by each. */
  readonly flaggedBefore: number | undefined;
  readonly flaggedAfter: number;
}

export interface Rethresholded {
  readonly artefact: Artefact;
  readonly rows: number;
  readonly budgets: readonly BudgetChange[];
}

/**
 * Sets thresholds of some false-positive budgets; those of others are moved only as far as they would contradict
 * (a smaller budget never has a lower threshold). τ* stays: it takes anomalies to set.
 *
 * @param options `budgets` as shares; `reference` whether the rows become the model's reference for drift, too
 * @throws UnseenError data-too-small, saying how many rows the smallest budget takes
 */
export async function rethreshold(
  scorer: Scorer,
  normal: SourceFile,
  { budgets, reference }: { budgets: readonly number[]; reference: boolean },
): Promise<Rethresholded> {
  let kept: Gathering | undefined;
  const lots: Float32Array[] = [];
  for await (const { matrix, scores: lot, total } of scoredChunks(scorer, normal)) {
    lots.push(lot);
    if (!reference) continue;
    kept ??= new Gathering(total, REFERENCE_ROWS, scorer.inputs);
    kept.add(matrix);
  }
  const scores = concat(Float32Array, lots);
  const rows = scores.length;
  const needed = Math.ceil(ROWS_BEYOND / Math.min(...budgets));
  if (rows < needed) {
    throw new UnseenError(
      "data-too-small",
      `${normal.name} has ${rows} rows; a budget of ${Math.min(...budgets)} takes ${needed}.`,
      "Give more normal rows, or a larger --budget.",
      { file: normal.name },
    );
  }
  const { artefact } = scorer;
  const { evaluation } = artefact;
  const before = artefact.thresholds.fpr;
  const set = new Map(budgets.map((budget) => [nameOf(before, budget), Math.min(1, budgetThreshold(scores, budget))]));
  const fpr = consistent(before, set);
  const flagged = (threshold: number): number => scores.filter((score) => score >= threshold).length / rows;
  const changes = Object.entries(fpr).map(([budget, after]) => ({
    budget,
    before: before[budget],
    after,
    flaggedBefore: before[budget] === undefined ? undefined : flagged(before[budget]),
    flaggedAfter: flagged(after),
  }));
  const figures = { ...artefact.training.figures, rethresholdedRows: rows };
  const all = kept?.rows;
  return {
    artefact: {
      ...artefact,
      // what was measured by the thresholds of before no longer holds
      ...(evaluation ? { evaluation: { ...evaluation, families: [], normalRows: 0, falsePositives: {} } } : {}),
      thresholds: { f1: artefact.thresholds.f1, fpr },
      training: { ...artefact.training, figures },
      ...(all ? { reference: makeReference(artefact.schema, all, scorer.score(all.data, all.rows)) } : {}),
    },
    rows,
    budgets: changes,
  };
}

/** The name a budget goes by in the model, however it is written. */
function nameOf(fpr: Readonly<Record<string, number>>, budget: number): string {
  return Object.keys(fpr).find((name) => Math.abs(Number(name) - budget) < 1e-9) ?? String(budget);
}

/** Thresholds by rising budget: those set anew as they are, others moved where they contradict them. */
function consistent(
  before: Readonly<Record<string, number>>,
  set: ReadonlyMap<string, number>,
): Readonly<Record<string, number>> {
  const all = [...new Set([...Object.keys(before), ...set.keys()])].sort((a, b) => Number(a) - Number(b));
  const fixed = [...set].map(([name, threshold]) => ({ budget: Number(name), threshold }));
  return Object.fromEntries(
    all.map((name) => {
      const budget = Number(name);
      const least = Math.max(0, ...fixed.filter((each) => each.budget > budget).map(({ threshold }) => threshold));
      const most = Math.min(1, ...fixed.filter((each) => each.budget < budget).map(({ threshold }) => threshold));
      return [name, set.get(name) ?? Math.min(most, Math.max(least, before[name]))];
    }),
  );
}
