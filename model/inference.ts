/** Scores on the kernel: encoder, head, softmax at T, with the ODIN step where ε > 0; equations (1) to (3). */
import type { Address, Instruction, Kernel } from "./kernel.ts";
import type { Network } from "./network.ts";
import { odinStep } from "./odin.ts";
import { finiteOdds } from "./overflow.ts";
import { Tape } from "./tape.ts";

/** Rows scored at a time: activations of a block stay in the second-level cache. */
const BLOCK = 64;
/** With the ODIN step every activation is kept for its backward pass, so blocks are smaller. */
const ODIN_BLOCK = 16;

/** Puts the inputs of one row into `input` from `offset` on. */
export type WriteRow = (row: number, input: Float32Array, offset: number) => void;

/** Scores blocks of encoded rows; the weights may still change, it reads them anew at every run. */
export class Inference {
  readonly #kernel: Kernel;
  /** Rows of one block, and floats from one input row to the next. */
  readonly #block: number;
  readonly #stride: number;
  readonly #input: Address;
  readonly #scalars: Address;
  readonly #scores: Address;
  readonly #logits: Address;
  readonly #run: (rows: number) => void;

  /** @param odin whether to take the input step; transposed weights must be there then */
  constructor(kernel: Kernel, inputs: number, network: Network, odin: boolean) {
    this.#kernel = kernel;
    this.#block = odin ? ODIN_BLOCK : BLOCK;
    this.#stride = kernel.functions.stride(inputs);
    this.#scalars = kernel.allocate(2);
    this.#scores = kernel.allocate(this.#block);
    const temperature = this.#scalars;
    const epsilon = this.#scalars + 4;
    const program: Instruction[] = [];
    const plain = new Tape(kernel, this.#block, { tracked: false });
    const x = plain.input(inputs);
    this.#input = x.at;
    if (odin) {
      const step = odinStep(kernel, this.#block, network, temperature, epsilon, x);
      this.#input = step.x.at;
      program.push(...step.instructions);
    }
    const logits = network(plain, x);
    this.#logits = logits.at;
    program.push(...plain.forward, ["SCORES", logits.at, temperature, this.#scores]);
    this.#run = kernel.compile(program);
  }

  /**
   * Scores `rows` rows of any number, block by block.
   *
   * @param write puts one row's inputs into the input block at an offset, padding left zero
   * @param visit is given the scores of a block, a view good until the next one, and the place of its first row
   */
  each(
    rows: number,
    write: WriteRow,
    temperature: number,
    epsilon: number,
    visit: (scores: Float32Array, first: number) => void,
  ): void {
    const scalars = this.#kernel.floats(this.#scalars, 2);
    scalars[0] = temperature;
    scalars[1] = epsilon;
    for (let first = 0; first < rows; first += this.#block) {
      const many = Math.min(this.#block, rows - first);
      const input = this.#kernel.floats(this.#input, this.#block * this.#stride);
      for (let i = 0; i < many; i++) write(first + i, input, i * this.#stride);
      this.#run(many);
      visit(this.#kernel.floats(this.#scores, many), first);
    }
  }

  /** Normal logits ℓ₀ and anomalous logits ℓ₁ of the first rows of the last block, after the input step. */
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

  /** Anomaly scores of `rows` rows of any number, written by `write` as for `each`. */
  scoreEach(rows: number, write: WriteRow, temperature: number, epsilon: number): Float32Array {
    const scores = new Float32Array(rows);
    this.each(rows, write, temperature, epsilon, (some, first) => scores.set(some, first));
    return scores;
  }

  /** Anomaly scores of `rows` encoded rows (rows, width), row-major and unpadded, of any number. */
  scoreAll(encoded: Float32Array, rows: number, width: number, temperature: number, epsilon: number): Float32Array {
    return this.scoreEach(rows, rowsOf(encoded, width), temperature, epsilon);
  }

  /**
   * Log odds (ℓ₁ − ℓ₀)/T of `rows` rows, as `scoreEach`, after the input step; they go on where the score saturates, up to
   * the largest float where logits overflow. Those of a row without a score are 0.
   */
  logOddsEach(rows: number, write: WriteRow, temperature: number, epsilon: number): Float64Array {
    const result = new Float64Array(rows);
    this.each(rows, write, temperature, epsilon, ({ length }, first) => {
      const { normal, anomalous } = this.logits(length);
      for (let i = 0; i < length; i++) result[first + i] = finiteOdds((anomalous[i] - normal[i]) / temperature);
    });
    return result;
  }
}

/** Writes encoded rows (rows, width), row-major and unpadded. */
export function rowsOf(encoded: Float32Array, width: number): WriteRow {
  return (row, input, offset) => input.set(encoded.subarray(row * width, (row + 1) * width), offset);
}
