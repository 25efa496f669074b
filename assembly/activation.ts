// GELU and LayerNorm, alone and fused, forward and backward to their input.
import { laneSum, madd, stride } from "./layout";

const LAYER_NORM_EPSILON: f64 = 1e-5;

// Constants are kept in memory, four lanes each: a v128 literal in a hot loop is rebuilt at every use.
// A first row of ones, a second of halves.
const ONES = memory.data<f32>([1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5], 16);

/** 6.5, then p of `geluOf` from the highest power down; largest error of gelu 3e-7, 6e-7 with rounding in f32. */
// oxfmt-ignore
const TAIL = memory.data<f32>([
  6.5, 6.5, 6.5, 6.5,
  7.06163519e-6, 7.06163519e-6, 7.06163519e-6, 7.06163519e-6,
  3.89917914e-5, 3.89917914e-5, 3.89917914e-5, 3.89917914e-5,
  7.7451441e-5, 7.7451441e-5, 7.7451441e-5, 7.7451441e-5,
  0.00336742657, 0.00336742657, 0.00336742657, 0.00336742657,
  0.0221156813, 0.0221156813, 0.0221156813, 0.0221156813,
  0.0520635359, 0.0520635359, 0.0520635359, 0.0520635359,
  1.04427481, 1.04427481, 1.04427481, 1.04427481,
], 16);

/** d/dx x·Φ(x) on |x| ≤ 5.4, largest error 1.8e-6; ±5.4, then P and Q of `rational` from the highest power down. */
// oxfmt-ignore
const SLOPE = memory.data<f32>([
  5.4, 5.4, 5.4, 5.4, -5.4, -5.4, -5.4, -5.4,
  2.26361657e-5, 2.26361657e-5, 2.26361657e-5, 2.26361657e-5,
  0.000275640934, 0.000275640934, 0.000275640934, 0.000275640934,
  0.0128428223, 0.0128428223, 0.0128428223, 0.0128428223,
  -0.0190635078, -0.0190635078, -0.0190635078, -0.0190635078,
  0.797874499, 0.797874499, 0.797874499, 0.797874499,
  2.73401658e-6, 2.73401658e-6, 2.73401658e-6, 2.73401658e-6,
  0.000240816106, 0.000240816106, 0.000240816106, 0.000240816106,
  0.00369460584, 0.00369460584, 0.00369460584, 0.00369460584,
  0.044381628, 0.044381628, 0.044381628, 0.044381628,
  0.309354659, 0.309354659, 0.309354659, 0.309354659,
], 16);

/** ½ + c·P(c²)/Q(c²) of four lanes, c = x clamped, P and Q of degree 4 and 5 from a table. */
// @ts-ignore: decorator
@inline
function rational(table: usize, x: v128): v128 {
  const c = f32x4.pmax(f32x4.pmin(x, v128.load(table)), v128.load(table, 16));
  const t = f32x4.mul(c, c);
  let p = madd(v128.load(table, 32), t, v128.load(table, 48));
  let q = madd(v128.load(table, 112), t, v128.load(table, 128));
  p = madd(p, t, v128.load(table, 64));
  q = madd(q, t, v128.load(table, 144));
  p = madd(p, t, v128.load(table, 80));
  q = madd(q, t, v128.load(table, 160));
  p = madd(p, t, v128.load(table, 96));
  q = madd(q, t, v128.load(table, 176));
  q = madd(q, t, v128.load(ONES));
  return madd(c, f32x4.div(p, q), v128.load(ONES, 16));
}

/**
 * x·Φ(x) of four lanes, as max(x, 0) − a/p(a)¹⁶ with a = min(|x|, 6.5): what the tail of Φ takes away, in the form of
 * Abramowitz and Stegun 7.1.28, fitted anew to x·Φ(x). Beyond 6.5 it is below 1e-9, and would slow down as a subnormal.
 */
// @ts-ignore: decorator
@inline
function geluOf(x: v128): v128 {
  const a = f32x4.pmin(f32x4.abs(x), v128.load(TAIL));
  const t = f32x4.mul(a, a);
  let even = madd(v128.load(TAIL, 16), t, v128.load(TAIL, 48));
  let odd = madd(v128.load(TAIL, 32), t, v128.load(TAIL, 64));
  even = madd(even, t, v128.load(TAIL, 80));
  odd = madd(odd, t, v128.load(TAIL, 96));
  even = madd(even, t, v128.load(TAIL, 112));
  let p = madd(odd, a, even);
  p = f32x4.mul(p, p);
  p = f32x4.mul(p, p);
  p = f32x4.mul(p, p);
  p = f32x4.mul(p, p);
  return f32x4.sub(f32x4.pmax(i64x2.splat(0), x), f32x4.div(a, p));
}

/** y (rows, n) = gelu(x), the exact form x·Φ(x); y may be x. */
export function gelu(rows: i32, x: usize, n: i32, y: usize): void {
  const step = (stride(n) as usize) << 2;
  for (let row = 0; row < rows; row++) {
    for (let i: usize = 0; i < (n as usize) << 2; i += 16) v128.store(y + i, geluOf(v128.load(x + i)));
    x += step;
    y += step;
  }
}

/** dx (rows, n) = dy · gelu′(x); dx may be dy. */
export function geluBackward(rows: i32, x: usize, n: i32, dy: usize, dx: usize): void {
  const step = (stride(n) as usize) << 2;
  for (let row = 0; row < rows; row++) {
    for (let i: usize = 0; i < (n as usize) << 2; i += 16) {
      v128.store(dx + i, f32x4.mul(v128.load(dy + i), rational(SLOPE, v128.load(x + i))));
    }
    x += step;
    dy += step;
    dx += step;
  }
}

