/** A small artefact for tests: every kind of feature, weights of no meaning, and golden scores nobody computed. */
import { type Artefact, type NetworkShape, type Tensor, tensorShapes } from "../model/artefact.ts";
import { inputWidth } from "../model/encode.ts";
import type { Reference } from "../model/reference.ts";
import type { Schema } from "../model/schema.ts";
import { floatTensor } from "../model/tensor.ts";

export const SCHEMA: Schema = {
  features: [
    { kind: "numeric", name: "bytes", impute: 40, signedLog: true, center: 4.5, scale: 1.25, clip: 8 },
    { kind: "numeric", name: "ttl", impute: 64, signedLog: false, center: 64, scale: 0.1, clip: 10 },
    { kind: "categorical", name: "protocol", values: ["tcp", "udp", "6", "true"] },
    { kind: "boolean", name: "syn", impute: 0.25, center: 0.25, scale: 0.5 },
  ],
};

/** Histograms of 1,000 rows under SCHEMA. */
export const reference: Reference = {
  rows: 1000,
  score: { edges: [0.25, 0.5], counts: [900, 90, 10] },
  features: [
    { edges: [-1, 0, 1], counts: [100, 400, 400, 100] },
    { edges: [0], counts: [500, 500] },
    { edges: [], counts: [700, 200, 50, 50, 0] },
    { edges: [0], counts: [750, 250] },
  ],
};

/** Weights in a fixed pattern within ±1. */
export function patternWeights(network: NetworkShape): Map<string, Tensor> {
  const weights = new Map<string, Tensor>();
  for (const [name, shape] of tensorShapes(network)) {
    const length = shape.reduce((product, size) => product * size, 1);
    const values = Float32Array.from({ length }, (_, i) => Math.sin(i + name.length));
    weights.set(name, floatTensor(values, shape));
  }
  return weights;
}

/** Passes every check of `readArtefact`; its golden scores would fail the scorer's self-test. */
export function sampleArtefact(changes: Partial<Artefact> = {}): Artefact {
  const network = { inputs: inputWidth(SCHEMA), hidden: 6, blocks: 2, latent: 3 };
  return {
    network,
    schema: SCHEMA,
    temperature: 1.5,
    epsilon: 0.01,
    thresholds: { f1: 0.5, fpr: { "0.001": 0.9, "0.01": 0.7, "0.05": 0.4 } },
    golden: {
      rows: [
        [1200, 64, "tcp", true],
        [null, null, null, null],
      ],
      scores: [0.25, 0.75],
    },
    training: {
      method: "sample",
      createdAt: "2026-11-01T00:00:00.000Z",
      seed: 1,
      split: "rows",
      shots: 100,
      labels: 200,
      heldOut: ["worm"],
      domains: ["web", "mail"],
      families: ["scan", "flood"],
      reach: { scan: 2 ** 40, flood: 2 ** 41 },
      normalRows: 1000,
      data: {
        name: "sample",
        files: [{ path: "normal.csv", sha256: "0123456789abcdef".repeat(4) }],
        roles: { domain: "day" },
      },
      figures: { auc: 0.9 },
    },
    tensors: patternWeights(network),
    ...changes,
  };
}
