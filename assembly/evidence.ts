// How far a row lies from the normal manifold, and evidence on one scale.
import { log } from "./elementary";
import { stride } from "./layout";

/** out (rows, n) = x (rows, n), every column times its own of `by` (n, padded with zeros). */
export function multiply(rows: i32, x: usize, n: i32, by: usize, out: usize): void {
  const step = (stride(n) as usize) << 2;
  for (let row = 0; row < rows; row++) {
    for (let i: usize = 0; i < step; i += 16) {
      v128.store(out + i, f32x4.mul(v128.load(x + i), v128.load(by + i)));
    }
    x += step;
    out += step;
  }
}

/** out (rows) = ln(1 + ‖x‖²/n), x (rows, n). */
export function logMeanSquare(rows: i32, x: usize, n: i32, out: usize): void {
  const step = (stride(n) as usize) << 2;
  for (let row = 0; row < rows; row++) {
    let sum: f64 = 0;
    for (let i: usize = 0; i < (n as usize) << 2; i += 4) {
      const value = load<f32>(x + i) as f64;
      sum += value * value;
    }
    store<f32>(out + (row << 2), log(1 + sum / n) as f32);
    x += step;
  }
}

/** Where the first of the largest of k ≥ 1 values stands; the first of all where that is no number. */
function largest(values: usize, k: i32): i32 {
  let best = v128.load32_splat(values);
  const end = values + ((k as usize) << 2);
  let at = values;
  for (; at + 16 <= end; at += 16) best = f32x4.pmax(best, v128.load(at));
  let most = max(
    max(f32x4.extract_lane(best, 0), f32x4.extract_lane(best, 1)),
    max(f32x4.extract_lane(best, 2), f32x4.extract_lane(best, 3)),
  );
  for (; at < end; at += 4) if (load<f32>(at) > most) most = load<f32>(at);
  for (at = values; at < end; at += 4) if (load<f32>(at) == most) return ((at - values) >> 2) as i32;
  return 0;
}

/**
 * out (rows) = distance of x (rows, n) to the nearest of K points, times that one's scale, the mean over S sets of as many: found by the
 * largest of x·p − ‖p‖²/2, then worked out from the differences, since the short cut cancels where it matters.
 *
 * @param affinity x·p − ‖p‖²/2 (rows, S·K)
 * @param points (S·K, n), row-major and unpadded
 * @param scale (S·K)
 * @param apart where |x − p| (rows, n) of the nearest of the last set goes, 0 for nowhere
 */
export function nearest(
  rows: i32, x: usize, n: i32, affinity: usize, k: i32, sets: i32, points: usize, scale: usize, out: usize, apart: usize,
): void {
  const step = (stride(n) as usize) << 2;
  const affinityStep = (stride(sets * k) as usize) << 2;
  for (let row = 0; row < rows; row++) {
    let all: f32 = 0;
    for (let first = 0; first < sets * k; first += k) {
      const best = first + largest(affinity + ((first as usize) << 2), k);
      const point = points + (((best * n) as usize) << 2);
      let sum: f64 = 0;
      for (let i: usize = 0; i < (n as usize) << 2; i += 4) {
        const offset = abs(load<f32>(x + i) - load<f32>(point + i));
        if (apart) store<f32>(apart + i, offset);
        sum += (offset as f64) * (offset as f64);
      }
      all += (Math.sqrt(sum) as f32) * load<f32>(scale + (best << 2));
    }
    store<f32>(out + (row << 2), all / (sets as f32));
    x += step;
    affinity += affinityStep;
    if (apart) apart += step;
  }
}

/** What of evidence below the centre counts, and how often what lies far beyond all normal rows. */
const BELOW: f64 = 0.1;
const BEYOND: f64 = 8;

/**
 * Column `to` of evidence: z = arcsinh((s − centre)·scale) of s (rows), a tenth of that below the centre, and beyond `far`
 * eight times what is beyond; results lie `apart` floats apart.
 */
export function standardise(rows: i32, s: usize, centre: f32, scale: f32, far: f32, to: usize, apart: i32): void {
  for (let row = 0; row < rows; row++) {
    const u = ((load<f32>(s) as f64) - (centre as f64)) * (scale as f64);
    const size = log(abs(u) + Math.sqrt(u * u + 1));
    const z = u < 0 ? -BELOW * size : size;
    store<f32>(to, (z + (BEYOND - 1) * max<f64>(0, z - (far as f64))) as f32);
    s += 4;
    to += (apart as usize) << 2;
  }
}