/** Mean and 1/√(var + 1e-5) of a row x (n), in the first two lanes. */
function moments(x: usize, n: i32): v128 {
  // One pass: sums of d = x − x₀ and of d², several at once, so that no addition waits for the one before.
  const wide = ((n as usize) << 2) & ~63;
  const shift = v128.load32_splat(x);
  let s0 = i64x2.splat(0);
  let s1 = i64x2.splat(0);
  let s2 = i64x2.splat(0);
  let s3 = i64x2.splat(0);
  let q0 = i64x2.splat(0);
  let q1 = i64x2.splat(0);
  let q2 = i64x2.splat(0);
  let q3 = i64x2.splat(0);
  let i: usize = 0;
  for (; i < wide; i += 64) {
    const d0 = f32x4.sub(v128.load(x + i), shift);
    const d1 = f32x4.sub(v128.load(x + i, 16), shift);
    const d2 = f32x4.sub(v128.load(x + i, 32), shift);
    const d3 = f32x4.sub(v128.load(x + i, 48), shift);
    s0 = f32x4.add(s0, d0);
    s1 = f32x4.add(s1, d1);
    s2 = f32x4.add(s2, d2);
    s3 = f32x4.add(s3, d3);
    q0 = madd(d0, d0, q0);
    q1 = madd(d1, d1, q1);
    q2 = madd(d2, d2, q2);
    q3 = madd(d3, d3, q3);
  }
  let sum = laneSum(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3))) as f64;
  let squares = laneSum(f32x4.add(f32x4.add(q0, q1), f32x4.add(q2, q3))) as f64;
  for (; i < (n as usize) << 2; i += 4) {
    const d = (load<f32>(x + i) as f64) - (load<f32>(x) as f64);
    sum += d;
    squares += d * d;
  }
  const offset = sum / (n as f64);
  const variance = max<f64>(0, squares / (n as f64) - offset * offset);
  const mean = f32x4.splat(((load<f32>(x) as f64) + offset) as f32);
  // Infinite where squares overflow: ∞ − ∞ is no number, and neither may the score be one.
  const scale = 1 / sqrt(variance + LAYER_NORM_EPSILON) + (variance - variance);
  return f32x4.replace_lane(mean, 1, scale as f32);
}

/**
 * y (rows, n) = gelu(u), u = (x − mean)/√(var + 1e-5)·γ + β, which is kept where `u` is not 0.
 * Mean and 1/√(var + 1e-5) of each row go to `stats` (rows, 2) where it is not 0.
 */
export function layerNorm(
  rows: i32,
  x: usize,
  n: i32,
  gamma: usize,
  beta: usize,
  u: usize,
  y: usize,
  stats: usize,
): void {
  const step = (stride(n) as usize) << 2;
  const end = (n as usize) << 2;
  let next = moments(x, n);
  for (let row = 1; row <= rows; row++) {
    const centre = v128.shuffle<f32>(next, next, 0, 0, 0, 0);
    const scale = v128.shuffle<f32>(next, next, 1, 1, 1, 1);
    if (stats) {
      v128.store_lane<u64>(stats, next, 0);
      stats += 8;
    }
    // Those of the next row are there by the time this one is done: it takes long to take a root and to divide by it.
    if (row < rows) next = moments(x + step, n);
    // γ and β are zero in padding lanes, so the padding stays zero.
    for (let i: usize = 0; i < end; i += 16) {
      const v = f32x4.mul(f32x4.sub(v128.load(x + i), centre), scale);
      const w = madd(v, v128.load(gamma + i), v128.load(beta + i));
      if (u) v128.store(u + i, w);
      v128.store(y + i, geluOf(w));
    }
    y += step;
    x += step;
    if (u) u += step;
  }
}

/**
 * Backward of LayerNorm to its input: from du (rows, n) to dx, added where `add` is set, else stored.
 * `x` and `stats` are those of the forward pass.
 */
export function layerNormBackward(
  rows: i32,
  x: usize,
  n: i32,
  gamma: usize,
  stats: usize,
  du: usize,
  dx: usize,
  add: i32,
): void {
  const step = (stride(n) as usize) << 2;
  const end = (n as usize) << 2;
  const share: f32 = 1 / (n as f32);
  for (let row = 0; row < rows; row++) {
    const centre = v128.load32_splat(stats);
    const scale = v128.load32_splat(stats, 4);
    let sum = i64x2.splat(0);
    let dot = i64x2.splat(0);
    for (let i: usize = 0; i < end; i += 16) {
      const d = v128.load(du + i);
      const normal = f32x4.mul(f32x4.sub(v128.load(x + i), centre), scale);
      const g = f32x4.mul(d, v128.load(gamma + i));
      sum = f32x4.add(sum, g);
      dot = madd(g, normal, dot);
    }
    const meanG = f32x4.splat(laneSum(sum) * share);
    const meanDot = f32x4.splat(laneSum(dot) * share);
    for (let i: usize = 0; i < end; i += 16) {
      const normal = f32x4.mul(f32x4.sub(v128.load(x + i), centre), scale);
      const g = f32x4.mul(v128.load(du + i), v128.load(gamma + i));
      let d = f32x4.mul(scale, f32x4.sub(f32x4.sub(g, meanG), f32x4.mul(normal, meanDot)));
      if (add) d = f32x4.add(d, v128.load(dx + i));
      v128.store(dx + i, d);
    }
    // The last vector may reach into padding, where xhat is not zero: put the zeros back.
    for (let i = n; i & 3; i++) store<f32>(dx + ((i as usize) << 2), 0);
    dx += step;
    x += step;
    du += step;
    stats += 8;
  }
}
