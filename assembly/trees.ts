// The inner loops of growing boosted trees: histograms of derivatives and the best split in them, in double precision.

/** Bytes of a bin of a histogram: summed slopes, summed curvatures and rows (f64 each), 8 unused. */
export const HISTOGRAM_BIN: i32 = 32;

/** Added to every curvature that is divided by. */
const LEAST: f64 = 1e-15;

/** out (count) = the (slope, curvature) pairs, f64, of the rows `order` (count). */
export function gatherPairs(count: i32, order: usize, pairs: usize, out: usize): void {
  for (const end = order + ((count as usize) << 2); order < end; order += 4) {
    v128.store(out, v128.load(pairs + ((load<u32>(order) as usize) << 4)));
    out += 16;
  }
}

/** Adds a row's derivatives to its bin. */
// @ts-ignore: decorator
@inline
function count(histogram: usize, bin: u32, pair: v128): void {
  const at = histogram + ((bin as usize) << 5);
  v128.store(at, f64x2.add(v128.load(at), pair));
  store<f64>(at, load<f64>(at, 16) + 1, 16);
}

/**
 * Histograms of some columns over the rows `order` (rows), in that order, whatever else is done at once: two columns are
 * filled side by side, as rows in a row often fall into one bin and would wait for each other.
 *
 * @param pairs (rows) of (slope, curvature), gathered in the order of `order`
 * @param columns (many) the columns, u32
 * @param bins (columns, apart) one byte each
 * @param starts per column, where its bins start in a histogram (in bins, u32), and where the last one's end
 */
export function histograms(
  rows: i32,
  order: usize,
  pairs: usize,
  columns: usize,
  many: i32,
  bins: usize,
  apart: i32,
  starts: usize,
  histogram: usize,
): void {
  for (let i = 0; i < many; i += 2) {
    const a = load<u32>(columns + ((i as usize) << 2)) as usize;
    const b = load<u32>(columns + ((min(i + 1, many - 1) as usize) << 2)) as usize;
    const binsA = bins + a * (apart as usize);
    const binsB = bins + b * (apart as usize);
    const intoA = cleared(histogram, starts + (a << 2));
    const intoB = cleared(histogram, starts + (b << 2));
    let pair = pairs;
    let row = order;
    const end = order + ((rows as usize) << 2);
    if (a == b) {
      for (; row < end; row += 4) {
        count(intoA, load<u8>(binsA + (load<u32>(row) as usize)), v128.load(pair));
        pair += 16;
      }
    } else {
      for (; row < end; row += 4) {
        const at = load<u32>(row) as usize;
        const derivatives = v128.load(pair);
        count(intoA, load<u8>(binsA + at), derivatives);
        count(intoB, load<u8>(binsB + at), derivatives);
        pair += 16;
      }
    }
  }
}

/** A column's part of a histogram, filled with zeros. */
function cleared(histogram: usize, start: usize): usize {
  const at = histogram + ((load<u32>(start) as usize) << 5);
  memory.fill(at, 0, ((load<u32>(start, 4) - load<u32>(start)) as usize) << 5);
  return at;
}

/** rest −= part in some columns of two histograms. */
export function subtractHistogram(columns: usize, many: i32, starts: usize, part: usize, rest: usize): void {
  for (let i: usize = 0; i < (many as usize) << 2; i += 4) {
    const start = starts + ((load<u32>(columns + i) as usize) << 2);
    const end = (load<u32>(start, 4) as usize) << 5;
    for (let at = (load<u32>(start) as usize) << 5; at < end; at += 16) {
      v128.store(rest + at, f64x2.sub(v128.load(rest + at), v128.load(part + at)));
    }
  }
}

/**
 * The split with the largest gain G²/(H + l2) of both sides over that of the leaf itself, if it is more than 0.
 * Writes to `best`: gain, slope, curvature and rows of the low side (f64 each), column and bin (u32 each); a gain of 0
 * means that there is none.
 *
 * @param leastRows fewest rows of a side
 * @param leastCurve least curvature of a side
 * @param risingFrom from this column on, the high side must not say less than the low one
 */
export function bestSplit(
  columns: usize,
  many: i32,
  starts: usize,
  histogram: usize,
  rows: f64,
  slope: f64,
  curve: f64,
  leastRows: f64,
  leastCurve: f64,
  l2: f64,
  risingFrom: u32,
  best: usize,
): void {
  const whole = slope * (slope / (curve + l2 + LEAST));
  let most: f64 = 0;
  store<f64>(best, 0);
  for (let i: usize = 0; i < (many as usize) << 2; i += 4) {
    const column = load<u32>(columns + i);
    const start = starts + ((column as usize) << 2);
    const from = histogram + ((load<u32>(start) as usize) << 5);
    const last = histogram + ((load<u32>(start, 4) as usize) << 5) - HISTOGRAM_BIN;
    let lowSlope: f64 = 0;
    let lowCurve: f64 = 0;
    let lowRows: f64 = 0;
    for (let at = from; at < last; at += HISTOGRAM_BIN) {
      lowSlope += load<f64>(at);
      lowCurve += load<f64>(at, 8);
      lowRows += load<f64>(at, 16);
      if (lowRows < leastRows || lowCurve < leastCurve) continue;
      const highCurve = curve - lowCurve;
      if (rows - lowRows < leastRows || highCurve < leastCurve) break;
      const highSlope = slope - lowSlope;
      const lowStep = lowSlope / (lowCurve + l2 + LEAST);
      const highStep = highSlope / (highCurve + l2 + LEAST);
      const gain = lowSlope * lowStep + highSlope * highStep - whole;
      // leaves say the steps' opposite
      if (gain <= most || (column >= risingFrom && highStep > lowStep)) continue;
      most = gain;
      store<f64>(best, gain);
      store<f64>(best, lowSlope, 8);
      store<f64>(best, lowCurve, 16);
      store<f64>(best, lowRows, 24);
      store<u32>(best, column, 32);
      store<u32>(best, ((at - from) >> 5) as u32, 36);
    }
  }
}

/**
 * Parts the rows `order` (rows) by their bins of one column: those up to `bin` first, both parts in the order they had.
 *
 * @param scratch (rows) u32
 * @returns how many go first
 */
export function partRows(rows: i32, order: usize, bins: usize, bin: u32, scratch: usize): i32 {
  let low = order;
  let high = scratch;
  for (const end = order + ((rows as usize) << 2); order < end; order += 4) {
    const row = load<u32>(order);
    const goesLow = load<u8>(bins + (row as usize)) <= bin;
    // Both places are written, one of them moves on: which side a row goes to cannot be foretold.
    store<u32>(low, row);
    store<u32>(high, row);
    low += (goesLow as usize) << 2;
    high += (!goesLow as usize) << 2;
  }
  memory.copy(low, scratch, high - scratch);
  return ((rows as usize) - ((high - scratch) >> 2)) as i32;
}

/** out (rows): how many of the ascending `edges` (count) are less than the value (f32) of every row. */
export function binValues(rows: i32, values: usize, edges: usize, count: i32, out: usize): void {
  for (const end = out + (rows as usize); out < end; out++) {
    const value = load<f32>(values) as f64;
    let low: usize = edges;
    let left = count;
    while (left > 0) {
      const half = left >> 1;
      const beyond = load<f64>(low + ((half as usize) << 3)) < value;
      low = select<usize>(low + (((half + 1) as usize) << 3), low, beyond);
      left = select<i32>(left - half - 1, half, beyond);
    }
    store<u8>(out, ((low - edges) >> 3) as u8);
    values += 4;
  }
}
