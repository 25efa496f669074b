/** The network of the method: encoder f_θ (a residual MLP) and head h_φ, written onto a tape. */
import type { ResidualShape } from "./artefact.ts";
import type { Parameter } from "./parameters.ts";
import type { Tape, Value } from "./tape.ts";

/** Where a layer finds its weights by name. */
export interface WeightSource {
  get(name: string): Parameter;
}

/** Writes a network onto a tape: logits (rows, 2) from x (rows, inputs), column 0 is normal. */
export type Network = (tape: Tape, x: Value) => Value;

/** Encoder and head with weights that are not trained by this tape. */
export function residualNetwork(shape: ResidualShape, weights: WeightSource): Network {
  return (tape, x) => head(tape, encoder(tape, x, shape, weights, false), weights, false);
}

/**
 * z (rows, Z) = f_θ(x): Linear(D, H), GELU, n blocks h + ½·W₂·gelu(LN₂(W₁·gelu(LN₁(h)))), Linear(H, Z).
 *
 * @param trainable whether the backward pass adds to the weights' gradients
 */
export function encoder(tape: Tape, x: Value, shape: ResidualShape, weights: WeightSource, trainable: boolean): Value {
  const w = source(weights, trainable);
  let h = tape.gelu(tape.linear(x, w("in.w"), w("in.b")));
  for (let i = 0; i < shape.blocks; i++) {
    const b = `b${i}`;
    const a = tape.layerNormGelu(h, w(`${b}.ln1.g`), w(`${b}.ln1.b`));
    const c = tape.linear(a, w(`${b}.fc1.w`), w(`${b}.fc1.b`));
    tape.release(a);
    const d = tape.layerNormGelu(c, w(`${b}.ln2.g`), w(`${b}.ln2.b`));
    tape.release(c);
    h = tape.linear(d, w(`${b}.fc2.w`), w(`${b}.fc2.b`), { residual: h, factor: 0.5 });
    tape.release(d);
  }
  const z = tape.linear(h, w("out.w"), w("out.b"));
  tape.release(h);
  return z;
}

/** Logits (rows, 2) = h_φ(z): LayerNorm, GELU, Linear(Z, 2); column 0 is normal. */
export function head(tape: Tape, z: Value, weights: WeightSource, trainable: boolean): Value {
  const w = source(weights, trainable);
  const a = tape.layerNormGelu(z, w("head.ln.g"), w("head.ln.b"));
  const logits = tape.linear(a, w("head.w"), w("head.b"));
  tape.release(a);
  return logits;
}

function source(weights: WeightSource, trainable: boolean): (name: string) => Parameter {
  return (name) => (trainable ? weights.get(name) : { ...weights.get(name), grad: 0 });
}

/** Whether a weight belongs to the head φ; all others belong to the encoder θ. */
export function isHead(name: string): boolean {
  return name.startsWith("head.");
}

/** Weight shapes by name in their fixed order: matrices [out, in], vectors [n]. */
export function weightShapes({ inputs, hidden, blocks, latent }: ResidualShape): Map<string, number[]> {
  const shapes = new Map<string, number[]>([
    ["in.w", [hidden, inputs]],
    ["in.b", [hidden]],
  ]);
  for (let i = 0; i < blocks; i++) {
    for (const [norm, layer] of [
      ["ln1", "fc1"],
      ["ln2", "fc2"],
    ]) {
      shapes.set(`b${i}.${norm}.g`, [hidden]).set(`b${i}.${norm}.b`, [hidden]);
      shapes.set(`b${i}.${layer}.w`, [hidden, hidden]).set(`b${i}.${layer}.b`, [hidden]);
    }
  }
  shapes.set("out.w", [latent, hidden]).set("out.b", [latent]);
  shapes.set("head.ln.g", [latent]).set("head.ln.b", [latent]);
  return shapes.set("head.w", [2, latent]).set("head.b", [2]);
}
