// AdamW (Loshchilov & Hutter 2019) over one flat run of weights.
import { madd } from "./layout";

/**
 * One step over `length` weights (a multiple of 4):
 * w ← w·(1 − lr·decay); m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← w − lr·(m/c₁)/(√(v/c₂) + ε).
 * `correction1` and `correction2` are 1 − β₁ᵗ and 1 − β₂ᵗ; `clip` scales the gradient first.
 */
export function adamw(
  length: i32,
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  lr: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  decay: f32,
  correction1: f32,
  correction2: f32,
  clip: f32,
): void {
  const keep = f32x4.splat(1 - lr * decay);
  const b1 = f32x4.splat(beta1);
  const b2 = f32x4.splat(beta2);
  const n1 = f32x4.splat(1 - beta1);
  const n2 = f32x4.splat(1 - beta2);
  const step = f32x4.splat(-lr / correction1);
  const root = f32x4.splat(1 / correction2);
  const eps = f32x4.splat(epsilon);
  const factor = f32x4.splat(clip);
  for (let i: usize = 0; i < (length as usize) << 2; i += 16) {
    const gi = f32x4.mul(v128.load(g + i), factor);
    const mi = madd(b1, v128.load(m + i), f32x4.mul(n1, gi));
    const vi = madd(b2, v128.load(v + i), f32x4.mul(n2, f32x4.mul(gi, gi)));
    v128.store(m + i, mi);
    v128.store(v + i, vi);
    const size = f32x4.add(f32x4.sqrt(f32x4.mul(vi, root)), eps);
    v128.store(w + i, madd(step, f32x4.div(mi, size), f32x4.mul(keep, v128.load(w + i))));
  }
}
