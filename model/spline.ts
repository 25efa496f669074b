/** A linear layer on a piecewise-linear encoding, as tables: of every column a value and a slope for each interval. */
import type { Address, Kernel } from "./kernel.ts";
import type { Tape, Value } from "./tape.ts";

/** Knots nearer than this, in units of what a piece rises there, are one. */
const NEAR = 1e-6;
/** Up to so many pieces that rise at once are summed anew, so that a steep one leaves no rounding behind. */
const FEW = 8;
/** Bytes of an interval in a panel: 16 values and 16 slopes. */
const INTERVAL = 128;

// What a step of `tabulate` does, see assembly/spline-layout.ts.
const RISEN = 0;
const SLOPE = 1;
const RISING = 2;
const FEW_RISE = 3;
const ALL_RISE = 4;
const COLUMN = 5;

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

  /** @param pieces (pieces, 3): column, from, scale; clamp((x[column] − from)·scale, 0, 1) */
  constructor(kernel: Kernel, pieces: Float32Array) {
    this.#kernel = kernel;
    this.#count = pieces.length / 3;
    const byColumn = new Map<number, number[]>();
    for (let piece = 0; piece < this.#count; piece++) {
      const column = pieces[3 * piece];
      const own = byColumn.get(column);
      if (own) own.push(piece);
      else byColumn.set(column, [piece]);
    }
    const columns = [...byColumn].toSorted(([a], [b]) => a - b);
    const steps: number[] = [];
    // for each column a vector that ends in the 0 before its first knot, and whole vectors of knots
    const table: number[] = [];
    const words: number[] = [];
    this.intervals = 0;
    for (const [column, own] of columns) {
      const knots = columnKnots(own, pieces, steps);
      table.push(0, 0, 0, 0);
      const first = table.length;
      for (let i = 0; i < knots.length; i++) table.push(knots[i]);
      while (table.length % 4 > 0) table.push(Number.POSITIVE_INFINITY);
      words.push(4 * column, 4 * first, 4 * table.length, INTERVAL * this.intervals);
      this.intervals += knots.length + 1;
    }
    const at = kernel.allocate(table.length);
    kernel.floats(at, table.length).set(table);
    for (let i = 0; i < words.length; i += 4) {
      words[i + 1] += at;
      words[i + 2] += at;
    }
    this.#columns = columns.length;
    this.#steps = new Float64Array(steps);
    this.#at = kernel.allocate(words.length);
    new Uint32Array(kernel.functions.memory.buffer, this.#at, words.length).set(words);
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

/**
 * The knots of one column: sorted, and joined where they are one but for rounding, with the steps that work out the
 * column's intervals added to `steps`. Knots are f32, the next above where none is exact. No piece ends where it begins,
 * so that one steeper than floats can tell is still 0 at its own beginning.
 *
 * @param own the column's pieces
 */
function columnKnots(own: readonly number[], pieces: Float32Array, steps: number[]): number[] {
  // end 2i is where piece own[i] begins to rise, from the left; end 2i + 1 is where it has risen
  const at = new Float64Array(2 * own.length);
  const ends: number[] = [];
  for (let i = 0; i < own.length; i++) {
    const from = pieces[3 * own[i] + 1];
    const rise = 1 / pieces[3 * own[i] + 2];
    // Too flat to rise within any input.
    if (!(Math.abs(rise) < 1e30)) continue;
    at[2 * i + (rise < 0 ? 1 : 0)] = from;
    at[2 * i + (rise < 0 ? 0 : 1)] = from + rise;
    ends.push(2 * i, 2 * i + 1);
  }
  ends.sort((a, b) => at[a] - at[b]);

  const knots: number[] = [];
  const knotOf = new Int32Array(2 * own.length);
  let rising = 0;
  let crowded = false;
  let steepest = 0;
  let before = Number.NEGATIVE_INFINITY;
  for (let i = 0, last = -1; i < ends.length; i++) {
    const end = ends[i];
    const steep = Math.abs(pieces[3 * own[end >> 1] + 2]);
    const begins = (end & 1) === 0;
    const apart = (at[end] - before) * (steep > steepest ? steep : steepest);
    if (apart > NEAR || (!begins && knotOf[end - 1] === last)) {
      crowded ||= rising > FEW;
      before = floatFrom(before < at[end] ? at[end] : before + Math.abs(before) * 2 ** -30 + 2 ** -150);
      last = knots.push(before) - 1;
      steepest = steep;
    } else if (steep > steepest) steepest = steep;
    knotOf[end] = last;
    rising += begins ? 1 : -1;
  }
  addSteps(own, pieces, ends, knots, knotOf, crowded, steps);
  return knots;
}

/** The steps of `tabulate` for one column. */
function addSteps(
  own: readonly number[],
  pieces: Float32Array,
  ends: readonly number[],
  knots: readonly number[],
  knotOf: Int32Array,
  crowded: boolean,
  steps: number[],
): void {
  steps.push(COLUMN, 0, 0, 0);
  const rising = new Set<number>();
  for (let knot = 0, next = 0; knot < knots.length; knot++) {
    for (; next < ends.length && knotOf[ends[next]] === knot; next++) {
      const begins = (ends[next] & 1) === 0;
      const piece = own[ends[next] >> 1];
      const from = pieces[3 * piece + 1];
      const scale = pieces[3 * piece + 2];
      // what falls is 1 to begin with
      const falls = scale < 0;
      if (!begins) steps.push(RISEN, piece, falls ? -1 : 1, 0);
      else if (falls) steps.push(RISEN, piece, 0, 1);
      const sign = begins ? 1 : -1;
      if (crowded) steps.push(SLOPE, piece, sign * scale, sign * (falls ? scale * from + 1 : scale * from));
      if (begins) rising.add(piece);
      else rising.delete(piece);
    }
    const at = knots[knot];
    if (rising.size > FEW) {
      steps.push(ALL_RISE, 0, at, 0);
      continue;
    }
    for (const piece of rising) {
      const from = pieces[3 * piece + 1];
      const scale = pieces[3 * piece + 2];
      steps.push(RISING, piece, Math.min(1, Math.max(0, (at - from) * scale)) - (scale < 0 ? 1 : 0), scale);
    }
    steps.push(FEW_RISE, 0, 0, 0);
  }
}

/** The least f32 that is not below x. */
function floatFrom(x: number): number {
  const rounded = Math.fround(x);
  if (rounded >= x) return rounded;
  if (rounded === 0) return 2 ** -149;
  FLOAT[0] = rounded;
  BITS[0] += rounded > 0 ? 1 : -1;
  return FLOAT[0];
}

const FLOAT = new Float32Array(1);
const BITS = new Int32Array(FLOAT.buffer);
