// Sums of piecewise-linear functions of single columns, looked up.
import { stride } from "./layout";

/**
 * out (rows) = Σ_c V + t·S over C columns of x (rows, n): V and S of the interval that the column's value lies in, t how
 * far it lies beyond the last knot below it.
 *
 * @param columns (C) of four words: column in bytes; first knot; end of the knots, padded with +∞ to whole vectors; V and S
 * (f32) of the interval before the first knot, and of those behind each. Knots ascend; before the first stands a 0.
 */
export function tails(rows: i32, x: usize, n: i32, columns: usize, c: i32, out: usize): void {
  const step = (stride(n) as usize) << 2;
  const last = columns + ((c as usize) << 4);
  for (const end = out + ((rows as usize) << 2); out < end; out += 4) {
    let sum: f64 = 0;
    for (let column = columns; column < last; column += 16) {
      const value = x + (load<u32>(column) as usize);
      const knots = load<u32>(column, 4) as usize;
      const stop = load<u32>(column, 8) as usize;
      const values = v128.load32_splat(value);
      let below: usize = 0;
      for (let at = knots; at < stop; at += 16) {
        below += popcnt<u32>(i32x4.bitmask(f32x4.ge(values, v128.load(at)))) as usize;
      }
      const beyond = load<f32>(value) - load<f32>(knots + (below << 2) - 4);
      const interval = (load<u32>(column, 12) as usize) + (below << 3);
      sum += (load<f32>(interval) as f64) + (beyond as f64) * (load<f32>(interval, 4) as f64);
    }
    store<f32>(out, sum as f32);
    x += step;
  }
}
