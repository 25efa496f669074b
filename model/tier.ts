/** Tiers of weights: matrices as f32, as f16, or as 13-bit integers with a scale for each output (int16). */
import type { NetworkShape, Tensor } from "./artefact.ts";
import { UnseenError } from "./errors.ts";
import { floatTensor, tensorValues } from "./tensor.ts";

export const TIERS = ["f32", "f16", "int16"] as const;
export type Tier = (typeof TIERS)[number];

/** A matrix of integers (n, k), row-major, and what a step of each row is worth (n). */
export interface Fixed {
  readonly integers: Int16Array;
  readonly scales: Float32Array;
}

/** Largest size of a quantised weight or activation: 13 bits with the sign. */
const MOST = 4095;
/** Largest Σ|weight| of a row: times MOST, the kernel's sums stay below 2³¹. */
const MOST_SUM = Math.floor((2 ** 31 - 1) / MOST);

/**
 * Matrices that may be stored as f16 or int16: the bulk of the published form's weights, less of the evidence network's.
 * Input layer, head, trees and thresholds stay f32, and so do the Gaussian and the references: trees compare with
 * thresholds what rows differ from them by, which is often nothing at all.
 */
export function mayBeFixed(network: NetworkShape, name: string): boolean {
  return "kind" in network ? name === "prototypes.w" : /^(b\d+\.fc[12]|out)\.w$/.test(name);
}

/** Name of the tensor that holds the scales of an int16 matrix. */
export function scaleName(name: string): string {
  return `${name}.scale`;
}

/** Whether a tensor holds the scales of an int16 matrix. */
export function isScale(tensors: ReadonlyMap<string, Tensor>, name: string): boolean {
  return name.endsWith(".scale") && tensors.get(name.slice(0, -".scale".length))?.dtype === "I16";
}

/** The integers and scales of an int16 tensor, undefined for others. */
export function fixedValues(tensors: ReadonlyMap<string, Tensor>, name: string): Fixed | undefined {
  const tensor = tensors.get(name);
  const scale = tensors.get(scaleName(name));
  if (tensor?.dtype !== "I16" || !scale) return undefined;
  const { buffer, byteOffset } = tensor.bytes.byteOffset % 2 === 0 ? tensor.bytes : new Uint8Array(tensor.bytes);
  return { integers: new Int16Array(buffer, byteOffset, tensor.bytes.length / 2), scales: tensorValues(scale) };
}

/** A weight's values as floats, whatever it is stored as. @throws UnseenError artefact-malformed where it is missing */
export function weightValues(tensors: ReadonlyMap<string, Tensor>, name: string): Float32Array {
  const fixed = fixedValues(tensors, name);
  if (fixed) return floatsOf(fixed);
  const tensor = tensors.get(name);
  if (tensor) return tensorValues(tensor);
  throw new UnseenError("artefact-malformed", `tensor ${name} is missing`, "Train the model again.");
}

/** The floats that integers and scales stand for. */
export function floatsOf({ integers, scales }: Fixed): Float32Array {
  const values = new Float32Array(integers);
  const k = values.length / scales.length;
  for (let row = 0, i = 0; row < scales.length; row++) {
    const scale = scales[row];
    for (const end = i + k; i < end; i++) values[i] *= scale;
  }
  return values;
}

/** The tier that most of the weights are stored in. */
export function tierOf(tensors: ReadonlyMap<string, Tensor>): Tier {
  const types = new Set([...tensors.values()].map(({ dtype }) => dtype));
  return types.has("I16") ? "int16" : types.has("F16") ? "f16" : "f32";
}

/** The same weights in another tier; from int16 and f16 back to f32 they stay as rounded. */
export function inTier(tensors: ReadonlyMap<string, Tensor>, network: NetworkShape, tier: Tier): Map<string, Tensor> {
  const result = new Map<string, Tensor>();
  for (const [name, { shape }] of tensors) {
    if (isScale(tensors, name)) continue;
    const values = weightValues(tensors, name);
    if (tier === "f32" || !mayBeFixed(network, name)) result.set(name, floatTensor(values, shape));
    else if (tier === "f16") result.set(name, halfTensor(values, shape));
    else {
      const { integers, scales } = toFixed(values, shape[0]);
      result.set(name, { dtype: "I16", shape, bytes: new Uint8Array(integers.buffer) });
      result.set(scaleName(name), floatTensor(scales, [shape[0]]));
    }
  }
  return result;
}

/**
 * Rounds a matrix (n, k) to integers, each row by a scale of its own: the smallest for which neither a weight nor the sum
 * of their sizes is too large, so that no sum of products in the kernel can leave 32 bits, whatever the activations.
 */
export function toFixed(values: Float32Array, n: number): Fixed {
  const k = values.length / n;
  const scales = new Float32Array(n);
  const integers = new Int16Array(values.length);
  for (let row = 0; row < n; row++) {
    const weights = values.subarray(row * k, (row + 1) * k);
    let most = 0;
    let sum = 0;
    for (const weight of weights) {
      most = Math.max(most, Math.abs(weight));
      sum += Math.abs(weight);
    }
    // Rounding adds up to a half for every weight.
    scales[row] = Math.max(most / MOST, sum / (MOST_SUM - k / 2 - 1)) || 1;
    for (let i = 0; i < k; i++) {
      integers[row * k + i] = Math.max(-MOST, Math.min(MOST, Math.round(weights[i] / scales[row])));
    }
  }
  return { integers, scales };
}

/** A tensor of IEEE 754 binary16, rounded to nearest, ties to even. */
function halfTensor(values: Float32Array, shape: readonly number[]): Tensor {
  const halves = Uint16Array.from(values, halfBits);
  return { dtype: "F16", shape, bytes: new Uint8Array(halves.buffer) };
}

function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  // In steps of the exponent's last place; a carry moves on to the next exponent by itself.
  const steps = size / 2 ** (exponent - 10);
  const low = Math.floor(steps);
  const rest = steps - low;
  const rounded = rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
  return sign | ((exponent + 14) * 1024 + rounded);
}
