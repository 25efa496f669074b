/** The training engine: tapes with losses on train.wasm, and AdamW over their parameters. */
import { readFileSync } from "node:fs";
import { messageOf, UnseenError } from "../../model/errors.ts";
import type { Address, FloatArgument, Instruction } from "../../model/kernel.ts";
import type { Parameters } from "../../model/parameters.ts";
import type { Tape, Value } from "../../model/tape.ts";
import { Team } from "./team.ts";

const modules = new Map<string, WebAssembly.Module>();

/**
 * A built kernel, compiled once: what V8 has made fast stays fast. Training uses relaxed SIMD, which every Node that runs this
 * has: products and sums in one rounding are faster and, in the last bit, not what plain SIMD computes.
 *
 * @throws UnseenError build-missing
 */
export function kernelModule(name: "score" | "train"): WebAssembly.Module {
  const known = modules.get(name) ?? builtModule(name === "train" ? "train-relaxed" : name);
  modules.set(name, known);
  return known;
}

/** Reads a kernel from build/. @throws UnseenError build-missing */
export function builtModule(name: string): WebAssembly.Module {
  const file = new URL(`../../build/${name}.wasm`, import.meta.url);
  try {
    return new WebAssembly.Module(readFileSync(file));
  } catch (cause) {
    const why = messageOf(cause);
    throw new UnseenError("build-missing", `build/${name}.wasm cannot be used: ${why}`, "Run `npm run build`.");
  }
}

/** The training kernel. */
export type TrainKernel = Team;

/** @param workers threads that run its programs together; close it when there are several */
export function trainKernel(workers = 1): TrainKernel {
  return new Team(kernelModule("train"), workers);
}

const float = (value: number): FloatArgument => ({ float: value });

/** Row inputs of a loss: the caller fills them before each run. */
export interface RowColumn {
  readonly at: Address;
}

interface Views {
  readonly rows: number;
  readonly value: Float64Array;
  readonly seeds: readonly Float32Array[];
}

/** A tape with losses, compiled: one call runs forward, losses and backward. */
export class TrainingPass {
  readonly #kernel: TrainKernel;
  readonly #tape: Tape;
  readonly #value: Address;
  readonly #seeds: Value[] = [];
  #run: ((rows: number) => void) | undefined;
  /** What a run clears and reads, kept from run to run: views of shared memory stay good while it grows. */
  #views: Views | undefined;

  constructor(kernel: TrainKernel, tape: Tape) {
    this.#kernel = kernel;
    this.#tape = tape;
    this.#value = kernel.allocate(4);
  }

  /** A column of one f32 a row, e.g. targets or weights. */
  column(): RowColumn {
    return { at: this.#kernel.allocate(this.#tape.rows) };
  }

  /** Σ weight·BCE((ℓ₀ − κ·ℓ₁)/T, target): κ = 1 for softmax confidence (1), κ = 0 for the normal logit alone. */
  crossEntropy(logits: Value, targets: RowColumn, weights: RowColumn, temperature: Address, kappa: 0 | 1): void {
    const d = this.#seed(logits);
    this.#tape.emit(["CROSS_ENTROPY", logits.at, targets.at, weights.at, temperature, float(kappa), d, this.#value]);
  }

  /** α·[m − ĝ]₊, ĝ the gap of mean normal logits over T (7). */
  hingeMargin(logits: Value, targets: RowColumn, temperature: Address, margin: number, alpha: number): void {
    const d = this.#seed(logits);
    this.#tape.emit(["HINGE_MARGIN", logits.at, targets.at, temperature, float(margin), float(alpha), d, this.#value]);
  }

  /** λ/(rows·n)·Σ weight·‖a − b‖²; gradients flow into both where they are tracked. */
  squaredError(a: Value, b: Value, lambda: number, weights?: RowColumn): void {
    const da = this.#seed(a);
    const db = b.tracked ? this.#seed(b) : 0;
    const w = weights?.at ?? 0;
    this.#tape.emit(["SQUARED_ERROR", a.at, b.at, a.width, float(lambda), w, da, db, this.#value]);
  }

  /**
   * Forward, losses, backward over `rows` rows. Parameter gradients are added to; a step of the optimiser zeroes them.
   *
   * @returns the summed losses and their slope to T
   */
  run(rows: number): { loss: number; temperatureSlope: number } {
    this.#run ??= this.#kernel.compile([...this.#tape.forward, ...this.#tape.backward()]);
    const { value, seeds } = this.#viewed(rows);
    value.fill(0);
    for (const seed of seeds) seed.fill(0);
    this.#run(rows);
    return { loss: value[0], temperatureSlope: value[1] };
  }

  #viewed(rows: number): Views {
    if (this.#views?.rows === rows) return this.#views;
    const { stride } = this.#kernel.functions;
    this.#views = {
      rows,
      value: this.#kernel.doubles(this.#value, 2),
      seeds: this.#seeds.map(({ grad, width }) => this.#kernel.floats(grad, rows * stride(width))),
    };
    return this.#views;
  }

