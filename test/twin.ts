/** The network in plain TypeScript, double precision, loop by loop: what the kernel has to agree with. */
import type { ResidualShape } from "../model/artefact.ts";
import { weightShapes } from "../model/network.ts";

export type Weights = Map<string, Float32Array>;

/** Random weights of a plausible size: matrices ~ N(0, 1/k), γ around 1, the rest small. */
export function randomWeights(shape: ResidualShape, next: () => number): Weights {
  const normal = (): number => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
  const weights: Weights = new Map();
  for (const [name, [n, k]] of weightShapes(shape)) {
    const values = Float32Array.from({ length: n * (k ?? 1) }, () =>
      k ? normal() / Math.sqrt(k) : (name.endsWith(".g") ? 1 : 0) + 0.3 * normal(),
    );
    weights.set(name, values);
  }
  return weights;
}

function erf(x: number): number {
  // Series for small |x|, continued fraction beyond: double precision throughout.
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = a;
    let sum = a;
    for (let n = 1; Math.abs(term) > 1e-18; n++) {
      term *= -(a * a) / n;
      sum += term / (2 * n + 1);
    }
    return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 80; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction));
}

const gelu = (x: number): number => x * 0.5 * (1 + erf(x / Math.SQRT2));

function linear(x: Float64Array, w: Float32Array, b: Float32Array): Float64Array {
  return Float64Array.from(b, (bias, n) => x.reduce((sum, xi, k) => sum + xi * w[n * x.length + k], bias));
}

function layerNorm(x: Float64Array, g: Float32Array, b: Float32Array): Float64Array {
  const mean = x.reduce((sum, v) => sum + v, 0) / x.length;
  const variance = x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length;
  return x.map((v, i) => ((v - mean) / Math.sqrt(variance + 1e-5)) * g[i] + b[i]);
}

/** Logits [ℓ₀, ℓ₁] of one encoded row. */
export function logits(x: ArrayLike<number>, { blocks }: ResidualShape, weights: Weights): [number, number] {
  const w = (name: string): Float32Array => weights.get(name) ?? new Float32Array();
  let h = linear(Float64Array.from(x), w("in.w"), w("in.b")).map(gelu);
  for (let i = 0; i < blocks; i++) {
    const a = layerNorm(h, w(`b${i}.ln1.g`), w(`b${i}.ln1.b`)).map(gelu);
    const c = linear(a, w(`b${i}.fc1.w`), w(`b${i}.fc1.b`));
    const d = layerNorm(c, w(`b${i}.ln2.g`), w(`b${i}.ln2.b`)).map(gelu);
    const e = linear(d, w(`b${i}.fc2.w`), w(`b${i}.fc2.b`));
    h = h.map((v, j) => v + 0.5 * e[j]);
  }
  const z = linear(h, w("out.w"), w("out.b"));
  const [normal, anomalous] = linear(layerNorm(z, w("head.ln.g"), w("head.ln.b")).map(gelu), w("head.w"), w("head.b"));
  return [normal, anomalous];
}

/** S_anomalous at temperature T of two logits. */
export function anomalous([normal, other]: readonly [number, number], temperature: number): number {
  return 1 / (1 + Math.exp((normal - other) / temperature));
}

/** ∇_x log S_ŷ by central differences. */
export function confidenceGradient(
  x: ArrayLike<number>,
  shape: ResidualShape,
  weights: Weights,
  temperature: number,
): number[] {
  const score = anomalous(logits(x, shape, weights), temperature);
  const log = (at: Float64Array): number => {
    const s = anomalous(logits(at, shape, weights), temperature);
    return Math.log(score > 0.5 ? s : 1 - s);
  };
  const h = 1e-5;
  return Array.from(x, (_, i) => {
    const up = Float64Array.from(x);
    const down = Float64Array.from(x);
    up[i] += h;
    down[i] -= h;
    return (log(up) - log(down)) / (2 * h);
  });
}
