// From pieces that rise along columns to knots for `locate` and steps for `tabulate`.

/** Knots nearer than this, in units of what a piece rises there, are one. */
const NEAR: f64 = 1e-6;
/** Up to so many pieces that rise at once are summed anew, so that a steep one leaves no rounding behind. */
const FEW: u32 = 8;
/** Bytes of an interval in a panel: 16 values and 16 slopes. */
const INTERVAL: u32 = 128;

/** Bytes of an end, where a piece begins or has risen: place (f64), its knot in its column, and twice the piece, one more where it has risen. */
const END: usize = 16;

/** Where the next step goes, how far on the one after that, and how many there are. */
let step: usize = 0;
let apart: usize = 0;
let steps: i32 = 0;

function put(kind: f64, piece: u32, a: f64, b: f64): void {
  store<f64>(step, kind);
  store<f64>(step, piece as f64, 8);
  store<f64>(step, a, 16);
  store<f64>(step, b, 24);
  step += apart;
  steps++;
}

// @ts-ignore: decorator
@inline
function columnOf(pieces: usize, end: usize): f32 {
  return load<f32>(pieces + ((load<u32>(end, 12) >> 1) as usize) * 12);
}

/** By column, place, and the order pieces came in. */
// @ts-ignore: decorator
@inline
function isBehind(pieces: usize, end: usize, column: f32, at: f64, id: u32): bool {
  const other = columnOf(pieces, end);
  if (other != column) return other > column;
  const place = load<f64>(end);
  return place > at || (place == at && load<u32>(end, 12) > id);
}

/** Shell's sort: in place, and never much slower than n·log n however the ends lie. */
function sort(pieces: usize, from: usize, end: usize): void {
  let gap = (end - from) / END;
  while (gap > 1) {
    gap = max<usize>(1, (gap * 5) / 11);
    const far = gap * END;
    for (let i = from + far; i < end; i += END) {
      const column = columnOf(pieces, i);
      const at = load<f64>(i);
      const id = load<u32>(i, 12);
      let to = i;
      for (; to >= from + far && isBehind(pieces, to - far, column, at, id); to -= far) {
        v128.store(to, v128.load(to - far));
      }
      store<f64>(to, at);
      store<u32>(to, id, 12);
    }
  }
}

/** The least f32 that is not below x. */
function floatFrom(x: f64): f32 {
  const rounded = x as f32;
  if ((rounded as f64) >= x) return rounded;
  if (rounded == 0) return reinterpret<f32>(1);
  return reinterpret<f32>(reinterpret<i32>(rounded) + (rounded > 0 ? 1 : -1));
}

/**
 * Knots of one column's ends, which are joined where they are one but for rounding; f32, the next above where none is
 * exact. No piece ends where it begins, so that one steeper than floats can tell is still 0 at its own beginning.
 *
 * @param begun (pieces) the knot a piece began at
 * @returns how many knots; less 1 and negated where more than a few pieces rise at once
 */
function join(pieces: usize, from: usize, end: usize, begun: usize, knots: usize): i32 {
  let last = -1;
  let before: f64 = -Infinity;
  let steepest: f64 = 0;
  let rising: u32 = 0;
  let crowded = false;
  for (; from < end; from += END) {
    const at = load<f64>(from);
    const id = load<u32>(from, 12);
    const own = begun + (((id >> 1) as usize) << 2);
    const steep = abs(load<f32>(pieces + ((id >> 1) as usize) * 12, 8)) as f64;
    if ((at - before) * max(steep, steepest) > NEAR || (id & 1 && load<i32>(own) == last)) {
      crowded = crowded || rising > FEW;
      const knot = floatFrom(before < at ? at : before + abs(before) * 9.313225746154785e-10 + 7.006492321624085e-46);
      store<f32>(knots, knot);
      knots += 4;
      before = knot as f64;
      last++;
      steepest = steep;
    } else steepest = max(steep, steepest);
    store<i32>(from, last, 8);
    if (id & 1) rising--;
    else {
      rising++;
      store<i32>(own, last);
    }
  }
  return crowded ? -2 - last : last + 1;
}

