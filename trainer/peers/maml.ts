/** MAML (Finn et al. 2017): weights from which a few steps on some families do well on others, with the second-order term. */
import {
  type Episode,
  fitMetaLearner,
  INNER_RATES,
  innerPath,
  innerSteps,
  moved,
  type Slope,
} from "./meta-learning.ts";
import type { Method } from "./method.ts";
import { tunedClassifier } from "./tuned.ts";

/** Length of the step to either side that a Hessian-vector product is measured over. */
const REACH = 0.005;
const DRAW = 4321;

export const maml: Method = tunedClassifier({
  name: "maml",
  title: "MAML",
  source: "Finn, Abbeel, Levine: Model-agnostic meta-learning for fast adaptation of deep networks, 2017",
  group: "foundation",
  settings: INNER_RATES,
  prepare: (side) => (rate) => fitMetaLearner(side, mamlGradient, DRAW, rate),
});

/**
 * ∇_θ L_query(θ_K) through all K inner steps. By the chain rule v_K = ∇L_query(θ_K) and
 * v_k = (I − α·∇²L_support(θ_k))·v_{k+1}; v_0 is the outer gradient.
 */
export function mamlGradient({ support, query }: Episode, weights: Float32Array, rate: number): Float32Array {
  const path = innerPath(innerSteps(support), weights, rate);
  let v = query(path[path.length - 1]);
  for (let k = path.length - 2; k >= 0; k--) v = moved(v, -rate, hessianVector(support, path[k], v));
  return v;
}

/**
 * ∇²L(w)·v. The engine has no second derivatives: this is the central finite difference of gradients along v,
 * (∇L(w + h·v) − ∇L(w − h·v))/2h with h = REACH/‖v‖, exact for quadratic losses and off by O(h²) for others, at the
 * price of two gradients.
 */
export function hessianVector(slope: Slope, weights: Float32Array, v: Float32Array): Float32Array {
  const norm = Math.sqrt(squares(v));
  if (norm === 0) return new Float32Array(v.length);
  const h = REACH / norm;
  const ahead = slope(moved(weights, h, v));
  const behind = slope(moved(weights, -h, v));
  for (let i = 0; i < ahead.length; i++) ahead[i] = (ahead[i] - behind[i]) / (2 * h);
  return ahead;
}

function squares(v: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i] * v[i];
  return sum;
}
