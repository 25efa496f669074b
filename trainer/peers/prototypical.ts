/** Prototypical networks (Snell et al. 2017): nearest class means in an embedding learned by small episodes. */
import type { Matrix } from "../data/matrix.ts";
import { type Draw, drawFor, shuffled } from "../learn/draw.ts";
import { columnMeans } from "../learn/distances.ts";
import { softmax } from "./losses.ts";
import type { EncodedSide, Fitted } from "./method.ts";
import { Mlp } from "./mlp.ts";
import { drawInto, families, seenAuc, train } from "./training.ts";
import { atMost } from "../learn/select.ts";
import { tunedClassifier } from "./tuned.ts";

/** Widths of the embedding. */
const LATENTS = [32, 8] as const;
/** Most normal domains, and most families, of an episode; support and query rows of a class. */
const CLASSES = 5;
const SUPPORT = 10;
const QUERY = 10;
const STEPS = 600;
const RATE = 1e-3;
/** Normal training rows that prototypes are means of, at most, all domains together. */
const PROTOTYPE_ROWS = 2000;
const DRAW = 4317;

export const prototypical = tunedClassifier<number>({
  name: "prototypical",
  title: "Prototypical networks",
  source: "Snell, Swersky, Zemel: Prototypical networks for few-shot learning, 2017",
  group: "foundation",
  settings: LATENTS,
  prepare: (side) => (latent) => fitPrototypical(side, latent),
});

/**
 * The classes are the normal domains and the seen families. Scores are log odds of (2): families against domains,
 * which rank as the probability of no normal domain. Without families, the distance to the normal prototypes.
 */
function fitPrototypical(side: EncodedSide, latent: number): Fitted {
  const draw = drawFor(side.seed, DRAW);
  const { width } = side;
  const rows = 2 * CLASSES * (SUPPORT + QUERY);
  const net = new Mlp({ sizes: [width, 128, latent], batch: rows }, draw);
  const domains = side.normal.map(({ train: all }) =>
    atMost(all, Math.ceil(PROTOTYPE_ROWS / side.normal.length), draw),
  );
  const anomalies = families(side);
  const x = new Float32Array(rows * width);
  const gradient = new Float32Array(rows * latent);
  let prototypes = means();
  const judge = seenAuc(side, score);
  train({
    nets: [net],
    // With a single class there is nothing to learn: the embedding stays as drawn.
    steps: domains.length + anomalies.length > 1 ? STEPS : 0,
    rate: RATE,
    gradients: () => {
      const normal = side.normal.map((part) => part.train);
      const classes = [...some(normal, draw), ...some(anomalies, draw)];
      const each = SUPPORT + QUERY;
      for (const [k, of] of classes.entries()) drawInto([of], each, draw, x, k * each);
      const z = net.forward(x.subarray(0, classes.length * each * width), classes.length * each);
      episode(z, classes.length, latent, gradient.fill(0));
      net.backward(gradient);
    },
    value:
      judge &&
      ((): number => {
        prototypes = means();
        return judge();
      }),
  });
  prototypes = means();
  return { bytes: net.bytes + 4 * latent * prototypes.length, score };

  /** (1): means of the embedded rows of each class, domains first. */
  function means(): Float64Array[] {
    return [...domains, ...anomalies].map((of) => columnMeans(net.apply(of)));
  }

  function score(of: Matrix): Float64Array {
    const z = net.apply(of).data;
    return Float64Array.from({ length: of.rows }, (_, i) => {
      const distances = prototypes.map((prototype) => squaredDistance(z, i * latent, prototype, 0, latent));
      const normal = logSum(distances.slice(0, domains.length));
      return anomalies.length > 0 ? logSum(distances.slice(domains.length)) - normal : -normal;
    });
  }
}

/** At most CLASSES of them, drawn. */
function some(classes: readonly Matrix[], draw: Draw): readonly Matrix[] {
  return classes.length > CLASSES ? shuffled(draw, classes).slice(0, CLASSES) : classes;
}

/** Gradient of the episode's loss −log p(y = k | x) (2), mean over queries, to embedded rows: per class support, then query. */
function episode(z: Float32Array, classes: number, latent: number, gradient: Float32Array): void {
  const each = SUPPORT + QUERY;
  const prototypes = new Float64Array(classes * latent);
  for (let k = 0; k < classes; k++) {
    for (let s = 0; s < SUPPORT; s++) {
      for (let j = 0; j < latent; j++) prototypes[k * latent + j] += z[(k * each + s) * latent + j] / SUPPORT;
    }
  }
  const logits = new Float64Array(classes);
  const shares = new Float64Array(classes);
  for (let k = 0; k < classes; k++) {
    for (let q = SUPPORT; q < each; q++) {
      const at = (k * each + q) * latent;
      for (let c = 0; c < classes; c++) logits[c] = -squaredDistance(z, at, prototypes, c * latent, latent);
      softmax(logits, 0, classes, 1, shares);
      for (let c = 0; c < classes; c++) {
        const slope = (2 * ((c === k ? 1 : 0) - shares[c])) / (classes * QUERY);
        for (let j = 0; j < latent; j++) {
          const pull = slope * (z[at + j] - prototypes[c * latent + j]);
          gradient[at + j] += pull;
          for (let s = 0; s < SUPPORT; s++) gradient[(c * each + s) * latent + j] -= pull / SUPPORT;
        }
      }
    }
  }
}

function squaredDistance(a: ArrayLike<number>, from: number, b: ArrayLike<number>, to: number, latent: number): number {
  let sum = 0;
  for (let j = 0; j < latent; j++) sum += (a[from + j] - b[to + j]) ** 2;
  return sum;
}

/** log Σ exp(−d) */
function logSum(distances: readonly number[]): number {
  const least = Math.min(...distances);
  return Math.log(distances.reduce((sum, d) => sum + Math.exp(least - d), 0)) - least;
}
