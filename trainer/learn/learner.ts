/** What is being learned: encoder θ, head φ, decoder g, temperature T and step size ε, on one kernel. */
import type { ResidualShape } from "../../model/artefact.ts";
import { UnseenError } from "../../model/errors.ts";
import { Inference, rowsOf } from "../../model/inference.ts";
import type { Address } from "../../model/kernel.ts";
import { overflowing } from "../../model/overflow.ts";
import { isHead, residualNetwork, type WeightSource, weightShapes } from "../../model/network.ts";
import { Parameters } from "../../model/parameters.ts";
import type { Matrix } from "../data/matrix.ts";
import { type Draw, gaussian } from "./draw.ts";
import { AdamW, type TrainKernel, trainKernel } from "./engine.ts";

/** T is learned inside these bounds. */
const TEMPERATURE_BOUNDS = [0.25, 4] as const;
/** ε, where it is learned, stays inside these. */
const EPSILON_BOUNDS = [1e-4, 2e-2] as const;
/** Largest norm of a gradient. */
export const CLIP = 1;

/** All weights and moments of a moment in training. */
export interface Snapshot {
  readonly parts: readonly ReturnType<AdamW["save"]>[];
  readonly scalars: readonly ReturnType<LearnedScalar["save"]>[];
}

export class Learner {
  readonly kernel: TrainKernel;
  readonly shape: ResidualShape;
  readonly encoder: AdamW;
  readonly head: AdamW;
  readonly decoder: AdamW;
  readonly temperature = new LearnedScalar(1, TEMPERATURE_BOUNDS);
  readonly epsilon: LearnedScalar;
  /** Every weight of encoder and head by name. */
  readonly weights: WeightSource;
  readonly #inference: Inference;

  /** @param workers threads that learn together; close the kernel when there are several */
  constructor(shape: ResidualShape, epsilon: number, draw: Draw, workers = 1) {
    this.kernel = trainKernel(workers);
    this.shape = shape;
    this.epsilon = new LearnedScalar(epsilon, EPSILON_BOUNDS);
    const shapes = [...weightShapes(shape)];
    const decoder: [string, number[]][] = [
      ["g.in.w", [shape.hidden, shape.latent]],
      ["g.in.b", [shape.hidden]],
      ["g.out.w", [shape.inputs, shape.hidden]],
      ["g.out.b", [shape.inputs]],
    ];
    const optimiser = (part: [string, number[]][]): AdamW =>
      new AdamW(this.kernel, new Parameters(this.kernel, new Map(part), { gradients: true, transposes: true }));
    this.encoder = optimiser(shapes.filter(([name]) => !isHead(name)));
    this.head = optimiser(shapes.filter(([name]) => isHead(name)));
    this.decoder = optimiser(decoder);
    this.weights = { get: (name) => (isHead(name) ? this.head : this.encoder).parameters.get(name) };
    for (const { parameters } of this.parts) {
      for (const { name, n, k } of parameters) {
        const size = k > 0 ? 1 / Math.sqrt(k) : 0;
        const start = name.includes(".ln") && name.endsWith(".g") ? 1 : 0;
        parameters.load(
          name,
          Float32Array.from({ length: n * Math.max(1, k) }, () => start + size * gaussian(draw)),
        );
      }
    }
    this.#inference = new Inference(this.kernel, shape.inputs, residualNetwork(shape, this.weights), epsilon > 0);
  }

  get parts(): readonly AdamW[] {
    return [this.encoder, this.head, this.decoder];
  }

  /** Anomaly scores of encoded rows with the weights of this moment. @throws UnseenError option-invalid where learning diverged */
  score({ data, rows, cols }: Matrix): Float32Array {
    const scores = this.#inference.scoreAll(data, rows, cols, this.temperature.value, this.epsilon.value);
    if (overflowing(scores) >= 0) throw diverged();
    return scores;
  }

  /** Mean normal logit ℓ₀ over encoded rows, after the input step. */
  meanNormalLogit({ data, rows, cols }: Matrix): number {
    let sum = 0;
    this.#inference.each(rows, rowsOf(data, cols), this.temperature.value, this.epsilon.value, ({ length }) => {
      for (const logit of this.#inference.logits(length).normal) sum += logit;
    });
    return sum / rows;
  }

  /** Copies encoded rows into a (rows, stride) buffer of the kernel, from row `first` on. */
  place(matrix: Matrix, indices: ArrayLike<number>, at: Address, first: number): void {
    const stride = this.kernel.functions.stride(matrix.cols);
    const view = this.kernel.floats(at, (first + indices.length) * stride);
    for (let i = 0; i < indices.length; i++) {
      const from = indices[i] * matrix.cols;
      view.set(matrix.data.subarray(from, from + matrix.cols), (first + i) * stride);
    }
  }

  save(): Snapshot {
    return {
      parts: this.parts.map((part) => part.save()),
      scalars: [this.temperature.save(), this.epsilon.save()],
    };
  }

  restore({ parts, scalars }: Snapshot): void {
    for (const [i, part] of this.parts.entries()) part.restore(parts[i]);
    this.temperature.restore(scalars[0]);
    this.epsilon.restore(scalars[1]);
  }
}

/** The error of weights that are numbers no more. */
export function diverged(): UnseenError {
  const remedy = "Give a smaller --rate and --outer-rate, or leave them out.";
  return new UnseenError("option-invalid", "training diverged: the weights became too large for numbers.", remedy);
}

/** A positive number learned through its logarithm with Adam, kept inside bounds; 0 stays 0. */
export class LearnedScalar {
  readonly #bounds: readonly [number, number];
  #value: number;
  #first = 0;
  #second = 0;
  #steps = 0;

  constructor(value: number, bounds: readonly [number, number]) {
    this.#value = value;
    this.#bounds = bounds;
  }

  get value(): number {
    return this.#value;
  }

  /** One Adam step along dLoss/dvalue. */
  step(slope: number, rate: number): void {
    if (this.#value === 0) return;
    const g = slope * this.#value;
    this.#steps++;
    this.#first = 0.9 * this.#first + 0.1 * g;
    this.#second = 0.99 * this.#second + 0.01 * g * g;
    const mean = this.#first / (1 - 0.9 ** this.#steps);
    const spread = Math.sqrt(this.#second / (1 - 0.99 ** this.#steps));
    const moved = this.#value * Math.exp((-rate * mean) / (spread + 1e-8));
    this.#value = Math.min(this.#bounds[1], Math.max(this.#bounds[0], moved));
  }

  save(): [number, number, number, number] {
    return [this.#value, this.#first, this.#second, this.#steps];
  }

  restore([value, first, second, steps]: readonly [number, number, number, number]): void {
    this.#value = value;
    this.#first = first;
    this.#second = second;
    this.#steps = steps;
  }
}
