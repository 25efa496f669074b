/** Training, whole: episodes of inner and outer loops with rotating roles, then thresholds, then the artefact. */
import { existsSync, rmSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Artefact, ResidualShape, TrainingSummary } from "../../model/artefact.ts";
import { inputWidth } from "../../model/encode.ts";
import { UnseenError } from "../../model/errors.ts";
import type { Schema } from "../../model/schema.ts";
import { fitSchema } from "../data/fit-schema.ts";
import { encodeRows, type Matrix } from "../data/matrix.ts";
import type { FitData } from "../data/split.ts";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { drawRoles, HardnessBook, OUTER_FAMILIES } from "./curriculum.ts";
import { corrupted } from "./corrupt.ts";
import { type Draw, drawFor, shuffled } from "./draw.ts";
import { cosine } from "./engine.ts";
import { episodeStages } from "./stages.ts";
import { EVIDENCE_DEFAULTS, type EvidenceOptions, learnEvidence } from "./evidence/learn.ts";
import { exportArtefact, learnedTensors } from "./export.ts";
import { InnerLoop } from "./inner.ts";
import { gather, judge, sample, separation, type Verdict } from "./judge.ts";
import { Learner, type Snapshot } from "./learner.ts";
import { OuterLoop } from "./outer.ts";

/** What a run may be told; every field has a default. */
export interface LearningOptions {
  readonly hidden: number;
  readonly blocks: number;
  readonly latent: number;
  readonly episodes: number;
  readonly innerSteps: number;
  readonly outerSteps: number;
  /** Normal rows of an inner step. */
  readonly batch: number;
  /** Normal rows, and anomalies of each family, of an outer step. */
  readonly query: number;
  /** Learning rate of the inner loop. */
  readonly rate: number;
  /** Learning rate of the outer loop: the head is small and θ is fixed, so it may be larger. */
  readonly outerRate: number;
  /** Outer steps over all seen families after the last episode. */
  readonly finalSteps: number;
  readonly reconstruction: number;
  readonly corruption: number;
  readonly margin: number;
  readonly alpha: number;
  readonly temperatureDecay: number;
  /** ε of the ODIN step; 0 leaves the step out, of the artefact too. */
  readonly epsilon: number;
  readonly learnEpsilon: boolean;
}

export const LEARNING_DEFAULTS: LearningOptions = {
  hidden: 256,
  blocks: 3,
  latent: 128,
  episodes: 30,
  innerSteps: 15,
  outerSteps: 15,
  batch: 128,
  query: 32,
  rate: 1e-3,
  outerRate: 5e-3,
  finalSteps: 150,
  reconstruction: 0.5,
  corruption: 1,
  margin: 0.6,
  alpha: 0.25,
  temperatureDecay: 0.05,
  epsilon: 2e-3,
  learnEpsilon: false,
};

export const LEARNING_METHODS = ["unseen", "paper"] as const;
export type LearningMethod = (typeof LEARNING_METHODS)[number];

export interface TrainRequest {
  readonly seed: number;
  readonly split: "rows" | "blocks";
  readonly shots: number;
  readonly heldOut: readonly string[];
  readonly data: TrainingSummary["data"];
  /** The schema, where it is fitted already on no other rows than these; else it is fitted here. */
  readonly schema?: Schema;
  /** "unseen", the default, weighs kinds of evidence; "paper" is the published form. */
  readonly method?: LearningMethod;
  /** Options of the published form. */
  readonly learning?: Partial<LearningOptions>;
  /** Threads that train the published form together; what they learn does not depend on how many. One unless told. */
  readonly workers?: number;
  /** Options of the default method. */
  readonly evidence?: Partial<EvidenceOptions>;
  /** Where to keep checkpoints; none are kept without. */
  readonly checkpoint?: string;
  /** Go on from the checkpoint where there is one. */
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
  /** ISO 8601 date for the summary; the same everything else gives the same artefact byte for byte. */
  readonly createdAt: string;
}

export interface Progress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  readonly note?: string;
}

/** One episode's three checkpoints, per family of the training side. */
export interface EpisodeLog {
  readonly episode: number;
  readonly outerFamilies: readonly string[];
  readonly judgedFamilies: readonly string[];
  readonly before: Verdict;
  readonly afterInner: Verdict;
  readonly afterOuter: Verdict;
  readonly innerLoss: number;
  readonly outerLoss: number;
  readonly temperature: number;
  readonly epsilon: number;
}

export interface Trained {
  readonly artefact: Artefact;
  readonly episodes: readonly EpisodeLog[];
}

