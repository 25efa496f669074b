/** Piecewise-linear functions of single columns, laid out in the kernel; see assembly/tails.ts. */
import type { Address, Kernel } from "./kernel.ts";

/** Floats of a knot in the artefact: column, place, value there. */
const KNOT = 3;

export interface TailTable {
  readonly at: Address;
  /** Columns that have knots. */
  readonly columns: number;
}

/**
 * The sum of these functions as a table: between two knots of a column straight, beyond its outermost ones level.
 *
 * @param knots (knots, 3): column, place, value there; columns ascend, and places within a column; checked by `checkWeights`
 */
export function tailTable(kernel: Kernel, knots: Float32Array): TailTable {
  const starts: number[] = [];
  for (let at = 0; at < knots.length; at += KNOT) if (at === 0 || knots[at] !== knots[at - KNOT]) starts.push(at);
  const lots = starts.map((start, i) => knots.subarray(start, starts[i + 1]));
  // a 0 before the first knot, then whole vectors of them from an address that is a multiple of 16 bytes
  const room = lots.map(({ length }) => 4 + 4 * Math.ceil(length / KNOT / 4));
  const columns = kernel.allocate(4 * lots.length);
  let places = kernel.allocate(room.reduce((sum, floats) => sum + floats, 0));
  let intervals = kernel.allocate((2 * knots.length) / KNOT + 2 * lots.length);
  const words = new Uint32Array(kernel.functions.memory.buffer);
  for (const [i, lot] of lots.entries()) {
    const count = lot.length / KNOT;
    const place = kernel.floats(places, room[i]).fill(Number.POSITIVE_INFINITY, 4);
    const lines = kernel.floats(intervals, 2 * count + 2);
    for (let k = 0; k < count; k++) {
      const [, from, value, , to, next] = lot.subarray(KNOT * k, KNOT * k + 2 * KNOT);
      place[4 + k] = from;
      lines.set([value, k + 1 < count ? slope(next - value, to - from) : 0], 2 + 2 * k);
    }
    lines[0] = lot[2];
    words.set([4 * lot[0], places + 16, places + 4 * room[i], intervals], columns / 4 + 4 * i);
    places += 4 * room[i];
    intervals += 8 * count + 8;
  }
  return { at: columns, columns: lots.length };
}

/** What is too steep for floats is a step: infinity times nothing would be no number. */
function slope(rise: number, run: number): number {
  return Number.isFinite(Math.fround(rise / run)) ? rise / run : 0;
}
