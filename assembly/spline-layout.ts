// Works out the tables of `spline`: from a layer's weights, step by step, the value and slope of every interval.

/** Bytes of a step: what it does, the piece, and two numbers, f64 each. */
const STEP: usize = 32;

// What a step does: adds to one of three pairs of sums, or one of these.
const FEW: i32 = 3;
const ALL: i32 = 4;
const COLUMN: i32 = 5;

/** Three pairs of sums for 16 outputs, f64: what has risen and the offset; slope and shift; value and slope of few pieces. */
const SUMS = memory.data(768, 16);
const OFFSET: usize = 128;
const SLOPE: usize = 256;
const SHIFT: usize = 384;
const VALUE: usize = 512;
const FEW_SLOPE: usize = 640;

/**
 * Fills the table of a layer and adds to its bias (N padded to panels, f32).
 *
 * Steps 0 to 2 add a·w and b·w of a piece's weights w to a pair of sums. The others write an interval: of few pieces
 * (value and slope as summed) or of all that rise (from slope and shift, at a); or begin a column at its first interval.
 *
 * @param w packed (N/16, K, 16)
 * @param table panels of `size` bytes, zeroed
 */
export function tabulate(
  steps: usize, end: usize, w: usize, k: i32, bias: usize, n: i32, table: usize, size: usize,
): void {
  for (let panel = 0; panel < n; panel += 16) {
    memory.fill(SUMS, 0, 768);
    let to = table - 128;
    for (let step = steps; step < end; step += STEP) {
      const kind = load<f64>(step) as i32;
      const a = f64x2.splat(load<f64>(step, 16));
      if (kind < FEW) {
        const b = f64x2.splat(load<f64>(step, 24));
        const both = load<f64>(step, 24) != 0;
        const weights = w + ((load<f64>(step, 8) as usize) << 6);
        const sums = SUMS + ((kind as usize) << 8);
        for (let i: usize = 0; i < 128; i += 16) {
          const pair = f64x2.promote_low_f32x4(v128.load64_zero(weights + (i >> 1)));
          v128.store(sums + i, f64x2.add(v128.load(sums + i), f64x2.mul(a, pair)));
          if (both) v128.store(sums + i, f64x2.add(v128.load(sums + i, 128), f64x2.mul(b, pair)), 128);
        }
      } else {
        to += 128;
        for (let i: usize = 0; i < 128; i += 16) {
          const sums = SUMS + i;
          let value = f64x2.splat(0);
          let slope = value;
          if (kind != COLUMN) value = f64x2.add(v128.load(sums), v128.load(sums, VALUE));
          if (kind == FEW) slope = v128.load(sums, FEW_SLOPE);
          if (kind == ALL) {
            slope = v128.load(sums, SLOPE);
            value = f64x2.sub(f64x2.add(value, f64x2.mul(slope, a)), v128.load(sums, SHIFT));
          }
          v128.store64_lane(to + (i >> 1), f32x4.demote_f64x2_zero(value), 0);
          v128.store64_lane(to + (i >> 1), f32x4.demote_f64x2_zero(slope), 0, 64);
          v128.store(sums, f64x2.splat(0), VALUE);
          v128.store(sums, f64x2.splat(0), FEW_SLOPE);
          if (kind == COLUMN) {
            v128.store(sums, f64x2.splat(0));
            v128.store(sums, f64x2.splat(0), SLOPE);
            v128.store(sums, f64x2.splat(0), SHIFT);
          }
        }
      }
    }
    for (let i: usize = 0; i < 128; i += 8) {
      const place = bias + (i >> 1);
      store<f32>(place, ((load<f32>(place) as f64) + load<f64>(SUMS + i, OFFSET)) as f32);
    }
    w += (k as usize) << 6;
    bias += 64;
    table += size;
  }
}
