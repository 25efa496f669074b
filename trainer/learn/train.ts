/** Training, whole: from the training side of a split to an artefact, by the default method or the published one. */
import { checkSize, LIMITS } from "../../model/artefact-check.ts";
import { inputWidth } from "../../model/encode.ts";
import type { FitData } from "../data/split.ts";
import { fitSchema } from "../data/fit-schema.ts";
import { encodeFit } from "./encode-fit.ts";
import { EVIDENCE_DEFAULTS, learnEvidence } from "./evidence/learn.ts";
import { exportArtefact } from "./export.ts";
import { trainPaper } from "./paper.ts";
import { interrupted, type Progress, type Trained, type TrainRequest } from "./request.ts";

/**
 * Learns from the training side of a split, and from nothing else: `FitData` cannot hold a held-out row.
 *
 * @throws UnseenError data-too-small, network-limits; interrupted once `signal` fires, with the checkpoint kept
 */
export async function train(
  fit: FitData,
  request: TrainRequest,
  report: (progress: Progress) => void = () => {},
): Promise<Trained> {
  return request.method === "paper" ? trainPaper(fit, request, report) : trainEvidence(fit, request, report);
}

/** The default: evidence of the normal manifold and of the labels, weighed where the evidence was blind to the family. */
async function trainEvidence(
  fit: FitData,
  request: TrainRequest,
  report: (progress: Progress) => void,
): Promise<Trained> {
  const schema = request.schema ?? fitSchema(fit);
  checkSize("network.inputs", inputWidth(schema), LIMITS.inputs);
  const data = encodeFit(fit, schema);
  const options = { ...EVIDENCE_DEFAULTS, ...request.evidence };
  const learned = await learnEvidence(data, request.seed, options, (done, total, note) => {
    if (request.signal?.aborted) throw interrupted(undefined);
    report({ phase: "train", done, total, note });
  });
  const { shape: network, temperature, tensors, figures, outOfTurn, memory } = learned;
  const method = "evidence with rotated roles";
  const model = { network, temperature, epsilon: 0, tensors, memory, method, figures };
  const irrelevant = learned.irrelevant.map((feature) => schema.features[feature].name);
  return { artefact: exportArtefact(model, fit, schema, data, request, outOfTurn), irrelevant, episodes: [] };
}
