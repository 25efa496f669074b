/** Training of the published form: episodes of inner and outer loops with rotating roles, then the boundary. */
import { hash } from "node:crypto";
import { existsSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { ResidualShape } from "../../model/artefact.ts";
import { malformed, readNetwork } from "../../model/artefact-check.ts";
import { inputWidth } from "../../model/encode.ts";
import { JsonValue } from "../../model/json-value.ts";
import type { Schema } from "../../model/schema.ts";
import { fitSchema } from "../data/fit-schema.ts";
import type { FitData } from "../data/split.ts";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { HardnessBook } from "./curriculum.ts";
import { drawFor } from "./draw.ts";
import { type EncodedFit, encodeFit } from "./encode-fit.ts";
import { finish, runEpisode } from "./episode.ts";
import { exportArtefact, learnedTensors } from "./export.ts";
import { InnerLoop } from "./inner.ts";
import { separation } from "../evaluate/metrics.ts";
import { gather } from "./judge.ts";
import { Learner, type Snapshot } from "./learner.ts";
import { OuterLoop } from "./outer.ts";
import {
  type EpisodeLog,
  interrupted,
  LEARNING_DEFAULTS,
  type LearningOptions,
  type Progress,
  type Trained,
  type TrainRequest,
} from "./request.ts";
import { episodeStages } from "./stages.ts";

/** Normal validation rows that judge an episode; up to 50,000 set the thresholds. */
const JUDGING_ROWS = 512;

/**
 * The published form. First-order and alternating: θ, φ and the decoder in the inner loop, φ, T and ε in the outer, no hyper-gradient.
 *
 * @throws UnseenError data-too-small, network-limits; interrupted once `signal` fires, with the checkpoint kept
 */
export async function trainPaper(
  fit: FitData,
  request: TrainRequest,
  report: (progress: Progress) => void,
): Promise<Trained> {
  const options = { ...LEARNING_DEFAULTS, ...request.learning };
  const schema = request.schema ?? fitSchema(fit);
  const data = encodeFit(fit, schema);
  const { hidden, blocks, latent } = options;
  const shape: ResidualShape = { inputs: inputWidth(schema), hidden, blocks, latent };
  readNetwork(new JsonValue(shape, "network", malformed));
  const learner = new Learner(shape, options.epsilon, drawFor(request.seed, -1), request.workers);
  try {
    return await runEpisodes(learner, fit, schema, data, options, request, report);
  } finally {
    await learner.kernel.close();
  }
}

/** Episodes, the boundary, thresholds. */
async function runEpisodes(
  learner: Learner,
  fit: FitData,
  schema: Schema,
  data: EncodedFit,
  options: LearningOptions,
  request: TrainRequest,
  report: (progress: Progress) => void,
): Promise<Trained> {
  const inner = new InnerLoop(learner, options);
  const outer = new OuterLoop(learner, options);
  const book = new HardnessBook([...data.support.keys()]);
  const { seed, split, shots, heldOut } = request;
  const rows = fit.normal.map(({ train: { count } }) => count);
  const seen = fit.seen.map(({ family, kin, support, reach }) => [family, kin, support.count, reach]);
  const told = { options, seed, split, shots, heldOut, data: request.data, schema, rows, seen };
  const run = hash("sha256", JSON.stringify(told));

  const episodes: EpisodeLog[] = [];
  let best: { value: number; episode: number; snapshot: Snapshot } | undefined;
  const { checkpoint } = request;
  if (checkpoint && request.resume && existsSync(checkpoint)) {
    const saved = readCheckpoint(checkpoint, run);
    learner.restore(saved.now);
    book.restore(saved.hardness);
    episodes.push(...saved.episodes);
    best = saved.best;
  }

  for (let episode = episodes.length; episode < options.episodes; episode++) {
    const log = runEpisode(episode, learner, inner, outer, book, data, options, seed);
    episodes.push(log);
    const value = selectionValue(learner, data);
    if (!best || value >= best.value) best = { value, episode, snapshot: learner.save() };
    if (checkpoint) {
      const now = learner.save();
      writeCheckpoint(checkpoint, { run, episodes, hardness: book.entries(), now, best });
    }
    const note = data.support.size > 0 ? `seen-family AUC ${value.toFixed(3)}` : `loss ${log.innerLoss.toFixed(3)}`;
    report({ phase: "train", done: episode + 1, total: options.episodes, note });
    await setImmediate();
    if (request.signal?.aborted) throw interrupted(checkpoint);
  }
  if (best) learner.restore(best.snapshot);
  await finish(outer, data, options, seed, report, request);
  report({ phase: "thresholds", done: 0, total: 1 });
  const figures = {
    episodes: options.episodes,
    bestEpisode: (best?.episode ?? -1) + 1,
    validationAuc: data.support.size > 0 ? (best?.value ?? 0) : 0,
  };
  const model = {
    network: learner.shape,
    temperature: learner.temperature.value,
    epsilon: learner.epsilon.value,
    tensors: learnedTensors(learner),
    method: "bilevel multi-directional meta-learning (arXiv 2601.19833)",
    figures,
    stages: episodeStages(episodes),
  };
  const artefact = exportArtefact(model, fit, schema, data, request);
  report({ phase: "thresholds", done: 1, total: 1 });
  return { artefact, irrelevant: [], episodes };
}

/** What picks the episode to keep: macro AUC of seen families on validation rows; without families, the latest. */
function selectionValue(learner: Learner, data: EncodedFit): number {
  if (data.seenValidation.size === 0 || data.validation.length === 0) return 0;
  const normal = learner.score(gather(data.validation, JUDGING_ROWS, learner.shape.inputs));
  let sum = 0;
  for (const rows of data.seenValidation.values()) sum += separation(normal, learner.score(rows));
  return sum / data.seenValidation.size;
}
