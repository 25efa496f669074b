/** FOMAML (Finn et al. 2017): MAML with the Hessians left out, the query's gradient taken where the inner loop ends. */
import { type Episode, fitMetaLearner, INNER_RATES, innerPath, innerSteps } from "./meta-learning.ts";
import type { Method } from "./method.ts";
import { tunedClassifier } from "./tuned.ts";

const DRAW = 4322;

export const fomaml: Method = tunedClassifier({
  name: "fomaml",
  title: "FOMAML",
  source:
    "Finn, Abbeel, Levine: Model-agnostic meta-learning for fast adaptation of deep networks, 2017, its first-order approximation",
  group: "foundation",
  settings: INNER_RATES,
  prepare: (side) => (rate) => fitMetaLearner(side, fomamlGradient, DRAW, rate),
});

/** ∇L_query(θ_K), as if θ_K did not depend on θ more than by a shift. */
export function fomamlGradient({ support, query }: Episode, weights: Float32Array, rate: number): Float32Array {
  const path = innerPath(innerSteps(support), weights, rate);
  return query(path[path.length - 1]);
}
