/** Squared Euclidean distances of many rows to a fixed set of rows: ‖x − t‖² = ‖x‖² + (‖t‖² − 2·x·t), on the SIMD kernel. */
import { Kernel } from "../../model/kernel.ts";
import type { Matrix } from "../data/matrix.ts";
import { kernelModule } from "./engine.ts";

/** Rows a block: few enough to stay in the first-level cache while the fixed set passes by. */
const BLOCK = 64;

export class Distances {
  /** The fixed set, (n, inputs). */
  readonly rows: Matrix;
  /** Subtracted from both sides: distances stay as they are, and less cancels. */
  readonly #mean: Float64Array;
  readonly #kernel = new Kernel(kernelModule("score"));
  readonly #run: (rows: number) => void;
  readonly #input: number;
  readonly #output: number;

  constructor(rows: Matrix) {
    const { rows: n, cols } = rows;
    this.rows = rows;
    this.#mean = columnMeans(rows);
    const kernel = this.#kernel;
    const { stride, pack } = kernel.functions;
    const padded = Math.ceil(n / 16) * 16;
    const packed = kernel.allocate(padded * cols);
    const bias = kernel.allocate(padded);
    this.#input = kernel.allocate(BLOCK * stride(cols));
    this.#output = kernel.allocate(BLOCK * stride(n));
    const staging = kernel.allocate(16 * cols);
    for (let panel = 0; panel < n; panel += 16) {
      const many = Math.min(16, n - panel);
      const target = kernel.floats(staging, 16 * cols);
      for (let i = 0; i < many; i++) {
        const squared = this.#centre(rows, panel + i, target, i * cols);
        kernel.floats(bias, n)[panel + i] = -squared / 2;
      }
      pack(staging, many, cols, packed + panel * cols * 4);
    }
    this.#run = kernel.compile([["LINEAR", this.#input, cols, packed, bias, this.#output, n, 0, { float: -2 }]]);
  }

  /** Bytes the fixed set takes. */
  get bytes(): number {
    return this.rows.data.byteLength;
  }

  /**
   * Calls `visit` once a row, in order, with ‖x‖² and ‖x − t‖² − ‖x‖² for every t of the fixed set (x and t less the
   * mean). The array is reused: it is good during the call only. Rounding: see `rounding`.
   */
  each(rows: Matrix, visit: (row: number, squared: number, offsets: Float32Array) => void): void {
    const { stride } = this.#kernel.functions;
    const n = this.rows.rows;
    const input = this.#kernel.floats(this.#input, BLOCK * stride(rows.cols));
    const squares = new Float64Array(BLOCK);
    for (let start = 0; start < rows.rows; start += BLOCK) {
      const many = Math.min(BLOCK, rows.rows - start);
      for (let i = 0; i < many; i++) squares[i] = this.#centre(rows, start + i, input, i * stride(rows.cols));
      this.#run(many);
      for (let i = 0; i < many; i++) {
        visit(start + i, squares[i], this.#kernel.floats(this.#output + i * stride(n) * 4, n));
      }
    }
  }

  /**
   * The member of the fixed set nearest to each row, the first of equals.
   *
   * @param own how many of the rows, from the first on, are the members themselves: those look for another one
   */
  nearest(rows: Matrix, own = 0): Int32Array {
    const members = new Int32Array(rows.rows);
    this.each(rows, (row, _squared, offsets) => {
      if (row < own) offsets[row] = Infinity;
      let best = 0;
      for (let t = 1; t < offsets.length; t++) if (offsets[t] < offsets[best]) best = t;
      members[row] = best;
    });
    return members;
  }

  /** Largest rounding error of an offset when neither x nor t is longer than `norm`: (inputs + 4)·2⁻²⁴·3·norm². */
  rounding(norm: number): number {
    return (this.rows.cols + 4) * 2 ** -24 * 3 * norm * norm;
  }

  /** ‖x − t‖² in double precision, x being row `row` of `rows` and t member `member` of the fixed set. */
  exact({ data, cols }: Matrix, row: number, member: number): number {
    const fixed = this.rows.data;
    let sum = 0;
    for (let j = 0, a = row * cols, b = member * cols; j < cols; j++, a++, b++) {
      const difference = data[a] - fixed[b];
      sum += difference * difference;
    }
    return sum;
  }

  /** Writes row `row` less the mean to `target[at…]`. @returns its squared length */
  #centre({ data, cols }: Matrix, row: number, target: Float32Array, at: number): number {
    let squared = 0;
    for (let j = 0; j < cols; j++) {
      const value = Math.fround(data[row * cols + j] - this.#mean[j]);
      target[at + j] = value;
      squared += value * value;
    }
    return squared;
  }
}

/** Mean of every column; zeros where there is no row. */
export function columnMeans({ rows, cols, data }: Matrix): Float64Array {
  const means = new Float64Array(cols);
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < cols; j++, at++) means[j] += data[at];
  for (let j = 0; j < cols; j++) means[j] /= Math.max(1, rows);
  return means;
}