/** The steps that work out the column's intervals. @param open room for the pieces that rise, and each one's place there */
function putSteps(pieces: usize, count: u32, from: usize, end: usize, knots: usize, crowded: bool, open: usize): void {
  put(5, 0, 0, 0);
  const places = open + ((count as usize) << 2);
  let rising: u32 = 0;
  while (from < end) {
    const knot = load<i32>(from, 8);
    for (; from < end && load<i32>(from, 8) == knot; from += END) {
      const id = load<u32>(from, 12);
      const piece = id >> 1;
      const start = load<f32>(pieces + (piece as usize) * 12, 4) as f64;
      const scale = load<f32>(pieces + (piece as usize) * 12, 8) as f64;
      const place = places + ((piece as usize) << 2);
      // what falls is 1 to begin with
      const sign: f64 = scale < 0 ? -1 : 1;
      const begins = (id & 1) == 0;
      if (!begins || sign < 0) put(0, piece, begins ? 0 : sign, begins ? 1 : 0);
      if (!begins) {
        const last = load<u32>(open + ((--rising as usize) << 2));
        store<u32>(open + ((load<u32>(place) as usize) << 2), last);
        store<u32>(places + ((last as usize) << 2), load<u32>(place));
      } else {
        store<u32>(open + ((rising as usize) << 2), piece);
        store<u32>(place, rising++);
      }
      const change: f64 = begins ? 1 : -1;
      if (crowded) put(1, piece, change * scale, change * (scale * start + (sign < 0 ? 1 : 0)));
    }
    const at = load<f32>(knots + ((knot as usize) << 2)) as f64;
    for (let i: u32 = 0; rising <= FEW && i < rising; i++) {
      const piece = load<u32>(open + ((i as usize) << 2));
      const start = load<f32>(pieces + (piece as usize) * 12, 4) as f64;
      const scale = load<f32>(pieces + (piece as usize) * 12, 8) as f64;
      put(2, piece, min<f64>(1, max<f64>(0, (at - start) * scale)) - (scale < 0 ? 1 : 0), scale);
    }
    put(rising > FEW ? 4 : 3, 0, at, 0);
  }
}

/**
 * Lays pieces out: columns and knots as `locate` reads them, and the steps of `tabulate`.
 *
 * @param pieces (count, 3): column, from, scale; a piece is clamp((x[column] − from)·scale, 0, 1)
 * @param scratch 44 bytes a piece
 * @param columns 16 bytes for each column; after that, words: how many columns, how many intervals
 * @param knots 28 bytes for each column and 8 for each piece, zeroed
 * @param to where steps go
 * @param size bytes from one step to the next: 0 to have them counted only
 * @returns how many steps
 */
export function layPieces(pieces: usize, count: u32, scratch: usize, columns: usize, most: i32, knots: usize, to: usize, size: usize): i32 {
  const open = scratch + ((count as usize) << 5);
  step = to;
  apart = size;
  steps = 0;
  let end = scratch;
  for (let piece: u32 = 0; piece < count; piece++) {
    const from = load<f32>(pieces + (piece as usize) * 12, 4) as f64;
    const rise = 1 / (load<f32>(pieces + (piece as usize) * 12, 8) as f64);
    // Too flat to rise within any input.
    if (!(abs(rise) < 1e30)) continue;
    store<f64>(end, min(from, from + rise));
    store<u32>(end, piece << 1, 12);
    store<f64>(end, max(from, from + rise), 16);
    store<u32>(end, (piece << 1) + 1, 28);
    end += 2 * END;
  }
  sort(pieces, scratch, end);
  let intervals: u32 = 0;
  let column = columns;
  for (let first = scratch; first < end; column += 16) {
    const own = columnOf(pieces, first);
    let next = first;
    while (next < end && columnOf(pieces, next) == own) next += END;
    // a vector that ends in the 0 before the first knot, then whole vectors
    knots += 16;
    const joined = join(pieces, first, next, open + ((count as usize) << 3), knots);
    const many = joined < 0 ? -1 - joined : joined;
    putSteps(pieces, count, first, next, knots, joined < 0, open);
    const whole = knots + (((many + 3) & ~3) << 2);
    for (let at = knots + (many << 2); at < whole; at += 4) store<f32>(at, Infinity);
    store<u32>(column, (own as u32) << 2);
    store<u32>(column, knots as u32, 4);
    store<u32>(column, whole as u32, 8);
    store<u32>(column, INTERVAL * intervals, 12);
    intervals += many + 1;
    knots = whole;
    first = next;
  }
  store<u32>(columns + (most << 4), ((column - columns) >> 4) as u32);
  store<u32>(columns + (most << 4), intervals, 4);
  return steps;
}
