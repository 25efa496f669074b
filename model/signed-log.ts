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

/**
 * sign(x)·ln(1 + |x|), to within one unit in the last place: 1 + |x| = 2ᵏ·(1 + f) with √½ ≤ 1 + f < √2,
 * ln(1 + f) = f − f²/2 + s·(f²/2 + R(s²)), s = f/(2 + f), and what rounding took from 1 + |x| is added back (fdlibm,
 * s_log1p.c, Sun Microsystems 1993); of ±∞ itself. In one piece, so that V8 inlines it: a number that a call returns is garbage.
 */
export function signedLog(x: number): number {
  const size = x < 0 ? -x : x;
  if (size < 2 ** -29) return x - x * size * 0.5;
  if (size === Number.POSITIVE_INFINITY) return x;
  let k = 0;
  let f = size;
  let low = 0;
  if (size >= LEAST_SPLIT) {
    const sum = 1 + size;
    double[0] = sum;
    const high = words[HIGH];
    k = (high >> 20) - 1023 + ((high & 0xfffff) >= 0x6a09e ? 1 : 0);
    f = sum * SCALES[k] - 1;
    low = k * LN2_LOW + (sum >= 2 ? 1 - (sum - size) : size - (sum - 1)) / sum;
  }
  const half = 0.5 * f * f;
  const s = f / (2 + f);
  const z = s * s;
  let series = 1.531383769920937332e-1 + z * 1.479819860511658591e-1;
  series = 2.222219843214978396e-1 + z * (1.818357216161805012e-1 + z * series);
  series = 6.66666666666673513e-1 + z * (3.999999999940941908e-1 + z * (2.857142874366239149e-1 + z * series));
  const log = k * LN2_HIGH - (half - (s * (half + z * series) + low) - f);
  return x < 0 ? -log : log;
}
