/**
 * The signed logarithm, the same to the last bit in every engine. Math.log1p is up to each: workerd's and Node's differ in the
 * last bit of one value in a hundred, which is enough to fall on the other side of a tree's threshold where that is the very
 * value that many rows have.
 */

/** ln 2 in two parts: products of the first with exponents are exact. */
const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
const LEAST_SPLIT = Math.SQRT2 - 1;

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);
/** Which of the two words has sign, exponent and the first bits of the fraction. */
const HIGH = new Uint8Array(Int32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** 2⁻ᵏ, exact. */
const SCALES = Float64Array.from({ length: 1025 }, (_, k) => 2 ** -k);

/** sign(x)·ln(1 + |x|), to within one unit in the last place. */
export function signedLog(x: number): number {
  return x < 0 ? -logOnePlus(-x) : logOnePlus(x);
}

/**
 * ln(1 + x) for x ≥ 0: 1 + x = 2ᵏ·(1 + f) with √½ ≤ 1 + f < √2, ln(1 + f) = f − f²/2 + s·(f²/2 + R(s²)), s = f/(2 + f), and
 * what rounding took from 1 + x is added back (fdlibm, s_log1p.c, Sun Microsystems 1993).
 */
function logOnePlus(x: number): number {
  if (x < LEAST_SPLIT) {
    if (x < 2 ** -29) return x - x * x * 0.5;
    const half = 0.5 * x * x;
    const s = x / (2 + x);
    return x - (half - s * (half + series(s * s)));
  }
  const sum = 1 + x;
  double[0] = sum;
  const high = words[HIGH];
  const k = (high >> 20) - 1023 + ((high & 0xfffff) >= 0x6a09e ? 1 : 0);
  const f = sum * SCALES[k] - 1;
  const low = k * LN2_LOW + (sum >= 2 ? 1 - (sum - x) : x - (sum - 1)) / sum;
  const half = 0.5 * f * f;
  if (f < 2 ** -20 && f > -(2 ** -20)) return k * LN2_HIGH - (half * (1 - (2 / 3) * f) - low - f);
  const s = f / (2 + f);
  return k * LN2_HIGH - (half - (s * (half + series(s * s)) + low) - f);
}

/** R(z) of ln(1 + f) in z = s². */
function series(z: number): number {
  const tail =
    2.222219843214978396e-1 +
    z * (1.818357216161805012e-1 + z * (1.531383769920937332e-1 + z * 1.479819860511658591e-1));
  return z * (6.66666666666673513e-1 + z * (3.999999999940941908e-1 + z * (2.857142874366239149e-1 + z * tail)));
}
