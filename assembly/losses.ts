// The losses of the method, each adding its value to a slot and its gradient to the tensor it reads.
import { laneSum, madd, stride } from "./layout";

/**
 * Binary cross-entropy of d = (ℓ₀ − κ·ℓ₁)/T against targets (rows): 1 for normal, 0 for anomalous.
 * κ = 1 is the softmax confidence of the normal class, κ = 0 the normal logit alone.
 * Each row counts `weights` (rows). Adds the loss to `value` (f64), dLoss/dT to `value + 8` and dLoss/dℓ to dLogits.
 */
export function crossEntropy(
  rows: i32,
  logits: usize,
  targets: usize,
  weights: usize,
  temperature: usize,
  kappa: f32,
  dLogits: usize,
  value: usize,
): void {
  const t = load<f32>(temperature) as f64;
  const step = (stride(2) as usize) << 2;
  let loss: f64 = 0;
  let slope: f64 = 0;
  for (let row: usize = 0; row < (rows as usize); row++) {
    const d = ((load<f32>(logits) as f64) - (kappa as f64) * (load<f32>(logits, 4) as f64)) / t;
    const target = load<f32>(targets + (row << 2)) as f64;
    const weight = load<f32>(weights + (row << 2)) as f64;
    // −y·log σ(d) − (1 − y)·log(1 − σ(d)), stable for any d.
    loss += weight * (max<f64>(d, 0) - d * target + Math.log1p(Math.exp(-abs(d))));
    const g = weight * (1 / (1 + Math.exp(-d)) - target);
    slope -= (g * d) / t;
    store<f32>(dLogits, load<f32>(dLogits) + ((g / t) as f32));
    store<f32>(dLogits, load<f32>(dLogits, 4) - ((((kappa as f64) * g) / t) as f32), 4);
    logits += step;
    dLogits += step;
  }
  store<f64>(value, load<f64>(value) + loss);
  store<f64>(value, load<f64>(value, 8) + slope, 8);
}

/**
 * Hinge margin of equation (7): α·[m − ĝ]₊ with ĝ = (mean ℓ₀ of targets 1 − mean ℓ₀ of targets 0)/T.
 * Adds the loss to `value` (f64), dLoss/dT to `value + 8` and dLoss/dℓ to dLogits; a batch without both classes
 * adds nothing.
 */
export function hingeMargin(
  rows: i32,
  logits: usize,
  targets: usize,
  temperature: usize,
  margin: f32,
  alpha: f32,
  dLogits: usize,
  value: usize,
): void {
  const t = load<f32>(temperature) as f64;
  const step = (stride(2) as usize) << 2;
  let normal: f64 = 0;
  let anomalous: f64 = 0;
  let normals: f64 = 0;
  for (let row: usize = 0; row < (rows as usize); row++) {
    const logit = load<f32>(logits + row * step) as f64;
    if (load<f32>(targets + (row << 2)) > 0.5) {
      normal += logit;
      normals += 1;
    } else anomalous += logit;
  }
  const anomalies = (rows as f64) - normals;
  if (normals == 0 || anomalies == 0) return;
  const gap = (normal / normals - anomalous / anomalies) / t;
  const short = (margin as f64) - gap;
  if (short <= 0) return;
  store<f64>(value, load<f64>(value) + (alpha as f64) * short);
  store<f64>(value, load<f64>(value, 8) + ((alpha as f64) * gap) / t, 8);
  const down = (-(alpha as f64) / (normals * t)) as f32;
  const up = ((alpha as f64) / (anomalies * t)) as f32;
  for (let row: usize = 0; row < (rows as usize); row++) {
    const d = dLogits + row * step;
    store<f32>(d, load<f32>(d) + (load<f32>(targets + (row << 2)) > 0.5 ? down : up));
  }
}

/**
 * Squared error λ/(rows·n)·‖a − b‖², each row times `weights` (rows) where that is not 0.
 * Adds the loss to `value`, its gradient to da, and the negative of it to db where db is not 0.
 */
export function squaredError(
  rows: i32,
  a: usize,
  b: usize,
  n: i32,
  lambda: f32,
  weights: usize,
  da: usize,
  db: usize,
  value: usize,
): void {
  const step = (stride(n) as usize) << 2;
  const share: f32 = lambda / ((rows as f32) * (n as f32));
  let loss: f64 = 0;
  for (let row: usize = 0; row < (rows as usize); row++) {
    const weight: f32 = weights ? load<f32>(weights + (row << 2)) : 1;
    const factor = f32x4.splat(2 * share * weight);
    let sum = i64x2.splat(0);
    for (let i: usize = 0; i < (n as usize) << 2; i += 16) {
      const d = f32x4.sub(v128.load(a + i), v128.load(b + i));
      sum = madd(d, d, sum);
      v128.store(da + i, madd(factor, d, v128.load(da + i)));
      if (db) v128.store(db + i, f32x4.sub(v128.load(db + i), f32x4.mul(factor, d)));
    }
    loss += (share as f64) * (weight as f64) * (laneSum(sum) as f64);
    a += step;
    b += step;
    da += step;
    if (db) db += step;
  }
  store<f64>(value, load<f64>(value) + loss);
}
