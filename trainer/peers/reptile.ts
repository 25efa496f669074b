/** Reptile (Nichol et al. 2018): weights move towards where a few plain steps on an episode lead. */
import { type Episode, fitMetaLearner, INNER_RATES, innerPath, innerSteps, moved } from "./meta-learning.ts";
import type { Method } from "./method.ts";
import { tunedClassifier } from "./tuned.ts";

const DRAW = 4323;

export const reptile: Method = tunedClassifier({
  name: "reptile",
  title: "Reptile",
  source: "Nichol, Achiam, Schulman: On first-order meta-learning algorithms, 2018",
  group: "foundation",
  settings: INNER_RATES,
  prepare: (side) => (rate) => fitMetaLearner(side, reptileGradient, DRAW, rate),
});

/**
 * (θ − θ_K)/α, given to Adam as a gradient, which the authors allow for. Reptile knows no query; what it gains from is
 * that steps on different batches of a task agree (their §5). So after the steps on the support one more is taken on
 * the query: the gradients that come to agree are those of different families and domains.
 */
export function reptileGradient({ support, query }: Episode, weights: Float32Array, rate: number): Float32Array {
  const path = innerPath([...innerSteps(support), query], weights, rate);
  return moved(weights, -1, path[path.length - 1]).map((x) => x / rate);
}
