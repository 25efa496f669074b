/** The published network in plain TypeScript loops: what one writes without a kernel. */
import type { Artefact, ResidualShape } from "../../model/artefact.ts";
import { tensorValues } from "../../model/tensor.ts";

export function plain({ tensors }: Artefact, { inputs, blocks }: ResidualShape, x: Float32Array) {
  const weights = new Map([...tensors].map(([name, tensor]) => [name, Float32Array.from(tensorValues(tensor))]));
  const w = (name: string): Float32Array => weights.get(name) ?? new Float32Array();
  return (rows: number): Float32Array => {
    const scores = new Float32Array(rows);
    for (let i = 0; i < rows; i++) {
      let h = gelu(linear(x.subarray(i * inputs, (i + 1) * inputs), w("in.w"), w("in.b")));
      for (let k = 0; k < blocks; k++) {
        const a = gelu(layerNorm(h, w(`b${k}.ln1.g`), w(`b${k}.ln1.b`)));
        const c = gelu(layerNorm(linear(a, w(`b${k}.fc1.w`), w(`b${k}.fc1.b`)), w(`b${k}.ln2.g`), w(`b${k}.ln2.b`)));
        const d = linear(c, w(`b${k}.fc2.w`), w(`b${k}.fc2.b`));
        for (let j = 0; j < d.length; j++) d[j] = h[j] + 0.5 * d[j];
        h = d;
      }
      const z = gelu(layerNorm(linear(h, w("out.w"), w("out.b")), w("head.ln.g"), w("head.ln.b")));
      const [normal, anomalous] = linear(z, w("head.w"), w("head.b"));
      scores[i] = 1 / (1 + Math.exp(normal - anomalous));
    }
    return scores;
  };
}

function linear(x: Float32Array, w: Float32Array, b: Float32Array): Float32Array {
  const y = new Float32Array(b.length);
  for (let n = 0; n < y.length; n++) {
    let sum = b[n];
    for (let k = 0, at = n * x.length; k < x.length; k++, at++) sum += x[k] * w[at];
    y[n] = sum;
  }
  return y;
}

function layerNorm(x: Float32Array, gamma: Float32Array, beta: Float32Array): Float32Array {
  let mean = 0;
  for (const value of x) mean += value / x.length;
  let variance = 0;
  for (const value of x) variance += (value - mean) ** 2 / x.length;
  const scale = 1 / Math.sqrt(variance + 1e-5);
  return x.map((value, i) => (value - mean) * scale * gamma[i] + beta[i]);
}

/** x·Φ(x), erf by Abramowitz and Stegun 7.1.26 (error 1.5e-7). */
function gelu(x: Float32Array): Float32Array {
  for (let i = 0; i < x.length; i++) {
    const u = Math.abs(x[i]) / Math.SQRT2;
    const t = 1 / (1 + 0.3275911 * u);
    const series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
    const erf = 1 - series * Math.exp(-u * u);
    x[i] *= 0.5 * (1 + (x[i] < 0 ? -erf : erf));
  }
  return x;
}
