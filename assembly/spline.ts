// Sums of piecewise-linear functions of single columns, looked up: what a linear layer on a piecewise-linear encoding is.
import { madd, panels, stride } from "./layout";

/**
 * out (rows, C) of two words each: where in its table column c of x (rows, n) is to look, in bytes, and how far (f32) it
 * lies beyond the last knot below it.
 *
 * @param columns (C) of four words: column in bytes; first knot; end of the knots, padded with +∞ to whole vectors; where
 * in the table the column begins, in bytes. Knots ascend; before the first stands a 0.
 */
export function locate(rows: i32, x: usize, n: i32, columns: usize, c: i32, out: usize): void {
  const step = (stride(n) as usize) << 2;
  const last = columns + ((c as usize) << 4);
  for (let row = 0; row < rows; row++) {
    for (let column = columns; column < last; column += 16) {
      const value = x + (load<u32>(column) as usize);
      const knots = load<u32>(column, 4) as usize;
      const end = load<u32>(column, 8) as usize;
      const values = v128.load32_splat(value);
      let below: usize = 0;
      for (let at = knots; at < end; at += 16) {
        below += popcnt<u32>(i32x4.bitmask(f32x4.ge(values, v128.load(at)))) as usize;
      }
      store<u32>(out, load<u32>(column, 12) + ((below << 7) as u32));
      store<f32>(out, load<f32>(value) - load<f32>(knots + (below << 2) - 4), 4);
      out += 8;
    }
    x += step;
  }
}

/**
 * y (rows, N) = bias + Σ_c V + t·S, with V and S from the table where `places` says, t how far beyond the knot.
 *
 * @param places (rows, C) as `locate` leaves them
 * @param table panels (N/16, intervals, 2, 16) of V and S; `size` bytes a panel
 */
export function spline(
  rows: i32, places: usize, c: i32, table: usize, size: usize, bias: usize, y: usize, n: i32,
): void {
  const yStride = (stride(n) as usize) << 2;
  for (let p = panels(n); p > 0; p--) {
    let place = places;
    let yi = y;
    for (let row = 0; row < rows; row++) {
      let a0 = v128.load(bias);
      let a1 = v128.load(bias, 16);
      let a2 = v128.load(bias, 32);
      let a3 = v128.load(bias, 48);
      for (const end = place + ((c as usize) << 3); place < end; place += 8) {
        const at = table + (load<u32>(place) as usize);
        const t = v128.load32_splat(place, 4);
        a0 = f32x4.add(a0, madd(t, v128.load(at, 64), v128.load(at)));
        a1 = f32x4.add(a1, madd(t, v128.load(at, 80), v128.load(at, 16)));
        a2 = f32x4.add(a2, madd(t, v128.load(at, 96), v128.load(at, 32)));
        a3 = f32x4.add(a3, madd(t, v128.load(at, 112), v128.load(at, 48)));
      }
      v128.store(yi, a0);
      v128.store(yi, a1, 16);
      v128.store(yi, a2, 32);
      v128.store(yi, a3, 48);
      yi += yStride;
    }
    table += size;
    bias += 64;
    y += 64;
  }
}
