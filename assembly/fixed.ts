// The linear layer in fixed point: 13-bit weights by output column, 13-bit activations by row, exact sums in 32 bits.
import { panels, stride } from "./layout";

/** Largest size of a quantised activation; the host holds weights to the same. */
const FIXED_MOST: i32 = 4095;

/** 1.5·2²³ as a float: adding it rounds to a whole number, which then stands in the low bits. */
const ROUNDER = memory.data<f32>([12582912, 12582912, 12582912, 12582912], 16);

/** i16 from one row of quantised activations to the next: whole vectors, the rest zero. */
// @ts-ignore: decorator
@inline
function fixedStride(k: i32): usize {
  return (((k + 7) & ~7) as usize) << 1;
}

/**
 * Packs W (N, K) of i16, row-major, into panels (N/16, ⌈K/2⌉, 16, 2); beyond N and K are zeros.
 *
 * @returns the largest sum that activations can make of a column: below 2³¹ none overflows
 */
export function packFixed(w: usize, n: i32, k: i32, packed: usize): f64 {
  let most: f64 = 0;
  for (let row = 0; row < panels(n) << 4; row++) {
    const from = w + (((row * k) as usize) << 1);
    const to = packed + ((((row >> 4) * ((k + 1) >> 1) * 16 + (row & 15)) as usize) << 2);
    let sum: f64 = 0;
    for (let i = 0; i < ((k + 1) & ~1); i++) {
      const value = row < n && i < k ? load<i16>(from + ((i as usize) << 1)) : 0;
      store<i16>(to + (((i >> 1) as usize) << 6) + (((i & 1) as usize) << 1), value);
      sum += abs(value as f64);
    }
    most = max(most, sum * (FIXED_MOST as f64));
  }
  return most;
}

/** Quantises x (K) by its largest size to ±FIXED_MOST; returns what one step is worth: NaN where any x is none. */
// @ts-ignore: decorator
@inline
function quantise(x: usize, k: i32, to: usize): f32 {
  let m0 = i64x2.splat(0);
  let m1 = m0;
  let none = m0;
  // Padding lanes of x hold zeros, and rows go on to whole panels.
  for (let i: usize = 0; i < (k as usize) << 2; i += 32) {
    const a = v128.load(x + i);
    const b = v128.load(x + i, 16);
    m0 = f32x4.pmax(m0, f32x4.abs(a));
    m1 = f32x4.pmax(m1, f32x4.abs(b));
    // pmax passes over what is no number
    none = v128.or(none, v128.or(f32x4.ne(a, a), f32x4.ne(b, b)));
  }
  m0 = f32x4.pmax(m0, m1);
  m0 = f32x4.pmax(m0, v128.shuffle<f32>(m0, m0, 2, 3, 0, 1));
  const most = max(f32x4.extract_lane(m0, 0), f32x4.extract_lane(m0, 1));
  const inverse = f32x4.splat(most > 0 ? (FIXED_MOST as f32) / most : 0);
  const rounder = v128.load(ROUNDER);
  // By the bounds, no activation is larger than assumed, be it infinite or no number.
  const high = i16x8.splat(FIXED_MOST as i16);
  const low = i16x8.splat(-FIXED_MOST as i16);
  for (let i: usize = 0; i < (k as usize) << 2; i += 32) {
    const a = i32x4.sub(f32x4.add(f32x4.mul(v128.load(x + i), inverse), rounder), rounder);
    const b = i32x4.sub(f32x4.add(f32x4.mul(v128.load(x + i, 16), inverse), rounder), rounder);
    v128.store(to + (i >> 1), i16x8.max_s(i16x8.min_s(i16x8.narrow_i32x4_s(a, b), high), low));
  }
  return v128.any_true(none) ? f32.NaN : most / (FIXED_MOST as f32);
}

/** Finishes one vector of outputs: (sum · step · column scale + bias) · factor + residual. */
// @ts-ignore: decorator
@inline
function finish(
  y: usize, offset: usize, sum: v128, step: v128, scales: usize, bias: usize, residual: usize, factor: v128,
): void {
  let value = f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(sum), step), v128.load(scales + offset));
  if (bias) value = f32x4.add(value, v128.load(bias + offset));
  value = f32x4.mul(value, factor);
  if (residual) value = f32x4.add(value, v128.load(residual + offset));
  v128.store(y + offset, value);
}

/** a + two products by lane: exact in 32 bits. */
// @ts-ignore: decorator
@inline
function dot(x: v128, w: v128, a: v128): v128 {
  return i32x4.add(i32x4.dot_i16x8_s(x, w), a);
}

/**
 * y (rows, N) = residual + factor · (x (rows, K) · Wᵀ + bias), W as `packFixed` leaves it, times `scales` (N, padded).
 *
 * `bias` and `residual` may be 0 for none; y may be the residual itself. The result does not depend on the order of
 * summation, so a row gives the same bits alone and in any batch.
 *
 * @param scratch (rows) steps of f32, padded to 64 bytes, then (rows, K) of i16, padded to whole vectors
 */
