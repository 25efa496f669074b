/** What training is asked for, what it tells on the way, and what comes out. */
import { UnseenError } from "../../model/errors.ts";
import type { Artefact, TrainingSummary } from "../../model/artefact.ts";
import type { Schema } from "../../model/schema.ts";
import type { EvidenceOptions } from "./evidence/learn.ts";
import type { Verdict } from "./judge.ts";

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
  /** λ of the reconstruction term; 0 leaves the decoder out. */
  readonly reconstruction: number;
  /** Weight of corrupted normal rows as the other class; 0 is the one-class loss as published. */
  readonly corruption: number;
  /** m of the hinge margin. */
  readonly margin: number;
  /** α, the weight of the hinge margin. */
  readonly alpha: number;
  /** λ_T, what holds T near 1. */
  readonly temperatureDecay: number;
  /** ε of the ODIN step; 0 leaves the step out, of the artefact too. */
  readonly epsilon: number;
  /** Learn ε too; it is fixed otherwise. */
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
  /** Features that say nothing; distances count them the less the more there are. */
  readonly irrelevant: readonly string[];
  readonly episodes: readonly EpisodeLog[];
}

/** The error of a run that its signal has stopped. */
export function interrupted(checkpoint: string | undefined): UnseenError {
  const remedy = checkpoint ? "Repeat the command with --resume to go on." : "Repeat the command to start afresh.";
  return new UnseenError("interrupted", "training was interrupted", remedy);
}
