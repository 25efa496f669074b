/** One episode of the published form: roles drawn, inner loop, outer loop, and the model judged before and after each. */
import { setImmediate } from "node:timers/promises";
import type { Matrix } from "../data/matrix.ts";
import { corrupted } from "./corrupt.ts";
import { drawRoles, type HardnessBook, OUTER_FAMILIES } from "./curriculum.ts";
import { type Draw, drawFor, shuffled } from "./draw.ts";
import type { EncodedFit } from "./encode-fit.ts";
import { cosine } from "./engine.ts";
import type { InnerLoop } from "./inner.ts";
import { judge, sample } from "./judge.ts";
import type { Learner } from "./learner.ts";
import type { OuterLoop } from "./outer.ts";
import { type EpisodeLog, interrupted, type LearningOptions, type Progress, type TrainRequest } from "./request.ts";

const JUDGING_NORMALS = 96;
const JUDGING_ANOMALIES = 32;

export function runEpisode(
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
  { signal, checkpoint }: Pick<TrainRequest, "signal" | "checkpoint"> = {},
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
    if (signal?.aborted) throw interrupted(checkpoint);
  }
}
