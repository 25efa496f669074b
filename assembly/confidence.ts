// Softmax with temperature over (normal, anomalous) logits, and the ODIN input step; equations (1) to (3).
import { exp } from "./elementary";
import { stride } from "./layout";

/** S_anomalous = exp(ℓ₁/T) / (exp(ℓ₀/T) + exp(ℓ₁/T)), in double precision: one value a row, so exactness is free. */
// @ts-ignore: decorator
@inline
function anomalous(logits: usize, temperature: f32): f64 {
  return 1 / (1 + exp(((load<f32>(logits) as f64) - (load<f32>(logits, 4) as f64)) / (temperature as f64)));
}

/** scores (rows) = 1 − S_normal(ℓ; T), from logits (rows, 2). */
export function scores(rows: i32, logits: usize, temperature: usize, out: usize): void {
  const t = load<f32>(temperature);
  const step = (stride(2) as usize) << 2;
  for (let row = 0; row < rows; row++) {
    store<f32>(out + (row << 2), anomalous(logits, t) as f32);
    logits += step;
  }
}

/** dLogits (rows, 2) = ∇_ℓ log S_ŷ(ℓ; T), ŷ the likelier class: (1[i=ŷ] − S_i)/T. */
export function confidenceGradient(rows: i32, logits: usize, temperature: usize, dLogits: usize): void {
  const t = load<f32>(temperature);
  const step = (stride(2) as usize) << 2;
  for (let row = 0; row < rows; row++) {
    const s = anomalous(logits, t);
    const d = ((s > 0.5 ? s - 1 : s) / (t as f64)) as f32;
    store<f32>(dLogits, d);
    store<f32>(dLogits, -d, 4);
    logits += step;
    dLogits += step;
  }
}

/** out (rows, n) = x + ε·sign(dx), the ODIN step (3); sign(0) = 0. */
export function signStep(rows: i32, x: usize, n: i32, dx: usize, epsilon: usize, out: usize): void {
  const step = (stride(n) as usize) << 2;
  const up = v128.load32_splat(epsilon);
  const zero = i64x2.splat(0);
  for (let row = 0; row < rows; row++) {
    for (let i: usize = 0; i < (n as usize) << 2; i += 16) {
      const d = v128.load(dx + i);
      const rise = v128.and(f32x4.gt(d, zero), up);
      const fall = v128.and(f32x4.lt(d, zero), up);
      v128.store(out + i, f32x4.add(v128.load(x + i), f32x4.sub(rise, fall)));
    }
    x += step;
    dx += step;
    out += step;
  }
}
