// AdamW (Loshchilov & Hutter 2019) over one flat run of weights, any stretch of it on its own.
import { madd } from "./layout";

/** Floats whose squares are summed together: the sum of the sums is the same however they are shared out. */
const CHUNK: i32 = 8192;

/** Σ x² over a length that is a multiple of 8, in double precision and four sums, so that no addition waits for another. */
function sumOfSquares(length: i32, x: usize): f64 {
  let a = f64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (const end = x + ((length as usize) << 2); x < end; x += 32) {
    const low = f32x4.mul(v128.load(x), v128.load(x));
    const high = f32x4.mul(v128.load(x, 16), v128.load(x, 16));
    a = f64x2.add(a, f64x2.promote_low_f32x4(low));
    b = f64x2.add(b, f64x2.promote_low_f32x4(v128.shuffle<f32>(low, low, 2, 3, 0, 1)));
    c = f64x2.add(c, f64x2.promote_low_f32x4(high));
    d = f64x2.add(d, f64x2.promote_low_f32x4(v128.shuffle<f32>(high, high, 2, 3, 0, 1)));
  }
  a = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
  return f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
}

/** Writes the sum of squares of g (length) to `sums`, a chunk each (f64): chunks `part`, `part + parts`, … */
export function squares(length: i32, g: usize, sums: usize, part: i32, parts: i32): void {
  for (let chunk = part; chunk * CHUNK < length; chunk += parts) {
    const at = g + ((chunk * CHUNK) << 2);
    store<f64>(sums + (chunk << 3), sumOfSquares(min(CHUNK, length - chunk * CHUNK), at));
  }
}

/** The norm that `squares` has summed up. */
function norm(length: i32, sums: usize): f64 {
  let sum: f64 = 0;
  for (let chunk = 0; chunk * CHUNK < length; chunk++) sum += load<f64>(sums + (chunk << 3));
  return Math.sqrt(sum);
}

/**
 * One step over the weights `first` to `last` (multiples of 4) of `length`, the gradient's norm clipped:
 * w ← w·(1 − lr·decay); m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← w − lr·(m/c₁)/(√(v/c₂) + ε); g ← 0.
 *
 * @param sums what `squares` has written for g
 * @param scalars lr, β₁, β₂, ε, decay, c₁, c₂ and the largest norm (f32 each); cᵢ are 1 − βᵢᵗ
 */
export function adamw(
  length: i32,
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  sums: usize,
  scalars: usize,
  first: i32,
  last: i32,
): void {
  const lr = load<f32>(scalars);
  const beta1 = load<f32>(scalars, 4);
  const beta2 = load<f32>(scalars, 8);
  const size = norm(length, sums);
  const clip = load<f32>(scalars, 28) as f64;
  const factor = f32x4.splat(size > clip ? ((clip / size) as f32) : 1);
  const keep = f32x4.splat(1 - lr * load<f32>(scalars, 16));
  const b1 = f32x4.splat(beta1);
  const b2 = f32x4.splat(beta2);
  const n1 = f32x4.splat(1 - beta1);
  const n2 = f32x4.splat(1 - beta2);
  const step = f32x4.splat(-lr / load<f32>(scalars, 20));
  const root = f32x4.splat(1 / load<f32>(scalars, 24));
  const eps = f32x4.splat(load<f32>(scalars, 12));
  for (let i = (first as usize) << 2; i < (last as usize) << 2; i += 16) {
    const gi = f32x4.mul(v128.load(g + i), factor);
    v128.store(g + i, i64x2.splat(0));
    const mi = madd(b1, v128.load(m + i), f32x4.mul(n1, gi));
    const vi = madd(b2, v128.load(v + i), f32x4.mul(n2, f32x4.mul(gi, gi)));
    v128.store(m + i, mi);
    v128.store(v + i, vi);
    const divisor = f32x4.add(f32x4.sqrt(f32x4.mul(vi, root)), eps);
    v128.store(w + i, madd(step, f32x4.div(mi, divisor), f32x4.mul(keep, v128.load(w + i))));
  }
}