export function linearFixed(
  rows: i32, x: usize, k: i32, w: usize, scales: usize, bias: usize, y: usize, n: i32, residual: usize, factor: f32,
  scratch: usize,
): void {
  const xStride = (stride(k) as usize) << 2;
  const yStride = (stride(n) as usize) << 2;
  const qStride = fixedStride(k);
  const quantised = scratch + (((rows as usize) * 4 + 63) & ~63);
  const f = f32x4.splat(factor);
  for (let row: usize = 0; row < (rows as usize); row++) {
    store<f32>(scratch + (row << 2), quantise(x + row * xStride, k, quantised + row * qStride));
  }
  const size = (((k + 1) >> 1) as usize) << 6;
  for (let p = panels(n); p > 0; p--) {
    let q = quantised;
    let yi = y;
    let ri = residual;
    let row = 0;
    const end = w + size;
    for (; row + 2 <= rows; row += 2) {
      let a0 = i64x2.splat(0);
      let a1 = a0;
      let a2 = a0;
      let a3 = a0;
      let b0 = a0;
      let b1 = a0;
      let b2 = a0;
      let b3 = a0;
      let x1 = q;
      let x2 = q + qStride;
      // four steps written out, as in tiles.ts
      for (let at = w; at < end; ) {
        const i0 = v128.load32_splat(x1);
        const j0 = v128.load32_splat(x2);
        const p0 = v128.load(at);
        a0 = dot(i0, p0, a0);
        b0 = dot(j0, p0, b0);
        const q0 = v128.load(at, 16);
        a1 = dot(i0, q0, a1);
        b1 = dot(j0, q0, b1);
        const r0 = v128.load(at, 32);
        a2 = dot(i0, r0, a2);
        b2 = dot(j0, r0, b2);
        const s0 = v128.load(at, 48);
        a3 = dot(i0, s0, a3);
        b3 = dot(j0, s0, b3);
        at += 64;
        if (at == end) break;
        const i1 = v128.load32_splat(x1, 4);
        const j1 = v128.load32_splat(x2, 4);
        const p1 = v128.load(at);
        a0 = dot(i1, p1, a0);
        b0 = dot(j1, p1, b0);
        const q1 = v128.load(at, 16);
        a1 = dot(i1, q1, a1);
        b1 = dot(j1, q1, b1);
        const r1 = v128.load(at, 32);
        a2 = dot(i1, r1, a2);
        b2 = dot(j1, r1, b2);
        const s1 = v128.load(at, 48);
        a3 = dot(i1, s1, a3);
        b3 = dot(j1, s1, b3);
        at += 64;
        if (at == end) break;
        const i2 = v128.load32_splat(x1, 8);
        const j2 = v128.load32_splat(x2, 8);
        const p2 = v128.load(at);
        a0 = dot(i2, p2, a0);
        b0 = dot(j2, p2, b0);
        const q2 = v128.load(at, 16);
        a1 = dot(i2, q2, a1);
        b1 = dot(j2, q2, b1);
        const r2 = v128.load(at, 32);
        a2 = dot(i2, r2, a2);
        b2 = dot(j2, r2, b2);
        const s2 = v128.load(at, 48);
        a3 = dot(i2, s2, a3);
        b3 = dot(j2, s2, b3);
        at += 64;
        if (at == end) break;
        const i3 = v128.load32_splat(x1, 12);
        const j3 = v128.load32_splat(x2, 12);
        const p3 = v128.load(at);
        a0 = dot(i3, p3, a0);
        b0 = dot(j3, p3, b0);
        const q3 = v128.load(at, 16);
        a1 = dot(i3, q3, a1);
        b1 = dot(j3, q3, b1);
        const r3 = v128.load(at, 32);
        a2 = dot(i3, r3, a2);
        b2 = dot(j3, r3, b2);
        const s3 = v128.load(at, 48);
        a3 = dot(i3, s3, a3);
        b3 = dot(j3, s3, b3);
        at += 64;
        x1 += 16;
        x2 += 16;
      }
      const s1 = v128.load32_splat(scratch + ((row as usize) << 2));
      finish(yi, 0, a0, s1, scales, bias, ri, f);
      finish(yi, 16, a1, s1, scales, bias, ri, f);
      finish(yi, 32, a2, s1, scales, bias, ri, f);
      finish(yi, 48, a3, s1, scales, bias, ri, f);
      yi += yStride;
      if (ri) ri += yStride;
      const s2 = v128.load32_splat(scratch + ((row as usize) << 2), 4);
      finish(yi, 0, b0, s2, scales, bias, ri, f);
      finish(yi, 16, b1, s2, scales, bias, ri, f);
      finish(yi, 32, b2, s2, scales, bias, ri, f);
      finish(yi, 48, b3, s2, scales, bias, ri, f);
      yi += yStride;
      if (ri) ri += yStride;
      q += qStride << 1;
    }
    if (row < rows) {
      let a0 = i64x2.splat(0);
      let a1 = a0;
      let a2 = a0;
      let a3 = a0;
      for (let at = w; at < end; at += 64) {
        const xi = v128.load32_splat(q);
        a0 = dot(xi, v128.load(at), a0);
        a1 = dot(xi, v128.load(at, 16), a1);
        a2 = dot(xi, v128.load(at, 32), a2);
        a3 = dot(xi, v128.load(at, 48), a3);
        q += 4;
      }
      const step = v128.load32_splat(scratch + ((row as usize) << 2));
      finish(yi, 0, a0, step, scales, bias, ri, f);
      finish(yi, 16, a1, step, scales, bias, ri, f);
      finish(yi, 32, a2, step, scales, bias, ri, f);
      finish(yi, 48, a3, step, scales, bias, ri, f);
    }
    w = end;
    y += 64;
    scales += 64;
    if (bias) bias += 64;
    if (residual) residual += 64;
  }
}
