/** A linear layer on a piecewise-linear encoding, as tables: of every column a value and a slope for each interval. */
import type { Address, Kernel } from "./kernel.ts";
import type { Tape, Value } from "./tape.ts";

/** Knots nearer than this, in units of what a piece rises there, are one. */
const NEAR = 1e-6;
/** Up to so many pieces that rise at once are summed anew, so that a steep one leaves no rounding behind. */
const FEW = 8;
/** Bytes of an interval in a panel: 16 values and 16 slopes. */
const INTERVAL = 128;

/** Where a piece begins or ends to rise: clamp((x − from)·scale, 0, 1) from `low` to `high`, downwards where scale < 0. */
interface Knot {
  readonly at: number;
  readonly piece: number;
  readonly opens: boolean;
}

interface Column {
  readonly column: number;
  /** By place. */
  readonly knots: readonly Knot[];
  /** The knot each of `knots` belongs to after near ones are joined, and where those lie. */
  readonly joined: readonly number[];
  readonly places: readonly number[];
  /** The pieces that rise beyond each place, where they are few. */
  readonly rising: readonly (readonly number[] | undefined)[];
}

/** Pieces laid out in the kernel: which interval of each column a row's values lie in. */
export class Pieces {
  readonly #kernel: Kernel;
  readonly #pieces: Float32Array;
  readonly #columns: readonly Column[];
  readonly #at: Address;
  /** Intervals of all columns, one before the first knot included. */
  readonly intervals: number;

