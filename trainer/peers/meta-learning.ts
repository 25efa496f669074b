/** Meta-learning of encoder and head by episodes: adapted on some domains and families, judged on others. */
import type { Matrix } from "../data/matrix.ts";
import { drawRoles, HardnessBook } from "../learn/curriculum.ts";
import { type Draw, drawFor } from "../learn/draw.ts";
import { sigmoid } from "../evaluate/calibrate.ts";
import { crossEntropy } from "./losses.ts";
import type { EncodedSide, Fitted } from "./method.ts";
import { BATCH, Mlp } from "./mlp.ts";
import { constantScores, drawInto, families, seenAuc, train } from "./training.ts";

/** Plain gradient steps of the inner loop. */
export const INNER_STEPS = 3;
/** Rates α of the inner steps, one of which rotated held-outs choose. */
export const INNER_RATES = [0.05, 0.5] as const;
/** Rows of an episode's support and of its query: half normal, half anomalous. */
const EPISODE_ROWS = 64;
/** Episodes of one outer step. */
const META_BATCH = 2;
const OUTER_STEPS = 320;
const OUTER_RATE = 1e-3;
/** Steps of the adaptation to all seen families after meta-training, each on a batch of BATCH rows of its own. */
const ADAPTATION_STEPS = 10;
/** Normal and anomalous. */
const CLASSES = 2;

/** Gradient of a loss at given weights, in an array of its own. */
export type Slope = (weights: Float32Array) => Float32Array;

/** The losses of one episode: its support's, on which the inner loop descends, and its query's. */
export interface Episode {
  readonly support: Slope;
  readonly query: Slope;
}

/** What the outer update goes along, to be descended, where inner steps have the rate α. The methods differ in nothing else. */
export type OuterGradient = (episode: Episode, weights: Float32Array, rate: number) => Float32Array;

/** x + factor·y, in a new array. */
export function moved(x: Float32Array, factor: number, y: Float32Array): Float32Array {
  const result = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) result[i] = x[i] + factor * y[i];
  return result;
}

/** Weights after each inner step θ_{k+1} = θ_k − α·∇L_k(θ_k), from θ_0 on, α being `rate`; `slopes` has one entry a step. */
export function innerPath(slopes: readonly Slope[], weights: Float32Array, rate: number): Float32Array[] {
  const path = [weights];
  for (const [k, slope] of slopes.entries()) path.push(moved(path[k], -rate, slope(path[k])));
  return path;
}

/** As many inner steps as an episode has, all on one loss. */
export function innerSteps(slope: Slope): Slope[] {
  return Array.from({ length: INNER_STEPS }, () => slope);
}

/**
 * The learner: D → 128 → 64 → 2, its encoder and head one net, by balanced cross-entropy over (normal, anomalous). An
 * episode's roles are those of our own curriculum, every family as likely as the next: the support has the normal rows
 * of the inside domains and the labels of the outer families, the query those of the outside domains and of the judged
 * families. With one domain, or fewer than three families, support and query share it or them. A state is judged as it
 * is used: after adaptation to the labels of all seen families.
 *
 * @param stream of draws, the method's own
 * @param rate α of inner steps, the adaptation's among them
 */
export function fitMetaLearner(side: EncodedSide, outer: OuterGradient, stream: number, rate: number): Fitted {
  if (side.seen.length === 0) return constantScores(true);
  const draw = drawFor(side.seed, stream);
  const net = new Mlp({ sizes: [side.width, 128, 64, CLASSES] }, draw);
  const book = new HardnessBook(side.seen.map(({ family }) => family));
  const labels = new Map(side.seen.map(({ family, support }) => [family, support]));
  const of = (names: readonly string[]): Matrix[] => names.flatMap((name) => labels.get(name) ?? []);
  const domains = side.normal.map((part) => part.train);

  const adaptation = Array.from({ length: ADAPTATION_STEPS }, () => slopeOn(net, domains, families(side), BATCH, draw));
  const adapted = (weights: Float32Array): Float32Array => innerPath(adaptation, weights, rate)[ADAPTATION_STEPS];
  const judge = seenAuc(side, (rows) => scores(net, rows));
  train({
    nets: [net],
    steps: OUTER_STEPS,
    rate: OUTER_RATE,
    gradients: () => {
      const weights = net.weights;
      let sum: Float32Array = new Float32Array(weights.length);
      for (let i = 0; i < META_BATCH; i++) {
        const roles = drawRoles(domains.length, book, draw);
        const inside = roles.insideDomains.map((d) => domains[d]);
        const outside = roles.outsideDomains.map((d) => domains[d]);
        const support = slopeOn(net, inside, of(roles.outerFamilies), EPISODE_ROWS, draw);
        const query = slopeOn(net, outside, of(roles.judgedFamilies), EPISODE_ROWS, draw);
        sum = moved(sum, 1 / META_BATCH, outer({ support, query }, weights, rate));
      }
      net.weights = weights;
      net.gradients = sum;
    },
    value:
      judge &&
      ((): number => {
        const weights = net.weights;
        net.weights = adapted(weights);
        const value = judge();
        net.weights = weights;
        return value;
      }),
  });
  net.weights = adapted(net.weights);
  return { probability: true, bytes: net.bytes, score: (rows) => scores(net, rows).map(sigmoid) };
}

/** The loss on one draw of rows, the same at every call: half from the normal parts, half from the anomalous ones. */
export function slopeOn(
  net: Mlp,
  normal: readonly Matrix[],
  anomalous: readonly Matrix[],
  rows: number,
  draw: Draw,
): Slope {
  const half = rows / 2;
  const x = new Float32Array(rows * net.inputs);
  drawInto(normal, half, draw, x);
  drawInto(anomalous, half, draw, x, half);
  const targets = new Uint8Array(rows).fill(1, half);
  const gradient = new Float32Array(rows * CLASSES);
  return (weights) => {
    net.weights = weights;
    net.clear();
    crossEntropy(net.forward(x, rows), CLASSES, targets, gradient);
    net.backward(gradient);
    return net.gradients;
  };
}

/** Log odds of an anomaly, ℓ₁ − ℓ₀. */
function scores(net: Mlp, rows: Matrix): Float64Array {
  const { data } = net.apply(rows);
  return Float64Array.from({ length: rows.rows }, (_, i) => data[i * CLASSES + 1] - data[i * CLASSES]);
}
