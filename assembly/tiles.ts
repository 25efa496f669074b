// Tiles of a matrix multiply: a few rows by a few vectors of outputs, whose sums stay in registers while K passes by.
//
// The two largest are written out for four steps of K. The pointers then move once in four steps, which counts most where
// every access is checked against the memory's size (workerd). Between the steps the end is looked for: without that, the
// compiler would draw the steps of each sum together, one behind the other, and run out of registers.
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
  const end = w + ((k as usize) << 6);
  while (w < end) {
    const i0 = v128.load32_splat(x);
    const j0 = v128.load32_splat(x2);
    const p0 = v128.load(w);
    a0 = madd(i0, p0, a0);
    b0 = madd(j0, p0, b0);
    const q0 = v128.load(w, 16);
    a1 = madd(i0, q0, a1);
    b1 = madd(j0, q0, b1);
    const r0 = v128.load(w, 32);
    a2 = madd(i0, r0, a2);
    b2 = madd(j0, r0, b2);
    const s0 = v128.load(w, 48);
    a3 = madd(i0, s0, a3);
    b3 = madd(j0, s0, b3);
    w += 64;
    if (w == end) break;
    const i1 = v128.load32_splat(x, 4);
    const j1 = v128.load32_splat(x2, 4);
    const p1 = v128.load(w);
    a0 = madd(i1, p1, a0);
    b0 = madd(j1, p1, b0);
    const q1 = v128.load(w, 16);
    a1 = madd(i1, q1, a1);
    b1 = madd(j1, q1, b1);
    const r1 = v128.load(w, 32);
    a2 = madd(i1, r1, a2);
    b2 = madd(j1, r1, b2);
    const s1 = v128.load(w, 48);
    a3 = madd(i1, s1, a3);
    b3 = madd(j1, s1, b3);
    w += 64;
    if (w == end) break;
    const i2 = v128.load32_splat(x, 8);
    const j2 = v128.load32_splat(x2, 8);
    const p2 = v128.load(w);
    a0 = madd(i2, p2, a0);
    b0 = madd(j2, p2, b0);
    const q2 = v128.load(w, 16);
    a1 = madd(i2, q2, a1);
    b1 = madd(j2, q2, b1);
    const r2 = v128.load(w, 32);
    a2 = madd(i2, r2, a2);
    b2 = madd(j2, r2, b2);
    const s2 = v128.load(w, 48);
    a3 = madd(i2, s2, a3);
    b3 = madd(j2, s2, b3);
    w += 64;
    if (w == end) break;
    const i3 = v128.load32_splat(x, 12);
    const j3 = v128.load32_splat(x2, 12);
    const p3 = v128.load(w);
    a0 = madd(i3, p3, a0);
    b0 = madd(j3, p3, b0);
    const q3 = v128.load(w, 16);
    a1 = madd(i3, q3, a1);
    b1 = madd(j3, q3, b1);
    const r3 = v128.load(w, 32);
    a2 = madd(i3, r3, a2);
    b2 = madd(j3, r3, b2);
    const s3 = v128.load(w, 48);
    a3 = madd(i3, s3, a3);
    b3 = madd(j3, s3, b3);
    w += 64;
    x += 16;
    x2 += 16;
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
  const end = w + ((k as usize) << 6);
  while (w < end) {
    const p0 = v128.load(w);
    const q0 = v128.load(w, 16);
    const a0x = v128.load32_splat(x);
    a0 = madd(a0x, p0, a0);
    a1 = madd(a0x, q0, a1);
    const b0x = v128.load32_splat(x2);
    b0 = madd(b0x, p0, b0);
    b1 = madd(b0x, q0, b1);
    const c0x = v128.load32_splat(x3);
    c0 = madd(c0x, p0, c0);
    c1 = madd(c0x, q0, c1);
    const d0x = v128.load32_splat(x4);
    d0 = madd(d0x, p0, d0);
    d1 = madd(d0x, q0, d1);
    const e0x = v128.load32_splat(x5);
    e0 = madd(e0x, p0, e0);
    e1 = madd(e0x, q0, e1);
    const f0x = v128.load32_splat(x6);
    f0 = madd(f0x, p0, f0);
    f1 = madd(f0x, q0, f1);
    w += 64;
    if (w == end) break;
    const p1 = v128.load(w);
    const q1 = v128.load(w, 16);
    const a1x = v128.load32_splat(x, 4);
    a0 = madd(a1x, p1, a0);
    a1 = madd(a1x, q1, a1);
    const b1x = v128.load32_splat(x2, 4);
    b0 = madd(b1x, p1, b0);
    b1 = madd(b1x, q1, b1);
    const c1x = v128.load32_splat(x3, 4);
    c0 = madd(c1x, p1, c0);
    c1 = madd(c1x, q1, c1);
    const d1x = v128.load32_splat(x4, 4);
    d0 = madd(d1x, p1, d0);
    d1 = madd(d1x, q1, d1);
    const e1x = v128.load32_splat(x5, 4);
    e0 = madd(e1x, p1, e0);
    e1 = madd(e1x, q1, e1);
    const f1x = v128.load32_splat(x6, 4);
    f0 = madd(f1x, p1, f0);
    f1 = madd(f1x, q1, f1);
    w += 64;
    if (w == end) break;
    const p2 = v128.load(w);
    const q2 = v128.load(w, 16);
    const a2x = v128.load32_splat(x, 8);
    a0 = madd(a2x, p2, a0);
    a1 = madd(a2x, q2, a1);
    const b2x = v128.load32_splat(x2, 8);
    b0 = madd(b2x, p2, b0);
    b1 = madd(b2x, q2, b1);
    const c2x = v128.load32_splat(x3, 8);
    c0 = madd(c2x, p2, c0);
    c1 = madd(c2x, q2, c1);
    const d2x = v128.load32_splat(x4, 8);
    d0 = madd(d2x, p2, d0);
    d1 = madd(d2x, q2, d1);
    const e2x = v128.load32_splat(x5, 8);
    e0 = madd(e2x, p2, e0);
    e1 = madd(e2x, q2, e1);
    const f2x = v128.load32_splat(x6, 8);
    f0 = madd(f2x, p2, f0);
    f1 = madd(f2x, q2, f1);
    w += 64;
    if (w == end) break;
    const p3 = v128.load(w);
    const q3 = v128.load(w, 16);
    const a3x = v128.load32_splat(x, 12);
    a0 = madd(a3x, p3, a0);
    a1 = madd(a3x, q3, a1);
    const b3x = v128.load32_splat(x2, 12);
    b0 = madd(b3x, p3, b0);
    b1 = madd(b3x, q3, b1);
    const c3x = v128.load32_splat(x3, 12);
    c0 = madd(c3x, p3, c0);
    c1 = madd(c3x, q3, c1);
    const d3x = v128.load32_splat(x4, 12);
    d0 = madd(d3x, p3, d0);
    d1 = madd(d3x, q3, d1);
    const e3x = v128.load32_splat(x5, 12);
    e0 = madd(e3x, p3, e0);
    e1 = madd(e3x, q3, e1);
    const f3x = v128.load32_splat(x6, 12);
    f0 = madd(f3x, p3, f0);
    f1 = madd(f3x, q3, f1);
    w += 64;
    x += 16;
    x2 += 16;
    x3 += 16;
    x4 += 16;
    x5 += 16;
    x6 += 16;
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