/** Normal validation rows that judge an episode; all of them set the thresholds. */
const JUDGING_ROWS = 512;
const JUDGING_NORMALS = 96;
const JUDGING_ANOMALIES = 32;

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
  const data = encodeFit(fit, schema);
  const options = { ...EVIDENCE_DEFAULTS, ...request.evidence };
  const learned = await learnEvidence(data, request.seed, options, (done, total, note) => {
    if (request.signal?.aborted) throw interrupted(undefined);
    report({ phase: "train", done, total, note });
  });
  const { shape: network, temperature, tensors, figures, outOfTurn, memory } = learned;
  const method = "evidence with rotated roles";
  const model = { network, temperature, epsilon: 0, tensors, memory, method, figures };
  return { artefact: exportArtefact(model, fit, schema, data, request, outOfTurn), episodes: [] };
}

/**
 * The published form. First-order and alternating: θ, φ and the decoder in the inner loop, φ, T and ε in the outer, no hyper-gradient.
 *
 * @throws UnseenError data-too-small, network-limits; interrupted once `signal` fires, with the checkpoint kept
 */
async function trainPaper(fit: FitData, request: TrainRequest, report: (progress: Progress) => void): Promise<Trained> {
  const options = { ...LEARNING_DEFAULTS, ...request.learning };
  const schema = request.schema ?? fitSchema(fit);
  const data = encodeFit(fit, schema);
  const { hidden, blocks, latent } = options;
  const shape: ResidualShape = { inputs: inputWidth(schema), hidden, blocks, latent };
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
  const inner = new InnerLoop(learner, { ...options, clip: 1 });
  const outer = new OuterLoop(learner, { ...options, clip: 1 });
  const book = new HardnessBook([...data.support.keys()]);
  const { seed, split, shots, heldOut } = request;
  const rows = fit.normal.map(({ train: { count } }) => count);
  const run = JSON.stringify({ options, seed, split, shots, heldOut, data: request.data, rows });

  let first = 0;
  let best: { value: number; episode: number; snapshot: Snapshot } | undefined;
  const { checkpoint } = request;
  if (checkpoint && request.resume && existsSync(checkpoint)) {
    const saved = readCheckpoint(checkpoint, run);
    learner.restore(saved.now);
    book.restore(saved.hardness);
    first = saved.episodes;
    best = saved.best;
  }

  const episodes: EpisodeLog[] = [];
  for (let episode = first; episode < options.episodes; episode++) {
    const log = runEpisode(episode, learner, inner, outer, book, data, options, seed);
    episodes.push(log);
    const value = selectionValue(learner, data);
    if (!best || value >= best.value) best = { value, episode, snapshot: learner.save() };
    if (checkpoint) {
      const now = learner.save();
      writeCheckpoint(checkpoint, { run, episodes: episode + 1, hardness: book.entries(), now, best });
    }
    const note = data.support.size > 0 ? `seen-family AUC ${value.toFixed(3)}` : `loss ${log.innerLoss.toFixed(3)}`;
    report({ phase: "train", done: episode + 1, total: options.episodes, note });
    await setImmediate();
    if (request.signal?.aborted) throw interrupted(checkpoint);
  }
  if (best) learner.restore(best.snapshot);
  await finish(outer, data, options, seed, report, request.signal);
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
  if (checkpoint) rmSync(checkpoint, { force: true });
  return { artefact, episodes };
}

/** The training side, encoded. */
export interface EncodedFit {
  readonly train: readonly Matrix[];
  /** By blocks, the turn of every training row, domain after domain. */
  readonly turns?: Uint8Array;
  readonly validation: readonly Matrix[];
  readonly support: ReadonlyMap<string, Matrix>;
  /** The group that each family belongs to, or its own name. */
  readonly kin: ReadonlyMap<string, string>;
  readonly seenValidation: ReadonlyMap<string, Matrix>;
}

export function encodeFit(fit: FitData, schema: Schema): EncodedFit {
  const encode = (rows: Parameters<typeof encodeRows>[2]): Matrix => encodeRows(schema, fit.columns, rows);
  const filled = (matrices: Matrix[]): Matrix[] => matrices.filter(({ rows }) => rows > 0);
  const turns = fit.normal.flatMap(({ turns: ofDomain }) => (ofDomain ? [...ofDomain] : []));
  const support = new Map(fit.seen.map(({ family, support: rows }) => [family, encode(rows)]));
  const validation = new Map(fit.seen.map(({ family, validation: rows }) => [family, encode(rows)]));
  for (const map of [support, validation]) for (const [family, { rows }] of map) if (rows === 0) map.delete(family);
  return {
    train: filled(fit.normal.map(({ train: rows }) => encode(rows))),
    ...(turns.length > 0 ? { turns: Uint8Array.from(turns) } : {}),
    validation: filled(fit.normal.map(({ validation: rows }) => encode(rows))),
    support,
    kin: new Map(fit.seen.map(({ family, kin }) => [family, kin])),
    seenValidation: validation,
  };
}

