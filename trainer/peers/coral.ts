/** Deep CORAL (Sun & Saenko 2016): a classifier whose latent covariances agree between normal domains. */
import { below, drawFor, type Draw } from "../learn/draw.ts";
import { binaryCrossEntropy, probabilities } from "./losses.ts";
import type { EncodedSide, Fitted } from "./method.ts";
import { BATCH, Mlp } from "./mlp.ts";
import { constantScores, drawInto, families, seenAuc, train } from "./training.ts";
import { drawRows, rowsAt } from "../learn/select.ts";
import { tunedClassifier } from "./tuned.ts";

/** d, width of the aligned latent. */
const LATENT = 32;
/** λ, the first as the authors set it: the two losses end within an order of magnitude of each other. */
const LAMBDAS = [100, 1] as const;
const STEPS = 800;
const RATE = 1e-3;
const DRAW = 4311;

export const coral = tunedClassifier<number>({
  name: "coral",
  title: "CORAL",
  source: "Sun, Saenko: Deep CORAL: correlation alignment for deep domain adaptation, 2016",
  group: "paper",
  settings: LAMBDAS,
  prepare: (side) => (lambda) => fitCoral(side, lambda),
});

/**
 * The domains aligned are the normal ones, two at a time; their rows and as many labelled anomalies train the
 * classifier. Where there is one normal domain, two random halves of it stand for two domains: the covariances then
 * differ by chance only, and the term does next to nothing.
 */
function fitCoral(side: EncodedSide, lambda: number): Fitted {
  if (side.seen.length === 0) return constantScores(true);
  const { width } = side;
  const draw = drawFor(side.seed, DRAW);
  const encoder = new Mlp({ sizes: [width, 128, LATENT], output: "gelu" }, draw);
  const head = new Mlp({ sizes: [LATENT, 1], inputGradient: true }, draw);
  const domains = side.normal.length > 1 ? side.normal.map((part) => part.train) : halves(side, draw);
  const anomalies = families(side);
  const quarter = BATCH / 4;
  const x = new Float32Array(BATCH * width);
  const labels = new Uint8Array(BATCH).fill(1, 2 * quarter);
  const gradient = new Float32Array(BATCH);
  train({
    nets: [encoder, head],
    steps: STEPS,
    rate: RATE,
    gradients: () => {
      const a = below(draw, domains.length);
      const b = (a + 1 + below(draw, domains.length - 1)) % domains.length;
      drawInto([domains[a]], quarter, draw, x);
      drawInto([domains[b]], quarter, draw, x, quarter);
      drawInto(anomalies, 2 * quarter, draw, x, 2 * quarter);
      const z = encoder.forward(x, BATCH);
      binaryCrossEntropy(head.forward(z, BATCH), labels, gradient);
      const dz = head.backward(gradient);
      // (6): ℓ = ℓ_class + λ·ℓ_coral
      const own = quarter * LATENT;
      coralLoss(z.subarray(0, own), z.subarray(own, 2 * own), LATENT, lambda, dz, dz.subarray(own));
      encoder.backward(dz);
    },
    value: seenAuc(side, (rows) => head.apply(encoder.apply(rows)).data),
  });
  return {
    probability: true,
    bytes: encoder.bytes + head.bytes,
    score: (rows) => probabilities(head.apply(encoder.apply(rows)).data),
  };
}

function halves({ normal: [{ train: rows }] }: EncodedSide, draw: Draw): ReturnType<typeof rowsAt>[] {
  const order = drawRows(rows.rows, rows.rows, draw);
  const middle = Math.ceil(order.length / 2);
  return [order.subarray(0, middle), order.subarray(order.length - middle)].map((part) => rowsAt(rows, part));
}

/**
 * (1): ‖C_a − C_b‖²_F/(4d²) of rows (n, d) of two domains. λ times its gradient is added to `da` and `db`.
 *
 * @returns the loss, without λ
 */
export function coralLoss(
  a: Float32Array,
  b: Float32Array,
  d: number,
  lambda: number,
  da: Float32Array,
  db: Float32Array,
): number {
  const first = covariance(a, d);
  const second = covariance(b, d);
  const difference = first.matrix.map((value, i) => value - second.matrix[i]);
  for (const [{ centred, rows }, gradient, sign] of [
    [first, da, 1],
    [second, db, -1],
  ] as const) {
    // (4), (5): ±(D − mean)·(C_a − C_b)/(d²·(n − 1))
    const factor = (sign * lambda) / (d * d * (rows - 1));
    for (let i = 0; i < rows; i++) {
      for (let k = 0; k < d; k++) {
        const value = factor * centred[i * d + k];
        for (let j = 0; j < d; j++) gradient[i * d + j] += value * difference[k * d + j];
      }
    }
  }
  return difference.reduce((sum, value) => sum + value * value, 0) / (4 * d * d);
}

/** (2), (3): (DᵀD − (1ᵀD)ᵀ(1ᵀD)/n)/(n − 1), through the centred rows. */
function covariance(z: Float32Array, d: number): { matrix: Float64Array; centred: Float64Array; rows: number } {
  const rows = z.length / d;
  const mean = new Float64Array(d);
  for (let i = 0; i < z.length; i++) mean[i % d] += z[i] / rows;
  const centred = Float64Array.from(z, (value, i) => value - mean[i % d]);
  const matrix = new Float64Array(d * d);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < d; j++) {
      const value = centred[i * d + j] / (rows - 1);
      for (let k = 0; k < d; k++) matrix[j * d + k] += value * centred[i * d + k];
    }
  }
  return { matrix, centred, rows };
}
