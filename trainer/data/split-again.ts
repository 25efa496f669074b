/** The split that a model's training made, made again from what the model file says of it. */
import type { TrainingSummary } from "../../model/artefact.ts";
import { UnseenError } from "../../model/errors.ts";
import type { Dataset } from "./dataset.ts";
import { type Split, splitDataset } from "./split.ts";

/**
 * @param holdOut what is held out now: families that training had no label of, and no other
 * @param toTest whether it is for rows to test on: rather a row too few than one that training had as a label
 * @throws UnseenError data-changed where blocks come from other columns, and what `splitDataset` throws
 */
export function splitAgain(
  training: TrainingSummary,
  dataset: Dataset,
  holdOut: readonly string[],
  toTest: boolean,
): Split {
  checkBlocks(training, dataset);
  const { seed, shots, split, normalRows } = training;
  // rows to learn from are those there were, at the most; test rows are the same with any cap
  return splitDataset(dataset, { seed, shots, split, holdOut, ...(toTest ? { trained: training } : { normalRows }) });
}

/** Blocks of other columns are other blocks: which ones training saw could not be told. */
function checkBlocks({ split, data }: TrainingSummary, { roles = {} }: Dataset): void {
  if (split === "rows") return;
  const wrong = (["domain", "block"] as const).find((role) => data.roles[role] !== roles[role]);
  if (wrong === undefined) return;
  const column = data.roles[wrong];
  throw new UnseenError(
    "data-changed",
    `Training split by blocks ${column === undefined ? `without --${wrong}` : `with --${wrong} ${column}`}, and these data are read otherwise.`,
    column === undefined ? `Leave --${wrong} out.` : `Give --${wrong} ${column}.`,
  );
}