function runEpisode(
  episode: number,
  learner: Learner,
  inner: InnerLoop,
  outer: OuterLoop,
  book: HardnessBook,
  data: EncodedFit,
  options: LearningOptions,
  seed: number,
): EpisodeLog {
  const draw = drawFor(seed, episode);
  const roles = drawRoles(data.train.length, book, draw);
  const inside = roles.insideDomains.map((i) => data.train[i]);
  const outside = roles.outsideDomains.map((i) => data.train[i]);
  const normals = sample(outside, JUDGING_NORMALS, draw);
  const families = new Map(
    [...data.support].map(([family, rows]) => [family, sample([rows], Math.min(rows.rows, JUDGING_ANOMALIES), draw)]),
  );
  const before = judge(learner, normals, families);

  const steps = options.episodes * options.innerSteps;
  let innerLoss = 0;
  for (let i = 0; i < options.innerSteps; i++) {
    const rate = cosine(episode * options.innerSteps + i, steps, options.rate, options.innerSteps);
    innerLoss += inner.step(inside, rate, draw) / options.innerSteps;
  }
  const afterInner = judge(learner, normals, families);

  let outerLoss = 0;
  const labelled = roles.outerFamilies.flatMap((family) => data.support.get(family) ?? []);
  if (labelled.length > 0) {
    const anomalies = withCorrupted(labelled, outside, options, draw);
    for (let i = 0; i < options.outerSteps; i++) {
      const rate = cosine(episode * options.outerSteps + i, options.episodes * options.outerSteps, options.outerRate);
      outerLoss += outer.step(outside, anomalies, inner.headGradient, rate, draw) / options.outerSteps;
    }
  }
  const afterOuter = judge(learner, normals, families);
  for (const { family, auc } of afterOuter.families)
    if (roles.judgedFamilies.includes(family)) book.record(family, auc);
  const { outerFamilies, judgedFamilies } = roles;
  const [temperature, epsilon] = [learner.temperature.value, learner.epsilon.value];
  return {
    episode,
    outerFamilies,
    judgedFamilies,
    before,
    afterInner,
    afterOuter,
    innerLoss,
    outerLoss,
    temperature,
    epsilon,
  };
}

/** The families of an outer step, and corrupted normal rows as one more: what is off the manifold stays anomalous. */
function withCorrupted(
  families: readonly Matrix[],
  normals: readonly Matrix[],
  { corruption, query }: LearningOptions,
  draw: Draw,
): readonly Matrix[] {
  return corruption > 0 ? [...families, corrupted(normals, 4 * query, draw)] : families;
}

/** Outer steps on the kept encoder, over every seen family and all domains in turn. */
export async function finish(
  outer: OuterLoop,
  data: EncodedFit,
  options: LearningOptions,
  seed: number,
  report: (progress: Progress) => void = () => {},
  signal?: AbortSignal,
): Promise<void> {
  const families = [...data.support.values()];
  if (families.length === 0) return;
  const draw = drawFor(seed, options.episodes);
  const total = options.finalSteps;
  for (let i = 0; i < total; i++) {
    const labelled = shuffled(draw, families).slice(0, OUTER_FAMILIES);
    const chosen = withCorrupted(labelled, data.train, options, draw);
    outer.step(data.train, chosen, undefined, cosine(i, total, options.outerRate), draw);
    if ((i + 1) % 10 > 0) continue;
    report({ phase: "boundary", done: i + 1, total });
    await setImmediate();
    if (signal?.aborted) throw interrupted(undefined);
  }
}

/** What picks the episode to keep: macro AUC of seen families on validation rows; without families, the latest. */
function selectionValue(learner: Learner, data: EncodedFit): number {
  if (data.seenValidation.size === 0 || data.validation.length === 0) return 0;
  const normal = learner.score(gather(data.validation, JUDGING_ROWS, learner.shape.inputs));
  let sum = 0;
  for (const rows of data.seenValidation.values()) sum += separation(normal, learner.score(rows));
  return sum / data.seenValidation.size;
}

function interrupted(checkpoint: string | undefined): UnseenError {
  const remedy = checkpoint ? "Repeat the command with --resume to go on." : "Repeat the command to start afresh.";
  return new UnseenError("interrupted", "training was interrupted", remedy);
}
