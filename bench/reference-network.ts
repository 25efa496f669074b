/** The reference network with random weights, as a model: what ours and its peers are timed on. */
import type { Artefact, ResidualShape, Tensor } from "../model/artefact.ts";
import { weightShapes } from "../model/network.ts";
import { floatTensor } from "../model/tensor.ts";
import { mayBeFixed } from "../model/tier.ts";
import { drawFor, gaussian, unit } from "../trainer/learn/draw.ts";
import { rescored } from "../trainer/learn/golden.ts";
import { referenceSchema } from "./reference-schema.ts";

export const REFERENCE: ResidualShape = { inputs: 77, hidden: 256, blocks: 3, latent: 128 };

/** ε of the ODIN step where there is one. */
const EPSILON = 2e-3;
const GOLDEN_ROWS = 8;

/** Multiplications and additions of one row: two a weight of the matrices. */
export function operations(shape: ResidualShape): number {
  let sum = 0;
  for (const [, [n, k]] of weightShapes(shape)) if (k !== undefined) sum += 2 * n * k;
  return sum;
}

/** Those of them that int16 does in fixed point. */
export function fixedOperations(shape: ResidualShape): number {
  let sum = 0;
  for (const [name, [n, k]] of weightShapes(shape)) if (mayBeFixed(shape, name)) sum += 2 * n * k;
  return sum;
}

/** Rows (rows, inputs) from −2 to 2. */
export function referenceRows(rows: number, inputs: number): Float32Array {
  const draw = drawFor(2, 0);
  return Float32Array.from({ length: rows * inputs }, () => 4 * unit(draw) - 2);
}

/** A model whose features go into the network as they are. */
export function referenceModel({ odin = false, shape = REFERENCE } = {}): Artefact {
  const draw = drawFor(1, 0);
  const tensors = new Map<string, Tensor>();
  for (const [name, dims] of weightShapes(shape)) {
    const [n, k] = dims;
    const size = k ? 1 / Math.sqrt(k) : 0.1;
    const start = name.includes("ln") && name.endsWith(".g") ? 1 : 0;
    const values = Float32Array.from({ length: n * (k ?? 1) }, () => start + size * gaussian(draw));
    tensors.set(name, floatTensor(values, dims));
  }
  const draft: Artefact = {
    network: shape,
    schema: referenceSchema(shape.inputs),
    temperature: 1,
    epsilon: odin ? EPSILON : 0,
    thresholds: { f1: 0.5, fpr: { "0.01": 0.5 } },
    golden: { rows: [], scores: [] },
    training: {
      method: "random weights",
      createdAt: "2026-01-01T00:00:00.000Z",
      seed: 1,
      split: "rows",
      shots: 0,
      labels: 0,
      heldOut: [],
      domains: ["none"],
      families: [],
      reach: {},
      normalRows: 0,
      data: { name: "none", files: [], roles: {} },
      figures: {},
    },
    tensors,
  };
  const x = referenceRows(GOLDEN_ROWS, shape.inputs);
  const rows = Array.from({ length: GOLDEN_ROWS }, (_, i) => [...x.subarray(i * shape.inputs, (i + 1) * shape.inputs)]);
  return rescored({ ...draft, golden: { rows, scores: [] } });
}
