/** From a data set to a model: the split, the training on its training side, and what is to be said of either. */
import { UnseenError } from "../../model/errors.ts";
import type { Dataset } from "../data/dataset.ts";
import { leakNotes, noteOn } from "../data/leaks.ts";
import { neighbourNotes } from "../data/neighbours.ts";
import { type FitData, splitDataset } from "../data/split.ts";
import { rowsFor } from "../evaluate/budget.ts";
import type { LearningMethod, LearningOptions, Progress, Trained } from "./request.ts";
import { train } from "./train.ts";

/** Normal rows to train on unless told: nothing that learns looks at as many, and memory does not grow beyond them. */
export const NORMAL_ROWS = 100_000;

export interface TrainOnOptions {
  readonly holdOut: readonly string[];
  readonly shots: number;
  readonly seed: number;
  readonly split: "rows" | "blocks";
  readonly normalRows?: number;
  readonly method?: LearningMethod;
  readonly learning?: Partial<LearningOptions>;
  readonly checkpoint?: string;
  readonly resume?: boolean;
  readonly workers?: number;
  readonly signal?: AbortSignal;
}

/** Splits a data set and trains on its training side; `notes` are the split's, and remarks on what would flatter figures. */
export async function trainOn(
  dataset: Dataset,
  options: TrainOnOptions,
  report?: (progress: Progress) => void,
): Promise<Trained & { readonly notes: readonly string[] }> {
  const { holdOut, shots, seed, split, normalRows = NORMAL_ROWS } = options;
  const { fit, heldOut, notes } = splitDataset(dataset, { seed, holdOut, shots, split, normalRows });
  const files = dataset.files.map(({ path, sha256 }) => ({ path, sha256 }));
  const trained = await train(
    fit,
    {
      ...options,
      heldOut: heldOut.unseen.map(({ family }) => family),
      data: { name: dataset.name, files, roles: dataset.roles ?? {} },
      createdAt: creationDate(),
    },
    report,
  );
  const order = split === "rows" ? neighbourNotes(dataset) : [];
  const irrelevant = noteOn(
    trained.irrelevant,
    "no other column goes with it, and no family shows in it. Distances count such columns the less the more there are; what means nothing is better dropped",
  );
  return { ...trained, notes: [...notes, ...leakNotes(dataset), ...order, ...irrelevant, ...budgetNote(fit, split)] };
}

/** Says so where the threshold of the budget that decides at the edge is extrapolated. */
function budgetNote({ normal }: FitData, split: "rows" | "blocks"): string[] {
  const rows = normal.reduce((sum, { validation }) => sum + validation.count, 0);
  const needed = rowsFor(0.01);
  // By blocks training rows set thresholds as well, by parts that had not seen theirs.
  if (split === "blocks" || rows >= needed) return [];
  return [
    `Only ${rows} normal rows set thresholds, and ${needed} would show a false-positive rate of 1 %: that budget's threshold is extrapolated from the largest scores. Give more normal rows, or set it from recent ones (unseen threshold).`,
  ];
}

/** Now, or SOURCE_DATE_EPOCH (reproducible-builds.org) for artefacts equal byte for byte. @throws UnseenError option-invalid */
function creationDate(): string {
  const epoch = process.env.SOURCE_DATE_EPOCH;
  const date = epoch ? new Date(Number(epoch) * 1000) : new Date();
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new UnseenError(
    "option-invalid",
    `SOURCE_DATE_EPOCH is ${epoch}.`,
    "Give seconds since 1970, or leave it unset.",
  );
}
