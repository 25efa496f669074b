/** The outer loop, equations (5) to (8): with θ fixed, few anomalies set the decision boundary (φ, T, ε). */
import { encoder, head, residualNetwork } from "../../model/network.ts";
import { odinStep } from "../../model/odin.ts";
import { Tape, type Value } from "../../model/tape.ts";
import type { Address } from "../../model/kernel.ts";
import type { Matrix } from "../data/matrix.ts";
import { OUTER_FAMILIES } from "./curriculum.ts";
import { below, type Draw } from "./draw.ts";
import { type RowColumn, TrainingPass } from "./engine.ts";
import { CLIP, diverged, type Learner } from "./learner.ts";
import { pcgrad } from "./pcgrad.ts";
import type { LearningOptions } from "./request.ts";

/** BCE(normal → 1) + BCE(anomaly → 0) + α·[m − ĝ]₊ + λ_T·(log T)² on rows after the ODIN step, family by family. */
export class OuterLoop {
  readonly #learner: Learner;
  readonly #options: LearningOptions;
  readonly #x: Value;
  readonly #stepped: Value;
  readonly #z: Value;
  readonly #scalars: Address;
  readonly #embed: (rows: number) => void;
  readonly #backward: (rows: number) => void;
  readonly #query: Value;
  readonly #pass: TrainingPass;
  readonly #temperature: Address;
  readonly #targets: RowColumn;
  readonly #gradientOfInput: Address;

  constructor(learner: Learner, options: LearningOptions) {
    this.#learner = learner;
    this.#options = options;
    const { kernel, shape, weights } = learner;
    const rows = options.query * (2 + OUTER_FAMILIES);
    this.#scalars = kernel.allocate(2);
    const tape = new Tape(kernel, rows, { tracked: options.learnEpsilon });
    this.#stepped = tape.input(shape.inputs, true);
    const step = odinStep(
      kernel,
      rows,
      residualNetwork(shape, weights),
      this.#scalars,
      this.#scalars + 4,
      this.#stepped,
    );
    this.#x = step.x;
    this.#gradientOfInput = step.gradient;
    this.#z = encoder(tape, this.#stepped, shape, weights, false);
    this.#embed = kernel.compile([...step.instructions, ...tape.forward]);
    if (options.learnEpsilon) tape.gradient(this.#z);
    this.#backward = kernel.compile(options.learnEpsilon ? tape.backward() : []);

    const query = new Tape(kernel, 2 * options.query);
    this.#query = query.input(shape.latent, options.learnEpsilon);
    const logits = head(query, this.#query, weights, true);
    this.#pass = new TrainingPass(kernel, query);
    this.#targets = this.#pass.column();
    const share = this.#pass.column();
    this.#temperature = kernel.allocate(1);
    this.#pass.crossEntropy(logits, this.#targets, share, this.#temperature, 1);
    this.#pass.hingeMargin(logits, this.#targets, this.#temperature, options.margin, options.alpha);
    this.#pass.run(0);
    kernel.floats(share.at, 2 * options.query).fill(1 / options.query);
    const targets = kernel.floats(this.#targets.at, 2 * options.query);
    targets.fill(1, 0, options.query);
    targets.fill(0, options.query);
  }

  /**
   * One step: a balanced query of normal rows and of every family's anomalies.
   *
   * @param normals encoded normal rows of the outside domains
   * @param families encoded labelled anomalies, at most OUTER_FAMILIES of them, and corrupted normal rows
   * @param inner gradient of φ in the inner loop, one more task beside the families
   * @returns the mean loss over families
   * @throws UnseenError option-invalid where it is none any more
   */
  step(
    normals: readonly Matrix[],
    families: readonly Matrix[],
    inner: Float32Array | undefined,
    rate: number,
    draw: Draw,
  ): number {
    const { kernel, shape, head: phi, temperature, epsilon } = this.#learner;
    const { query, temperatureDecay, learnEpsilon } = this.#options;
    for (let i = 0; i < query; i++) {
      const domain = normals[below(draw, normals.length)];
      this.#learner.place(domain, [below(draw, domain.rows)], this.#x.at, i);
    }
    for (const [f, family] of families.entries()) {
      const drawn = Array.from({ length: query }, () => below(draw, family.rows));
      this.#learner.place(family, drawn, this.#x.at, query * (1 + f));
    }
    const rows = query * (1 + families.length);
    kernel.floats(this.#scalars, 2).set([temperature.value, epsilon.value]);
    this.#embed(rows);

    kernel.floats(this.#temperature, 1)[0] = temperature.value;
    const stride = kernel.functions.stride(shape.latent);
    const z = kernel.floats(this.#z.at, rows * stride);
    const zGradient = learnEpsilon ? kernel.floats(this.#z.grad, rows * stride).fill(0) : undefined;
    const gradients = inner ? [inner] : [];
    let loss = 0;
    let slope = 0;
    for (let f = 0; f < families.length; f++) {
      const own = query * (1 + f) * stride;
      const input = kernel.floats(this.#query.at, 2 * query * stride);
      input.set(z.subarray(0, query * stride));
      input.set(z.subarray(own, own + query * stride), query * stride);
      phi.zeroGradients();
      const result = this.#pass.run(2 * query);
      gradients.push(kernel.floats(phi.parameters.grad, phi.parameters.length).slice());
      loss += result.loss / families.length;
      slope += result.temperatureSlope / families.length;
      if (zGradient) {
        const dz = kernel.floats(this.#query.grad, 2 * query * stride);
        for (let i = 0; i < query * stride; i++) {
          zGradient[i] += dz[i] / families.length;
          zGradient[own + i] += dz[query * stride + i] / families.length;
        }
      }
    }
    if (Number.isNaN(loss)) throw diverged();
    kernel.floats(phi.parameters.grad, phi.parameters.length).set(pcgrad(gradients, draw));
    phi.step(rate, CLIP);
    const t = temperature.value;
    temperature.step(slope + (2 * temperatureDecay * Math.log(t)) / t, rate);
    if (learnEpsilon) epsilon.step(this.#epsilonSlope(rows), rate);
    return loss + temperatureDecay * Math.log(t) ** 2;
  }

  /** dLoss/dε = Σ dLoss/dx̃ · sign(∇_x log S_ŷ): the sign itself is taken as constant. */
  #epsilonSlope(rows: number): number {
    const { kernel, shape } = this.#learner;
    this.#backward(rows);
    const stride = kernel.functions.stride(shape.inputs);
    const dx = kernel.floats(this.#stepped.grad, rows * stride);
    const towards = kernel.floats(this.#gradientOfInput, rows * stride);
    let slope = 0;
    for (let i = 0; i < dx.length; i++) slope += dx[i] * Math.sign(towards[i]);
    return slope;
  }
}
