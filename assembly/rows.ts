// rows.wasm: rows out of the text of a request, straight into numbers. It takes what callers mostly send and gives up on
// everything else, for JSON.parse to say what that is: names and texts that are written otherwise than JSON.stringify
// does, names that are not there or there twice, values of another type, numbers of over 19 digits.

/** First free address: everything from here on is the host's to lay out, as model/row-reader.ts says. */
export const base: usize = __heap_base;
/** Powers of ten, by exponent, that the host lays 5ⁿ for: its leading 128 bits, the upper half first. */
export const LEAST_POWER: i32 = -64;
export const LARGEST_POWER: i32 = 64;
/** Rows that the last call read. */
export let rows: i32 = 0;

/** Bytes of a feature: address and length of its name and colon; what it takes, or its values from and to. */
const FEATURE: usize = 16;
const ANY_NUMBER: u32 = 0;
const ZERO_OR_ONE: u32 = 1;

/** Names that one call may look for: rows whose every name is elsewhere than in the row before would take n² of it. */
const PATIENCE: i32 = 100_000;
let patience: i32 = 0;

/** 10⁰ to 10¹⁹ */
const TENS = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
  10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
  10000000000000000000,
]);
const MOST_DIGITS: usize = 19;

/** `null`, `true` and the end of `false`, as little-endian words. */
const NULL: u32 = 0x6c6c756e;
const TRUE: u32 = 0x65757274;
const ALSE: u32 = 0x65736c61;

/**
 * Reads rows that follow one another by commas. The text ends with sixteen zeros, which no JSON holds, so that nothing
 * here counts bytes.
 *
 * @param powers of five, see `product`
 * @param table for each place in a row the address of the feature last named there (many words), then the features (many)
 * @param cells (room, many) f64: numbers, or the index of a category; NaN for null and for categories that are none
 * @returns where the text goes on behind the last row, its blanks skipped; 0 where it takes a whole parser to tell
 */