  #seed(value: Value): Address {
    if (!this.#seeds.includes(value)) this.#seeds.push(value);
    return this.#tape.gradient(value);
  }
}

export interface AdamWOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly decay?: number;
}

/** Floats whose squares are summed together; see assembly/adamw.ts. */
const CHUNK = 8192;
/** Numbers that change from step to step or are the caller's choice, in the order the kernel reads them. */
const SCALARS = 8;

/** AdamW (Loshchilov & Hutter 2019) over all weights of one set of parameters. */
export class AdamW {
  readonly parameters: Parameters;
  readonly #kernel: TrainKernel;
  readonly #options: Required<AdamWOptions>;
  readonly #first: Address;
  readonly #second: Address;
  readonly #gradients: Float32Array;
  readonly #scalars: Float32Array;
  readonly #run: (rows: number) => void;
  #steps = 0;

  constructor(kernel: TrainKernel, parameters: Parameters, options: AdamWOptions = {}) {
    this.#kernel = kernel;
    this.parameters = parameters;
    this.#options = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0.01, ...options };
    const { at, grad, length } = parameters;
    this.#first = kernel.allocate(length);
    this.#second = kernel.allocate(length);
    const scalars = kernel.allocate(SCALARS);
    const sums = kernel.allocate(2 * Math.ceil(length / CHUNK));
    this.#run = kernel.compile([
      ["SQUARES", length, grad, sums],
      ["ADAMW", length, at, grad, this.#first, this.#second, sums, scalars],
      ...[...parameters].flatMap(({ n, k, at: weight, transposed }): Instruction[] =>
        transposed ? [["PACK_TRANSPOSED", weight, n, k, transposed]] : [],
      ),
    ]);
    // Views of shared memory stay good while it grows.
    this.#gradients = kernel.floats(grad, length);
    this.#scalars = kernel.floats(scalars, SCALARS);
    this.#scalars.set([0, this.#options.beta1, this.#options.beta2, this.#options.epsilon, this.#options.decay]);
  }

  /** Forgets gradients that were gathered for something else than a step. */
  zeroGradients(): void {
    this.#gradients.fill(0);
  }

  /** One step at learning rate `rate`, the gradient's norm clipped to `clip`; the gradient is zero afterwards. */
  step(rate: number, clip = Number.POSITIVE_INFINITY): void {
    const { beta1, beta2 } = this.#options;
    this.#steps++;
    this.#scalars[0] = rate;
    this.#scalars[5] = 1 - beta1 ** this.#steps;
    this.#scalars[6] = 1 - beta2 ** this.#steps;
    this.#scalars[7] = clip;
    this.#run(0);
  }

  /** Weights, moments and step count, for a checkpoint. */
  save(): { weights: Float32Array; first: Float32Array; second: Float32Array; steps: number } {
    const copy = (at: Address): Float32Array => this.#kernel.floats(at, this.parameters.length).slice();
    return {
      weights: copy(this.parameters.at),
      first: copy(this.#first),
      second: copy(this.#second),
      steps: this.#steps,
    };
  }

  restore(state: ReturnType<AdamW["save"]>): void {
    const { length } = this.parameters;
    this.#kernel.floats(this.parameters.at, length).set(state.weights);
    this.#kernel.floats(this.#first, length).set(state.first);
    this.#kernel.floats(this.#second, length).set(state.second);
    this.#steps = state.steps;
    for (const { name } of this.parameters) this.parameters.transpose(name);
  }
}

/** Cosine schedule from `rate` to a twentieth of it, after a linear warm-up of `warmup` steps. */
export function cosine(step: number, total: number, rate: number, warmup = 0): number {
  if (step < warmup) return (rate * (step + 1)) / warmup;
  const share = Math.min(1, (step - warmup) / Math.max(1, total - warmup));
  return rate * (0.05 + 0.95 * 0.5 * (1 + Math.cos(Math.PI * share)));
}
