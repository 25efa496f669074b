/** Scores on the kernel: encoder, head, softmax at T, with the ODIN step where ε > 0; equations (1) to (3). */
import type { Address, Instruction, Kernel } from "./kernel.ts";
import type { Network } from "./network.ts";
import { odinStep } from "./odin.ts";
import { Tape } from "./tape.ts";

/** Rows scored at a time: activations of a block stay in the second-level cache. */
const BLOCK = 64;
/** With the ODIN step every activation is kept for its backward pass, so blocks are smaller. */
const ODIN_BLOCK = 16;

/** Scores blocks of encoded rows; the weights may still change, it reads them anew at every run. */
export class Inference {
  /** Rows of one block. */
  readonly block: number;
  /** Floats from one input row to the next. */
  readonly stride: number;
  readonly #kernel: Kernel;
  readonly #input: Address;
  readonly #scalars: Address;
  readonly #scores: Address;
  readonly #logits: Address;
  readonly #run: (rows: number) => void;

  /** @param odin whether to take the input step; transposed weights must be there then */
  constructor(kernel: Kernel, inputs: number, network: Network, odin: boolean) {
    this.#kernel = kernel;
    this.block = odin ? ODIN_BLOCK : BLOCK;
    this.stride = kernel.functions.stride(inputs);
    this.#scalars = kernel.allocate(2);
    this.#scores = kernel.allocate(this.block);
    const temperature = this.#scalars;
    const epsilon = this.#scalars + 4;
    const program: Instruction[] = [];
    const plain = new Tape(kernel, this.block, { tracked: false });
    const x = plain.input(inputs);
    this.#input = x.at;
    if (odin) {
      const step = odinStep(kernel, this.block, network, temperature, epsilon, x);
      this.#input = step.x.at;
      program.push(...step.instructions);
    }
    const logits = network(plain, x);
    this.#logits = logits.at;
    program.push(...plain.forward, ["SCORES", logits.at, temperature, this.#scores]);
    this.#run = kernel.compile(program);
  }

  /** The input block (block, stride): write encoded rows here, padding left zero. Good until the next allocation. */
  input(): Float32Array {
    return this.#kernel.floats(this.#input, this.block * this.stride);
  }

  /** Scores the first `rows` rows of the input block; the result is a view, good until the next run. */
  run(rows: number, temperature: number, epsilon: number): Float32Array {
    const scalars = this.#kernel.floats(this.#scalars, 2);
    scalars[0] = temperature;
    scalars[1] = epsilon;
    this.#run(rows);
    return this.#kernel.floats(this.#scores, rows);
  }

  /** Normal logits ℓ₀ and anomalous logits ℓ₁ of the last run, after the input step. */
  logits(rows: number): { normal: Float32Array; anomalous: Float32Array } {
    const step = this.#kernel.functions.stride(2);
    const all = this.#kernel.floats(this.#logits, rows * step);
    const normal = new Float32Array(rows);
    const anomalous = new Float32Array(rows);
    for (let i = 0; i < rows; i++) {
      normal[i] = all[i * step];
      anomalous[i] = all[i * step + 1];
    }
    return { normal, anomalous };
  }

  /**
   * Log odds (ℓ₁ − ℓ₀)/T of `rows` rows of any number, after the input step; they go on where the score saturates.
   *
   * @param write puts one row's inputs into the input block at an offset, padding left zero
   */
  logOddsAll(
    rows: number,
    write: (row: number, input: Float32Array, offset: number) => void,
    temperature: number,
    epsilon: number,
  ): Float64Array {
    const result = new Float64Array(rows);
    for (let first = 0; first < rows; first += this.block) {
      const many = Math.min(this.block, rows - first);
      const input = this.input();
      for (let i = 0; i < many; i++) write(first + i, input, i * this.stride);
      this.run(many, temperature, epsilon);
      const { normal, anomalous } = this.logits(many);
      for (let i = 0; i < many; i++) result[first + i] = (anomalous[i] - normal[i]) / temperature;
    }
    return result;
  }

  /** Anomaly scores of `rows` encoded rows (rows, width), row-major and unpadded, of any number. */
  scoreAll(encoded: Float32Array, rows: number, width: number, temperature: number, epsilon: number): Float32Array {
    const scores = new Float32Array(rows);
    for (let first = 0; first < rows; first += this.block) {
      const many = Math.min(this.block, rows - first);
      const input = this.input();
      for (let i = 0; i < many; i++) {
        const from = (first + i) * width;
        input.set(encoded.subarray(from, from + width), i * this.stride);
      }
      scores.set(this.run(many, temperature, epsilon), first);
    }
    return scores;
  }
}
