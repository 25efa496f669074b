/** A fully connected net on the training engine: the caller computes the loss, the net does forward, backward and steps. */
import { Parameters, type Parameter } from "../../model/parameters.ts";
import { Tape, type Value } from "../../model/tape.ts";
import type { Matrix } from "../data/matrix.ts";
import { type Draw, gaussian } from "../learn/draw.ts";
import { AdamW, type TrainKernel, trainKernel } from "../learn/engine.ts";

export interface MlpOptions {
  /** Widths of inputs, hidden layers and outputs. */
  readonly sizes: readonly number[];
  /** What the last layer ends in; hidden layers end in GELU. A net that feeds another one ends in GELU as well. */
  readonly output?: "linear" | "gelu";
  /** Whether layers have bias terms; true unless told. */
  readonly bias?: boolean;
  /** Most rows of one forward pass. */
  readonly batch?: number;
  /** Decoupled weight decay of AdamW. */
  readonly decay?: number;
  /** Whether `backward` works out the gradient of the inputs. */
  readonly inputGradient?: boolean;
}

/** Rows of a training batch unless told otherwise. */
export const BATCH = 256;

/** Weights and moments of a moment in training. */
export type MlpState = ReturnType<AdamW["save"]>;

/**
 * Nets are chained by hand: the outputs of one are the inputs of the next, the input gradient of the next the output
 * gradient of the first. Arrays returned are reused by the next call of the same method.
 */
export class Mlp {
  readonly inputs: number;
  readonly outputs: number;
  readonly batch: number;
  readonly #kernel: TrainKernel = trainKernel();
  readonly #optimiser: AdamW;
  readonly #x: Value;
  readonly #y: Value;
  readonly #forward: (rows: number) => void;
  readonly #backward: (rows: number) => void;
  readonly #output: Float32Array;
  readonly #inputGradient: Float32Array;
  #rows = 0;

