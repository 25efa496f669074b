// rows.wasm: rows out of the text of a request, straight into numbers. It takes what callers mostly send and gives up on
// everything else, for JSON.parse to say what that is: names and texts that are written otherwise than JSON.stringify
// does, names that are not there or there twice, values of another type, numbers of over 19 digits.
import { number, wholeEnd } from "./decimal";

export { LARGEST_POWER, LEAST_POWER } from "./decimal";

/** First free address: everything from here on is the host's to lay out, as model/row-reader.ts says. */
export const base: usize = __heap_base;
/** Rows that the last call read. */
export let rows: i32 = 0;

/** Bytes of a feature: address and length of its name and colon; what it takes, or its values from and to. */
const FEATURE: usize = 16;
const ANY_NUMBER: u32 = 0;
const ZERO_OR_ONE: u32 = 1;

/** Names that one call may look for: rows whose every name is elsewhere than in the row before would take n² of it. */
const PATIENCE: i32 = 100_000;
let patience: i32 = 0;

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