export function readRows(powers: usize, table: usize, many: u32, at: usize, cells: usize, room: i32): usize {
  const features = table + ((many as usize) << 2);
  patience = PATIENCE;
  for (rows = 1; rows <= room; rows++) {
    at = skipBlanks(at);
    const named = load<u8>(at) == 0x7b;
    if (!named && load<u8>(at) != 0x5b) return 0;
    for (let place: u32 = 0; place < many; place++) {
      at = skipBlanks(at + 1);
      let feature = features + (place as usize) * FEATURE;
      if (named) {
        const slot = table + ((place as usize) << 2);
        feature = load<u32>(slot);
        if (!isNamed(at, feature)) feature = find(at, slot, features);
        if (feature == 0) return 0;
        at = skipBlanks(at + (load<u32>(feature, 4) as usize));
      }
      at = value(powers, at, feature, cells + ((feature - features) >> 1));
      if (at == 0) return 0;
      at = skipBlanks(at);
      if (place + 1 < many && load<u8>(at) != 0x2c) return 0;
    }
    if (load<u8>(at) != (named ? 0x7d : 0x5d)) return 0;
    at = skipBlanks(at + 1);
    if (load<u8>(at) != 0x2c) return at;
    at++;
    cells += (many as usize) << 3;
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function skipBlanks(at: usize): usize {
  let code = load<u8>(at);
  while (code <= 0x20 && (code == 0x20 || code == 0x0a || code == 0x0d || code == 0x09)) code = load<u8>(++at);
  return at;
}

/** Whether `length` bytes are the same; up to seven more are read of both. */
// @ts-ignore: decorator
@inline
function same(at: usize, other: usize, length: u32): bool {
  let left = length;
  for (; left > 8; left -= 8) {
    if (load<u64>(at) != load<u64>(other)) return false;
    at += 8;
    other += 8;
  }
  return (load<u64>(at) ^ load<u64>(other)) << ((8 - left) << 3) == 0;
}

// @ts-ignore: decorator
@inline
function isNamed(at: usize, feature: usize): bool {
  return same(at, load<u32>(feature) as usize, load<u32>(feature, 4));
}

/** The feature that is named, of those at later places, with which it changes places; 0 where none of them is. */
function find(at: usize, slot: usize, end: usize): usize {
  for (let other = slot + 4; other < end && patience > 0; other += 4) {
    patience--;
    const feature = load<u32>(other);
    if (!isNamed(at, feature)) continue;
    store<u32>(other, load<u32>(slot));
    store<u32>(slot, feature);
    return feature;
  }
  return 0;
}

/** Reads one value. @returns where it ends, 0 where it takes a whole parser to tell */
// @ts-ignore: decorator
@inline
function value(powers: usize, at: usize, feature: usize, cell: usize): usize {
  const takes = load<u32>(feature, 8);
  if (load<u32>(at) == NULL) {
    store<f64>(cell, NaN);
    return at + 4;
  }
  if (takes > ZERO_OR_ONE) return category(at, takes, load<u32>(feature, 12), cell);
  if (takes == ANY_NUMBER) return number(powers, at, cell);
  const truth = truthEnd(at);
  if (truth) {
    store<f64>(cell, (load<u32>(at) == TRUE) as i32 as f64);
    return truth;
  }
  const end = number(powers, at, cell);
  return load<f64>(cell) == 0 || load<f64>(cell) == 1 ? end : 0;
}

/** Where `true` or `false` ends, 0 where neither is there. */
// @ts-ignore: decorator
@inline
function truthEnd(at: usize): usize {
  if (load<u32>(at) == TRUE) return at + 4;
  return load<u8>(at) == 0x66 && load<u32>(at, 1) == ALSE ? at + 5 : 0;
}

/** Reads a category: a text, or what is a text once it is written out. @returns as `value` does */
function category(at: usize, values: usize, end: usize, cell: usize): usize {
  let quote: usize = 0;
  let to: usize;
  if (load<u8>(at) == 0x22) {
    quote = 1;
    // escapes, other alphabets and faults among those that are none of the values are for a whole parser
    for (to = at + 1; load<u8>(to) != 0x22; to++) if (load<u8>(to) < 0x20 || load<u8>(to) == 0x5c) return 0;
    to++;
  } else {
    to = truthEnd(at);
    if (to == 0) to = wholeEnd(at);
    if (to == 0) return 0;
  }
  const length = (to - at) as u32;
  store<f64>(cell, NaN);
  for (let each = values; each < end; each += 8) {
    // the values have their quotes
    if (load<u32>(each, 4) - ((1 - (quote as u32)) << 1) != length) continue;
    if (!same(at, (load<u32>(each) as usize) + 1 - quote, length)) continue;
    store<f64>(cell, ((each - values) >> 3) as f64);
    return to;
  }
  for (let byte = at; byte < to; byte++) if (load<u8>(byte) > 0x7e) return 0;
  return to;
}

/** Where a whole number of at most 15 digits ends, written as String would write it; 0 where there is none. */
function wholeEnd(at: usize): usize {
  const first = at + ((load<u8>(at) == 0x2d) as usize);
  let to = first;
  while (isDigit(to)) to++;
  const digits = to - first;
  if (digits == 0 || digits > 15) return 0;
  return load<u8>(first) == 0x30 && (digits > 1 || first > at) ? 0 : to;
}

// @ts-ignore: decorator
@inline
function isDigit(at: usize): bool {
  return (load<u8>(at) as u32) - 0x30 < 10;
}

/** Reads a number, rounded to the nearest double as JSON.parse does. @returns as `value` does */
function number(powers: usize, at: usize, cell: usize): usize {
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
    for (; isDigit(at); at++) if (exponent < 10000) exponent = exponent * 10 + (load<u8>(at) as i32) - 0x30;
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