  /** Weights start as normal draws of variance 2/fan-in (He et al. 2015) before a GELU, 1/fan-in before none. */
  constructor({ sizes, output = "linear", ...options }: MlpOptions, draw: Draw) {
    const { bias = true, batch = BATCH, decay = 1e-4, inputGradient = false } = options;
    const shapes = new Map<string, number[]>();
    for (let i = 1; i < sizes.length; i++) {
      shapes.set(`${i}.w`, [sizes[i], sizes[i - 1]]);
      if (bias) shapes.set(`${i}.b`, [sizes[i]]);
    }
    const parameters = new Parameters(this.#kernel, shapes, { gradients: true, transposes: true });
    const none: Parameter = { name: "none", n: 0, k: 0, at: 0, grad: 0, transposed: 0 };
    const tape = new Tape(this.#kernel, batch);
    this.#x = tape.input(sizes[0], inputGradient);
    let value = this.#x;
    for (let i = 1; i < sizes.length; i++) {
      const ends = i < sizes.length - 1 || output === "gelu";
      const size = Math.sqrt((ends ? 2 : 1) / sizes[i - 1]);
      const draws = Float32Array.from({ length: sizes[i] * sizes[i - 1] }, () => size * gaussian(draw));
      parameters.load(`${i}.w`, draws);
      value = tape.linear(value, parameters.get(`${i}.w`), bias ? parameters.get(`${i}.b`) : none);
      if (ends) value = tape.gelu(value);
    }
    this.#y = value;
    tape.gradient(value);
    this.#forward = this.#kernel.compile(tape.forward);
    this.#backward = this.#kernel.compile(tape.backward());
    this.#optimiser = new AdamW(this.#kernel, parameters, { decay });
    this.inputs = sizes[0];
    this.outputs = sizes[sizes.length - 1];
    this.batch = batch;
    this.#output = new Float32Array(batch * this.outputs);
    this.#inputGradient = new Float32Array(inputGradient ? batch * this.inputs : 0);
  }

  /** Bytes of the weights, 4 a number. */
  get bytes(): number {
    let count = 0;
    for (const { n, k } of this.#optimiser.parameters) count += n * Math.max(1, k);
    return 4 * count;
  }

  /** Outputs (rows, outputs) of inputs (rows, inputs), both without padding; rows ≤ batch. */
  forward(x: Float32Array, rows: number): Float32Array {
    if (rows > this.batch) throw new RangeError(`${rows} rows in a net for ${this.batch}`);
    const inputs = this.#rowsAt(this.#x.at, this.inputs, rows);
    spread(x, inputs.view, rows, this.inputs, this.inputs, inputs.stride);
    this.#forward(rows);
    this.#rows = rows;
    const outputs = this.#rowsAt(this.#y.at, this.outputs, rows);
    spread(outputs.view, this.#output, rows, this.outputs, outputs.stride, this.outputs);
    return this.#output.subarray(0, rows * this.outputs);
  }

  /**
   * Adds to the weights' gradients, for the rows of the last `forward`.
   *
   * @param gradient (rows, outputs) of the loss
   * @returns the gradient of the inputs (rows, inputs); empty unless the net was made with `inputGradient`
   */
  backward(gradient: Float32Array): Float32Array {
    const rows = this.#rows;
    const seeds = this.#rowsAt(this.#y.grad, this.outputs, rows);
    spread(gradient, seeds.view, rows, this.outputs, this.outputs, seeds.stride);
    this.#backward(rows);
    if (this.#inputGradient.length === 0) return this.#inputGradient;
    const result = this.#rowsAt(this.#x.grad, this.inputs, rows);
    spread(result.view, this.#inputGradient, rows, this.inputs, result.stride, this.inputs);
    return this.#inputGradient.subarray(0, rows * this.inputs);
  }

  /** One AdamW step along the gathered gradients, their norm clipped to 1; clears them. */
  step(rate: number): void {
    this.#optimiser.step(rate, 1);
  }

  /** Forgets gathered gradients, e.g. those of a pass that was made for the input gradient alone. */
  clear(): void {
    this.#optimiser.zeroGradients();
  }

  /** Outputs (rows, outputs) of as many rows as you like, copied. */
  apply({ data, rows, cols }: Matrix): Matrix {
    const result = new Float32Array(rows * this.outputs);
    for (let first = 0; first < rows; first += this.batch) {
      const many = Math.min(this.batch, rows - first);
      result.set(this.forward(data.subarray(first * cols, (first + many) * cols), many), first * this.outputs);
    }
    return { rows, cols: this.outputs, data: result };
  }

  /** All weights in one run in the order of memory, copied; what pads the panels is zero. */
  get weights(): Float32Array {
    const { at, length } = this.#optimiser.parameters;
    return this.#kernel.floats(at, length).slice();
  }

  /** Sets the weights alone: the optimiser's moments stay as they are. */
  set weights(values: Float32Array) {
    const { parameters } = this.#optimiser;
    this.#kernel.floats(parameters.at, parameters.length).set(values);
    for (const { name } of parameters) parameters.transpose(name);
  }

  /** The gathered gradients, laid out like `weights`, copied. */
  get gradients(): Float32Array {
    const { grad, length } = this.#optimiser.parameters;
    return this.#kernel.floats(grad, length).slice();
  }

  /** What the next `step` goes along, in place of the gathered gradients. */
  set gradients(values: Float32Array) {
    const { grad, length } = this.#optimiser.parameters;
    this.#kernel.floats(grad, length).set(values);
  }

  save(): MlpState {
    return this.#optimiser.save();
  }

  restore(state: MlpState): void {
    this.#optimiser.restore(state);
  }

  #rowsAt(at: number, width: number, rows: number): { view: Float32Array; stride: number } {
    const stride = this.#kernel.functions.stride(width);
    return { view: this.#kernel.floats(at, rows * stride), stride };
  }
}

/** From this width on, a row is copied faster as a whole. */
const WIDE = 64;

/** Copies rows of `width` values between matrices whose rows lie `fromStride` and `toStride` apart. */
function spread(
  from: Float32Array,
  to: Float32Array,
  rows: number,
  width: number,
  fromStride: number,
  toStride: number,
): void {
  for (let i = 0; i < rows; i++) {
    const source = i * fromStride;
    const target = i * toStride;
    if (width >= WIDE) to.set(from.subarray(source, source + width), target);
    else for (let j = 0; j < width; j++) to[target + j] = from[source + j];
  }
}