  /** @param pieces (pieces, 3): column, from, scale; clamp((x[column] − from)·scale, 0, 1) */
  constructor(kernel: Kernel, pieces: Float32Array) {
    this.#kernel = kernel;
    this.#pieces = pieces;
    const byColumn = new Map<number, Knot[]>();
    for (let piece = 0; 3 * piece < pieces.length; piece++) {
      const [column, from, scale] = pieces.subarray(3 * piece, 3 * piece + 3);
      const knots = byColumn.get(column) ?? [];
      byColumn.set(column, knots);
      const other = from + 1 / scale;
      // Too flat to rise within any input.
      if (!(Math.abs(1 / scale) < 1e30)) continue;
      knots.push({ at: Math.min(from, other), piece, opens: true }, { at: Math.max(from, other), piece, opens: false });
    }
    this.#columns = [...byColumn]
      .toSorted(([a], [b]) => a - b)
      .map(([column, knots]) => joinKnots(column, knots, (piece) => Math.abs(pieces[3 * piece + 2])));
    this.intervals = 0;
    this.#at = kernel.allocate(4 * this.#columns.length);
    const tables = this.#columns.map(({ places }) => kernel.allocate(4 + 4 * Math.ceil(places.length / 4)));
    const words = new Uint32Array(kernel.functions.memory.buffer, this.#at, 4 * this.#columns.length);
    for (const [i, { column, places }] of this.#columns.entries()) {
      const vectors = Math.ceil(places.length / 4);
      const first = tables[i] + 4;
      kernel.floats(first, 4 * vectors).fill(Number.POSITIVE_INFINITY);
      kernel.floats(first, places.length).set(places);
      words.set([4 * column, first, first + 16 * vectors, INTERVAL * this.intervals], 4 * i);
      this.intervals += places.length + 1;
    }
  }

  /** Finds the intervals of x (rows, inputs), for `spline`. */
  locate(tape: Tape, x: Value): Address {
    const places = this.#kernel.allocate(2 * tape.rows * this.#columns.length);
    tape.emit(["LOCATE", x.at, x.width, this.#at, this.#columns.length, places]);
    return places;
  }

  /** Lays out the layer w (n, pieces), b (n); the result puts y (rows, n) = encoding·wᵀ + b onto a tape. */
  layer(w: Float32Array, b: Float32Array): (tape: Tape, places: Address) => Value {
    const n = b.length;
    const panels = Math.ceil(n / 16);
    const size = (INTERVAL / 4) * this.intervals;
    const table = this.#kernel.allocate(size * panels);
    const bias = this.#kernel.allocate(16 * panels);
    const values = this.#kernel.floats(table, size * panels);
    const offsets = Float64Array.from(b);
    let interval = 0;
    for (const column of this.#columns) {
      this.#fill(column, w, offsets, values.subarray((INTERVAL / 4) * interval), size);
      interval += column.places.length + 1;
    }
    this.#kernel.floats(bias, n).set(offsets);
    return (tape, places) => {
      const y = tape.input(n);
      tape.emit(["SPLINE", places, this.#columns.length, table, 4 * size, bias, y.at, n]);
      return y;
    };
  }

  /**
   * One column's values and slopes, against what it is before its first knot, which is added to the offsets (n).
   *
   * @param to the column's intervals in the first panel; the next panel is `size` further on
   */
  #fill(
    { knots, joined, places, rising }: Column,
    w: Float32Array,
    offsets: Float64Array,
    to: Float32Array,
    size: number,
  ): void {
    const pieces = this.#pieces;
    const count = pieces.length / 3;
    const n = offsets.length;
    const crowded = rising.includes(undefined);
    // Of each output: what has risen, and of what rises Σ w·scale and Σ w·scale·low.
    const risen = new Float64Array(n);
    const slopes = new Float64Array(n);
    const shifts = new Float64Array(n);
    for (let place = 0, next = 0; place < places.length; place++) {
      const at = places[place];
      for (; next < knots.length && joined[next] === place; next++) {
        const { piece, opens } = knots[next];
        const [from, scale] = [pieces[3 * piece + 1], pieces[3 * piece + 2]];
        const falls = scale < 0;
        for (let row = 0; !opens && row < n; row++) risen[row] += (falls ? -1 : 1) * w[row * count + piece];
        for (let row = 0; opens && falls && row < n; row++) offsets[row] += w[row * count + piece];
        for (let row = 0; crowded && row < n; row++) {
          const weight = (opens ? 1 : -1) * w[row * count + piece];
          slopes[row] += weight * scale;
          shifts[row] += weight * (falls ? scale * from + 1 : scale * from);
        }
      }
      const entry = (INTERVAL / 4) * (place + 1);
      const few = rising[place];
      for (let row = 0, cell = entry; row < n; row++) {
        to[cell] = few ? risen[row] : risen[row] + slopes[row] * at - shifts[row];
        to[cell + 16] = few ? 0 : slopes[row];
        cell += (row & 15) === 15 ? size - 15 : 1;
      }
      for (const piece of few ?? []) {
        const [from, scale] = [pieces[3 * piece + 1], pieces[3 * piece + 2]];
        const share = Math.min(1, Math.max(0, (at - from) * scale)) - (scale < 0 ? 1 : 0);
        for (let row = 0, cell = entry; row < n; row++) {
          const weight = w[row * count + piece];
          to[cell] += weight * share;
          to[cell + 16] += weight * scale;
          cell += (row & 15) === 15 ? size - 15 : 1;
        }
      }
    }
  }
}

/**
 * Sorts knots and joins those that are one but for rounding; places are f32, the next above where none is exact. No piece
 * ends where it begins, so that one steeper than floats can tell is still 0 at its own beginning.
 */
function joinKnots(column: number, unsorted: readonly Knot[], steepness: (piece: number) => number): Column {
  const knots = unsorted.toSorted((a, b) => a.at - b.at);
  const joined: number[] = [];
  const places: number[] = [];
  const opened = new Map<number, number>();
  const rising: (number[] | undefined)[] = [];
  let steepest = 0;
  for (const { at, piece, opens } of knots) {
    const steep = steepness(piece);
    const last = places.at(-1) ?? Number.NEGATIVE_INFINITY;
    const own = !opens && opened.get(piece) === places.length - 1;
    if (own || (at - last) * Math.max(steep, steepest) > NEAR) {
      if (places.length > 0) rising.push(opened.size <= FEW ? [...opened.keys()] : undefined);
      places.push(last < at ? floatFrom(at) : floatFrom(last + Math.abs(last) * 2 ** -30 + 2 ** -150));
      steepest = steep;
    } else steepest = Math.max(steep, steepest);
    if (opens) opened.set(piece, places.length - 1);
    else opened.delete(piece);
    joined.push(places.length - 1);
  }
  rising.push([]);
  return { column, knots, joined, places, rising };
}

/** The least f32 that is not below x. */
function floatFrom(x: number): number {
  const rounded = new Float32Array([x]);
  if (rounded[0] >= x) return rounded[0];
  if (rounded[0] === 0) return 2 ** -149;
  new Int32Array(rounded.buffer)[0] += rounded[0] > 0 ? 1 : -1;
  return rounded[0];
}
