/** The inner loop, equation (4): the manifold of normal rows, from normal rows alone. */
import { encoder, head } from "../../model/network.ts";
import { Tape, type Value } from "../../model/tape.ts";
import type { Matrix } from "../data/matrix.ts";
import { corrupt } from "./corrupt.ts";
import { below, type Draw } from "./draw.ts";
import { type RowColumn, TrainingPass } from "./engine.ts";
import { CLIP, type Learner } from "./learner.ts";
import type { LearningOptions } from "./request.ts";

/**
 * One-class BCE that pushes the normal confidence to 1 at T = 1, λ·‖x − g(f_θ(x))‖², and, since one class alone is
 * solved by a constant, corrupted copies of the same normal rows pushed to 0.
 */
export class InnerLoop {
  readonly #learner: Learner;
  readonly #options: LearningOptions;
  readonly #x: Value;
  readonly #pass: TrainingPass;
  readonly #rows: number;
  /** Gradient of φ in the last step, for PCGrad against the outer loop. */
  readonly headGradient: Float32Array;

  constructor(learner: Learner, options: LearningOptions) {
    this.#learner = learner;
    this.#options = options;
    const { kernel, shape, weights } = learner;
    const { batch, corruption, reconstruction } = options;
    this.#rows = corruption > 0 ? 2 * batch : batch;
    const tape = new Tape(kernel, this.#rows);
    this.#x = tape.input(shape.inputs);
    const z = encoder(tape, this.#x, shape, weights, true);
    const logits = head(tape, z, weights, true);
    this.#pass = new TrainingPass(kernel, tape);
    const targets = this.#pass.column();
    const confidence = this.#pass.column();
    const share = this.#pass.column();
    const temperature = kernel.allocate(1);
    this.#pass.crossEntropy(logits, targets, confidence, temperature, 1);
    if (reconstruction > 0) {
      const g = learner.decoder.parameters;
      const hidden = tape.gelu(tape.linear(z, g.get("g.in.w"), g.get("g.in.b")));
      const again = tape.linear(hidden, g.get("g.out.w"), g.get("g.out.b"));
      this.#pass.squaredError(again, this.#x, reconstruction, share);
    }
    this.#pass.run(0);
    const clean = (column: RowColumn, value: number, corrupted: number): void => {
      const view = kernel.floats(column.at, this.#rows);
      view.fill(value, 0, batch);
      view.fill(corrupted, batch);
    };
    clean(targets, 1, 0);
    clean(confidence, 1 / batch, corruption / batch);
    clean(share, this.#rows / batch, 0);
    kernel.floats(temperature, 1)[0] = 1;
    this.headGradient = new Float32Array(learner.head.parameters.length);
  }

  /**
   * One step over normal rows drawn from some domains.
   *
   * @param domains encoded normal rows, one matrix a domain; domains are drawn evenly, whatever their size
   * @returns the loss
   */
  step(domains: readonly Matrix[], rate: number, draw: Draw): number {
    const { kernel, shape, encoder: theta, head: phi, decoder } = this.#learner;
    const { batch, corruption, reconstruction } = this.#options;
    const stride = kernel.functions.stride(shape.inputs);
    const input = kernel.floats(this.#x.at, this.#rows * stride);
    for (let i = 0; i < batch; i++) {
      const domain = domains[below(draw, domains.length)];
      const row = below(draw, domain.rows) * domain.cols;
      input.set(domain.data.subarray(row, row + domain.cols), i * stride);
      if (corruption > 0) {
        const other = below(draw, domain.rows) * domain.cols;
        const to = (batch + i) * stride;
        corrupt(domain, row, other, input.subarray(to, to + domain.cols), draw);
      }
    }
    const optimisers = reconstruction > 0 ? [theta, phi, decoder] : [theta, phi];
    const { loss } = this.#pass.run(this.#rows);
    this.headGradient.set(kernel.floats(phi.parameters.grad, phi.parameters.length));
    for (const optimiser of optimisers) optimiser.step(rate, CLIP);
    return loss;
  }
}
