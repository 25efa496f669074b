/** The artefact: everything a score needs in one safetensors file, weights as tensors and the rest as metadata. */
import type { Schema } from "./schema.ts";

/** Sizes of the network; see model/network.ts for what they mean and their limits. */
export interface NetworkShape {
  readonly inputs: number;
  readonly hidden: number;
  readonly blocks: number;
  readonly latent: number;
}

/** Decision thresholds on the anomaly score s(x): anomalous when s ≥ τ. */
export interface Thresholds {
  /** τ* of equation (9): best F1 on the pooled validation rows of seen families. */
  readonly f1: number;
  /** False-positive budget ("0.001", "0.01", "0.05") → threshold on normal validation rows. */
  readonly fpr: Readonly<Record<string, number>>;
}

/** Rows with the scores the trainer gave them; recomputed on load before a model may serve. */
export interface Golden {
  readonly rows: readonly (readonly (number | string | boolean | null)[])[];
  readonly scores: readonly number[];
}

/** How the model came to be: for model cards, and so that evaluation can tell which rows training saw. */
export interface TrainingSummary {
  readonly method: string;
  readonly createdAt: string;
  readonly seed: number;
  readonly split: "rows" | "blocks";
  readonly shots: number;
  /** Every labelled anomaly used for anything: support, validation, thresholds. */
  readonly labels: number;
  readonly heldOut: readonly string[];
  readonly domains: readonly string[];
  readonly families: readonly string[];
  readonly normalRows: number;
  readonly data: { readonly name: string; readonly files: readonly { readonly path: string; readonly sha256: string }[] };
  /** Free-form figures measured during training, e.g. validation AUC. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface Tensor {
  readonly dtype: "F32" | "F16" | "I16" | "I8" | "U8" | "I32" | "F64" | "I64";
  readonly shape: readonly number[];
  /** Raw little-endian bytes, a view into the file where possible. */
  readonly bytes: Uint8Array;
}

export interface Artefact {
  readonly network: NetworkShape;
  readonly schema: Schema;
  readonly temperature: number;
  readonly epsilon: number;
  readonly thresholds: Thresholds;
  readonly golden: Golden;
  readonly training: TrainingSummary;
  /** Weight tensors by name (in.w, in.b, b0.ln1.g, … head.w, head.b), matrices as [out, in]. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}
