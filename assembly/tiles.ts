// Tiles of a matrix multiply: a few rows by a few vectors of outputs, whose sums stay in registers while K passes by.
import { madd } from "./layout";

/** Finishes one vector of outputs: scale, residual, store. */
// @ts-ignore: decorator
@inline
export function finish(y: usize, offset: usize, sum: v128, residual: usize, scale: v128): void {
  sum = f32x4.mul(sum, scale);
  if (residual) sum = f32x4.add(sum, v128.load(residual + offset));
  v128.store(y + offset, sum);
}

/** Two rows against one panel: eight sums, four weight vectors shared by both rows. */
// @ts-ignore: decorator
@inline
export function twoRows(
  x: usize,
  xStride: usize,
  k: i32,
  w: usize,
  bias: usize,
  y: usize,
  yStride: usize,
  residual: usize,
  scale: v128,
): void {
  let a0 = bias ? v128.load(bias) : i64x2.splat(0);
  let a1 = bias ? v128.load(bias, 16) : i64x2.splat(0);
  let a2 = bias ? v128.load(bias, 32) : i64x2.splat(0);
  let a3 = bias ? v128.load(bias, 48) : i64x2.splat(0);
  let b0 = a0;
  let b1 = a1;
  let b2 = a2;
  let b3 = a3;
  let x2 = x + xStride;
  for (const end = w + ((k as usize) << 6); w < end; ) {
    const w0 = v128.load(w);
    const w1 = v128.load(w, 16);
    const w2 = v128.load(w, 32);
    const w3 = v128.load(w, 48);
    const xi = v128.load32_splat(x);
    a0 = madd(xi, w0, a0);
    a1 = madd(xi, w1, a1);
    a2 = madd(xi, w2, a2);
    a3 = madd(xi, w3, a3);
    const xj = v128.load32_splat(x2);
    b0 = madd(xj, w0, b0);
    b1 = madd(xj, w1, b1);
    b2 = madd(xj, w2, b2);
    b3 = madd(xj, w3, b3);
    x += 4;
    x2 += 4;
    w += 64;
  }
  finish(y, 0, a0, residual, scale);
  finish(y, 16, a1, residual, scale);
  finish(y, 32, a2, residual, scale);
  finish(y, 48, a3, residual, scale);
  y += yStride;
  if (residual) residual += yStride;
  finish(y, 0, b0, residual, scale);
  finish(y, 16, b1, residual, scale);
  finish(y, 32, b2, residual, scale);
  finish(y, 48, b3, residual, scale);
}

/**
 * Six rows against half a panel: twelve sums, two weight vectors shared by all rows. Only where a multiplication and its
 * addition are one instruction; as two, their intermediate results do not fit into the registers beside the sums.
 */
// @ts-ignore: decorator
@inline
export function sixRows(
  x: usize,
  xStride: usize,
  k: i32,
  w: usize,
  bias: usize,
  y: usize,
  yStride: usize,
  residual: usize,
  scale: v128,
): void {
  let a0 = bias ? v128.load(bias) : i64x2.splat(0);
  let a1 = bias ? v128.load(bias, 16) : i64x2.splat(0);
  let b0 = a0;
  let b1 = a1;
  let c0 = a0;
  let c1 = a1;
  let d0 = a0;
  let d1 = a1;
  let e0 = a0;
  let e1 = a1;
  let f0 = a0;
  let f1 = a1;
  let x2 = x + xStride;
  let x3 = x2 + xStride;
  let x4 = x3 + xStride;
  let x5 = x4 + xStride;
  let x6 = x5 + xStride;
  for (const end = w + ((k as usize) << 6); w < end; ) {
    const w0 = v128.load(w);
    const w1 = v128.load(w, 16);
    const a = v128.load32_splat(x);
    a0 = madd(a, w0, a0);
    a1 = madd(a, w1, a1);
    const b = v128.load32_splat(x2);
    b0 = madd(b, w0, b0);
    b1 = madd(b, w1, b1);
    const c = v128.load32_splat(x3);
    c0 = madd(c, w0, c0);
    c1 = madd(c, w1, c1);
    const d = v128.load32_splat(x4);
    d0 = madd(d, w0, d0);
    d1 = madd(d, w1, d1);
    const e = v128.load32_splat(x5);
    e0 = madd(e, w0, e0);
    e1 = madd(e, w1, e1);
    const f = v128.load32_splat(x6);
    f0 = madd(f, w0, f0);
    f1 = madd(f, w1, f1);
    x += 4;
    x2 += 4;
    x3 += 4;
    x4 += 4;
    x5 += 4;
    x6 += 4;
    w += 64;
  }
  finish(y, 0, a0, residual, scale);
  finish(y, 16, a1, residual, scale);
  y += yStride;
  if (residual) residual += yStride;
  finish(y, 0, b0, residual, scale);
  finish(y, 16, b1, residual, scale);
  y += yStride;
  if (residual) residual += yStride;
  finish(y, 0, c0, residual, scale);
  finish(y, 16, c1, residual, scale);
  y += yStride;
  if (residual) residual += yStride;
  finish(y, 0, d0, residual, scale);
  finish(y, 16, d1, residual, scale);
  y += yStride;
  if (residual) residual += yStride;
  finish(y, 0, e0, residual, scale);
  finish(y, 16, e1, residual, scale);
  y += yStride;
  if (residual) residual += yStride;
  finish(y, 0, f0, residual, scale);
  finish(y, 16, f1, residual, scale);
}

/**
 * Four outputs of many rows, four rows at a time: the end of a matrix that does not fill a panel. Lanes beyond N are zero
 * and stay so.
 */
// @ts-ignore: decorator
@inline
export function fourColumns(
  rows: i32,
  x: usize,
  xStride: usize,
  k: i32,
  w: usize,
  bias: usize,
  y: usize,
  yStride: usize,
  residual: usize,
  scale: v128,
): void {
  const start = bias ? v128.load(bias) : i64x2.splat(0);
  const end = w + ((k as usize) << 6);
  for (let row = 0; row < rows; row += 4) {
    let a = start;
    let b = start;
    let c = start;
    let d = start;
    // Beyond the last row the last one is computed again.
    const last = (rows - row - 1) as usize;
    const second = min<usize>(1, last);
    const third = min<usize>(2, last);
    const fourth = min<usize>(3, last);
    let x1 = x;
    let x2 = x + second * xStride;
    let x3 = x + third * xStride;
    let x4 = x + fourth * xStride;
    for (let at = w; at < end; at += 64) {
      const v = v128.load(at);
      a = madd(v128.load32_splat(x1), v, a);
      b = madd(v128.load32_splat(x2), v, b);
      c = madd(v128.load32_splat(x3), v, c);
      d = madd(v128.load32_splat(x4), v, d);
      x1 += 4;
      x2 += 4;
      x3 += 4;
      x4 += 4;
    }
    finish(y, 0, a, residual, scale);
    if (last > 0) finish(y, yStride, b, residual, scale);
    if (last > 1) finish(y, 2 * yStride, c, residual, scale);
    if (last > 2) finish(y, 3 * yStride, d, residual, scale);
    x += xStride << 2;
    y += yStride << 2;
    if (residual) residual += yStride << 2;
  }
}
