// Decimal numbers out of text, rounded to the nearest double as JSON.parse does, eight digits at a time.

/** Powers of ten, by exponent, that the host lays 5ⁿ for: its leading 128 bits, the upper half first. */
export const LEAST_POWER: i32 = -64;
export const LARGEST_POWER: i32 = 64;
/** 10⁰ to 10¹⁹ */
const TENS = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
  10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
  10000000000000000000,
]);
const MOST_DIGITS: usize = 19;

// @ts-ignore: decorator
@inline
function isDigit(at: usize): bool {
  return (load<u8>(at) as u32) - 0x30 < 10;
}

/** Where a whole number of at most 15 digits ends, written as String would write it; 0 where there is none. */
export function wholeEnd(at: usize): usize {
  const first = at + ((load<u8>(at) == 0x2d) as usize);
  let to = first;
  while (isDigit(to)) to++;
  const digits = to - first;
  if (digits == 0 || digits > 15) return 0;
  return load<u8>(first) == 0x30 && (digits > 1 || first > at) ? 0 : to;
}

/**
 * Reads a number, rounded to the nearest double.
 *
 * @returns where it ends, 0 where it is none or one of over 19 digits or beyond those powers
 */
export function number(powers: usize, at: usize, cell: usize): usize {
  const negative = load<u8>(at) == 0x2d;
  at += negative as usize;
  if (!isDigit(at)) return 0;
  let w: u64 = 0;
  let point: usize = 0;
  if (!isDigit(at + 1)) {
    // one digit, alone or before the point, as most are: what follows need not wait for how many there were
    w = (load<u8>(at++) - 0x30) as u64;
    if (load<u8>(at) == 0x2e) {
      point = ++at;
      if (!isDigit(at)) return 0;
    }
  } else if (load<u8>(at) == 0x30) return 0;
  for (;;) {
    const eight = load<u64>(at);
    const digits = digitsOf(eight);
    // and neither need the next eight
    if (digits == 8) {
      if (w >= load<u64>(TENS + ((MOST_DIGITS - 8) << 3))) return 0;
      w = w * 100000000 + ofDigits(eight);
      at += 8;
      continue;
    }
    if (digits) {
      if (w >= load<u64>(TENS + ((MOST_DIGITS - digits) << 3))) return 0;
      const zeros = 0x3030303030303030 >> (digits << 3);
      w = w * load<u64>(TENS + (digits << 3)) + ofDigits((eight << ((8 - digits) << 3)) | zeros);
      at += digits;
    }
    if (load<u8>(at) != 0x2e || point) break;
    point = ++at;
    if (!isDigit(at)) return 0;
  }
  let power = point ? (point - at) as i32 : 0;
  if ((load<u8>(at) | 0x20) == 0x65) {
    const sign = load<u8>(++at);
    if (sign == 0x2b || sign == 0x2d) at++;
    if (!isDigit(at)) return 0;
    let exponent = 0;
    for (; isDigit(at); at++) if (exponent < 100000000) exponent = exponent * 10 + (load<u8>(at) as i32) - 0x30;
    power += sign == 0x2d ? -exponent : exponent;
  }
  let x = w as f64;
  if (power != 0 && w != 0) {
    if (power < LEAST_POWER || power > LARGEST_POWER) return 0;
    // both are doubles then, and a quotient is rounded once
    if (w >> 53 == 0 && power < 0 && power >= -(MOST_DIGITS as i32)) x /= load<u64>(TENS - (power << 3)) as f64;
    else x = product(w, power, powers + (((power - LEAST_POWER) as usize) << 4));
  }
  store<f64>(cell, negative ? -x : x);
  return at;
}

/** How many of the eight bytes, from the lowest on, are digits. */
// @ts-ignore: decorator
@inline
function digitsOf(eight: u64): usize {
  const high = 0xf0f0f0f0f0f0f0f0;
  const others = ((eight & high) | (((eight + 0x0606060606060606) & high) >> 4)) ^ 0x3333333333333333;
  return (ctz(others) >> 3) as usize;
}

/** The number that eight digits are, the first one in the lowest byte: pairs, fours and all at once. */
// @ts-ignore: decorator
@inline
function ofDigits(eight: u64): u64 {
  eight -= 0x3030303030303030;
  eight = eight * 10 + (eight >> 8);
  const pairs: u64 = 0x000000ff000000ff;
  return ((eight & pairs) * 0x000f424000000064 + ((eight >> 16) & pairs) * 0x0000271000000001) >> 32;
}

/**
 * w·10ⁿ for w > 0, rounded to the nearest double, ties to even: Lemire, "Number parsing at a gigabyte per second" (2021),
 * without its fallback as Mushtak and Lemire (2023) show that there is no need of it. Never subnormal or infinite here.
 *
 * @param five the leading 128 bits of 5ⁿ
 */
function product(w: u64, n: i32, five: usize): f64 {
  const zeros = clz(w) as i32;
  w <<= zeros;
  let low = w * load<u64>(five);
  let high = upperHalf(w, load<u64>(five));
  if ((high & 0x1ff) == 0x1ff) {
    const more = upperHalf(w, load<u64>(five, 8));
    low += more;
    if (low < more) high++;
  }
  const upper = high >> 63;
  const shift = upper + 9;
  let mantissa = high >> shift;
  // halfway between two doubles, exactly: then down to the even one
  if (low <= 1 && n >= -4 && n <= 23 && (mantissa & 3) == 1 && mantissa << shift == high) mantissa ^= 1;
  mantissa = (mantissa + (mantissa & 1)) >> 1;
  const exponent = (((217706 * n) >> 16) + 1086 - zeros) as u64 + upper;
  // where rounding carried over, the exponent is one more
  return reinterpret<f64>((exponent << 52) + (mantissa - 0x10000000000000));
}

/** The upper 64 bits of a·b. */
// @ts-ignore: decorator
@inline
function upperHalf(a: u64, b: u64): u64 {
  const low: u64 = 0xffffffff;
  const middle = (a >> 32) * (b & low) + (((a & low) * (b & low)) >> 32);
  return (a >> 32) * (b >> 32) + (middle >> 32) + (((a & low) * (b >> 32) + (middle & low)) >> 32);
}
