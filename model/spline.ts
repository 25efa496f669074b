/** A linear layer on a piecewise-linear encoding, as tables: of every column a value and a slope for each interval. */
import type { Address, Kernel } from "./kernel.ts";
import type { Tape, Value } from "./tape.ts";

/** Bytes of an interval in a panel: 16 values and 16 slopes. */
const INTERVAL = 128;
/** Numbers of a step. */
const STEP = 4;

/** Pieces laid out in the kernel: which interval of each column a row's values lie in. */
export class Pieces {
  readonly #kernel: Kernel;
  readonly #count: number;
  readonly #columns: number;
  readonly #at: Address;
  /** What works out a layer's table, four numbers a step. */
  readonly #steps: Float64Array;
  /** Intervals of all columns, one before the first knot included. */
  readonly intervals: number;

  /**
   * @param pieces (pieces, 3): column, from, scale; clamp((x[column] − from)·scale, 0, 1)
   * @param inputs columns there are
   */
  constructor(kernel: Kernel, pieces: Float32Array, inputs: number) {
    const { functions } = kernel;
    const count = pieces.length / 3;
    const most = Math.min(count, inputs);
    this.#kernel = kernel;
    this.#count = count;
    this.#at = kernel.allocate(4 * most + 2);
    const knots = kernel.allocate(7 * most + 2 * count);
    const raw = kernel.scratch(14 * count + 2 * STEP);
    const scratch = raw + 12 * count;
    const steps = raw + 56 * count;
    kernel.floats(raw, pieces.length).set(pieces);
    const lay = (apart: number): number =>
      functions.layPieces(raw, count, scratch, this.#at, most, knots, steps, apart);
    const many = lay(0);
    // no `allocate` between, so it is the same scratch, and more of it
    kernel.scratch(14 * count + 2 * STEP * many);
    lay(8 * STEP);
    this.#steps = kernel.doubles(steps, STEP * many).slice();
    const [columns, intervals] = new Uint32Array(functions.memory.buffer, this.#at + 16 * most, 2);
    this.#columns = columns;
    this.intervals = intervals;
  }

  /** Finds the intervals of x (rows, inputs), for `spline`. */
  locate(tape: Tape, x: Value): Address {
    const places = this.#kernel.allocate(2 * tape.rows * this.#columns);
    tape.emit(["LOCATE", x.at, x.width, this.#at, this.#columns, places]);
    return places;
  }

  /** Lays out the layer w (n, pieces), b (n); the result puts y (rows, n) = encoding·wᵀ + b onto a tape. */
  layer(w: Float32Array, b: Float32Array): (tape: Tape, places: Address) => Value {
    const kernel = this.#kernel;
    const n = b.length;
    const panels = Math.ceil(n / 16);
    const size = INTERVAL * this.intervals;
    const table = kernel.allocate((size / 4) * panels);
    const bias = kernel.allocate(16 * panels);
    kernel.floats(bias, n).set(b);
    const steps = kernel.scratch(2 * this.#steps.length + w.length + 16 * panels * this.#count);
    const end = steps + 8 * this.#steps.length;
    const packed = end + 4 * w.length;
    kernel.doubles(steps, this.#steps.length).set(this.#steps);
    kernel.floats(end, w.length).set(w);
    kernel.functions.pack(end, n, this.#count, packed);
    kernel.functions.tabulate(steps, end, packed, this.#count, bias, n, table, size);
    return (tape, places) => {
      const y = tape.input(n);
      tape.emit(["SPLINE", places, this.#columns, table, size, bias, y.at, n]);
      return y;
    };
  }
}
