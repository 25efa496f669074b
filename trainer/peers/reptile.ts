/** Reptile (Nichol et al. 2018): weights move towards where a few plain steps on an episode lead. */
import { type Episode, fitMetaLearner, INNER_RATE, innerPath, innerSteps, moved } from "./meta-learning.ts";
import type { Method } from "./method.ts";

const DRAW = 4323;

export const reptile: Method = {
  name: "reptile",
  title: "Reptile",
  source: "Nichol, Achiam, Schulman: On first-order meta-learning algorithms, 2018",
  group: "foundation",
  labels: true,
  fit: (side) => fitMetaLearner(side, reptileGradient, DRAW),
};

/**
 * (θ − θ_K)/α, given to Adam as a gradient, which the authors allow for. Reptile knows no query; what it gains from is
 * that steps on different batches of a task agree (their §5). So after the steps on the support one more is taken on
 * the query: the gradients that come to agree are those of different families and domains.
 */
export function reptileGradient({ support, query }: Episode, weights: Float32Array): Float32Array {
  const path = innerPath([...innerSteps(support), query], weights);
  return moved(weights, -1, path[path.length - 1]).map((x) => x / INNER_RATE);
}
