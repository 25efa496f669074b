/** From a learner to an artefact: weights, thresholds on validation rows, golden rows, summary. */
import type { Artefact, Tensor } from "../../model/artefact.ts";
import type { Stage } from "../../model/evaluation.ts";
import { isHead, weightShapes } from "../../model/network.ts";
import type { Schema } from "../../model/schema.ts";
import { Scorer } from "../../model/scorer.ts";
import { concat } from "../concat.ts";
import type { Matrix } from "../data/matrix.ts";
import type { FitData } from "../data/split.ts";
import { storedThresholds } from "../evaluate/thresholds.ts";
import { kernelModule } from "./engine.ts";
import { goldenRows } from "./golden.ts";
import { gather } from "./judge.ts";
import type { Learner } from "./learner.ts";
import { makeReference } from "./reference.ts";
import type { EncodedFit } from "./encode-fit.ts";
import type { TrainRequest } from "./request.ts";

/** Normal validation rows that set thresholds at the most. */
const THRESHOLD_ROWS = 50_000;

/** What learning gives: the network with its weights, T and ε, and figures for the summary. */
export type LearnedModel = Pick<Artefact, "network" | "temperature" | "epsilon" | "tensors" | "memory"> & {
  readonly method: string;
  readonly figures: Readonly<Record<string, number>>;
  /** How scores lay at three stages of training, where it logged them. */
  readonly stages?: readonly Stage[];
  /** False-positive budgets to set thresholds for, where not the usual ones. */
  readonly budgets?: readonly string[];
};

/**
 * Sets thresholds on normal validation rows and on training rows' scores by parts that had not seen their blocks
 * (`outOfTurn`), picks golden rows, and writes the summary.
 */
export function exportArtefact(
  { method, figures, stages = [], budgets, ...model }: LearnedModel,
  fit: FitData,
  schema: Schema,
  data: EncodedFit,
  request: TrainRequest,
  outOfTurn: Float32Array = new Float32Array(),
): Artefact {
  const draft: Artefact = {
    ...model,
    schema,
    thresholds: { f1: 0, fpr: {} },
    golden: { rows: [], scores: [] },
    training: {
      method,
      createdAt: request.createdAt,
      seed: request.seed,
      split: request.split,
      shots: request.shots,
      labels: fit.labels,
      heldOut: request.heldOut,
      domains: fit.normal.map(({ domain }) => domain),
      families: fit.seen.map(({ family }) => family),
      reach: Object.fromEntries(fit.seen.map(({ family, reach }) => [family, reach])),
      normalRows: fit.normal.reduce((sum, { train }) => sum + train.count, 0),
      data: request.data,
      figures,
    },
    ...(stages.length > 0 ? { evaluation: { families: [], normalRows: 0, falsePositives: {}, stages } } : {}),
  };
  const scorer = new Scorer(draft, kernelModule("score"), { selfTest: false });
  const score = (rows: Matrix): Float32Array => scorer.score(rows.data, rows.rows);
  const validation = gather(data.validation, THRESHOLD_ROWS, scorer.inputs);
  const scores = score(validation);
  const seen = score(gather([...data.seenValidation.values()], Number.POSITIVE_INFINITY, scorer.inputs));
  return {
    ...draft,
    thresholds: storedThresholds(concat(Float32Array, [scores, outOfTurn]), seen, budgets),
    golden: goldenRows(scorer, fit),
    ...(validation.rows > 0 ? { reference: makeReference(schema, validation, scores) } : {}),
  };
}

/** The published network's weights as they stand. */
export function learnedTensors(learner: Learner): Map<string, Tensor> {
  const result = new Map<string, Tensor>();
  for (const [name, shape] of weightShapes(learner.shape)) {
    const part = isHead(name) ? learner.head : learner.encoder;
    const values = part.parameters.read(name);
    result.set(name, { dtype: "F32", shape, bytes: new Uint8Array(values.buffer) });
  }
  return result;
}
