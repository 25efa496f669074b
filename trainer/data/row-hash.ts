/** A seeded 53-bit hash of a row's content, so that a row falls on the same side of a split in whatever file order. */
import type { Rows } from "./dataset.ts";

/** Hashes are whole numbers in [0, HASH_RANGE), exact in a JavaScript number. */
export const HASH_RANGE = 2 ** 53;

/** Words mixed in for a missing cell; no finite number has this bit pattern, it is a NaN's. */
const MISSING = 0xffffffff;

/**
 * The hash of every row, in row order: Float64Array(count) of whole numbers in [0, 2^53).
 *
 * Two 32-bit lanes of MurmurHash3's body (other constants in the second lane, so that they are independent) run over
 * the two words of each number's IEEE-754 bits, and over the two lanes of each text's own hash. −0 counts as 0 and
 * every NaN (a missing number) as one; a missing text is a word of its own. The column order matters, column names do
 * not. Not cryptographic. Source of the step: A. Appleby, MurmurHash3 (public domain).
 */
export function rowHashes(rows: Rows, seed: number): Float64Array {
  const lanes = new Lanes(rows.count, seed);
  for (const cells of rows.cells) {
    if (cells instanceof Float64Array) mixNumbers(lanes, cells);
    else mixTexts(lanes, cells, seed);
  }
  const hashes = new Float64Array(rows.count);
  for (let i = 0; i < rows.count; i++) hashes[i] = lanes.finish(i);
  return hashes;
}

/** The hash of one text (UTF-16 code units), a whole number in [0, 2^53). */
export function textHash(text: string, seed: number): number {
  return textLanes(text, seed).finish(0);
}

/** `count` independent pairs of 32-bit states. */
class Lanes {
  readonly first: Int32Array;
  readonly second: Int32Array;

  constructor(count: number, seed: number) {
    const low = seed | 0;
    const high = Math.floor(seed / 2 ** 32) | 0;
    this.first = new Int32Array(count).fill(low ^ Math.imul(high, 0x9e3779b1) ^ 0x2f6b4a17);
    this.second = new Int32Array(count).fill(Math.imul(low, 0x27d4eb2f) ^ high ^ 0x51ed270b);
  }

  mix(i: number, word: number): void {
    let k = Math.imul(word, 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    let h = this.first[i] ^ k;
    this.first[i] = Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64;
    k = Math.imul(word, 0x239b961b);
    k = Math.imul((k << 16) | (k >>> 16), 0xab0e9789);
    h = this.second[i] ^ k;
    this.second[i] = Math.imul((h << 17) | (h >>> 15), 5) + 0x0bcaa747;
  }

  /** 21 bits of the second lane over 32 bits of the first, each lane avalanched with the other's help. */
  finish(i: number): number {
    const a = avalanche(this.first[i] ^ Math.imul(this.second[i], 0x85ebca6b));
    const b = avalanche(this.second[i] ^ Math.imul(a, 0xc2b2ae35));
    return (b & 0x1fffff) * 2 ** 32 + (a >>> 0);
  }
}

function avalanche(h: number): number {
  let x = h;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

function mixNumbers(lanes: Lanes, cells: Float64Array): void {
  // Low word first whatever the machine: every platform Node runs on is little-endian.
  const words = new Uint32Array(cells.buffer, cells.byteOffset, cells.length * 2);
  for (let i = 0; i < cells.length; i++) {
    const value = cells[i];
    if (Number.isNaN(value)) {
      lanes.mix(i, MISSING);
      lanes.mix(i, MISSING);
    } else if (value === 0) {
      lanes.mix(i, 0);
      lanes.mix(i, 0);
    } else {
      lanes.mix(i, words[2 * i]);
      lanes.mix(i, words[2 * i + 1]);
    }
  }
}

function mixTexts(lanes: Lanes, cells: readonly (string | null)[], seed: number): void {
  const known = new Map<string | null, Lanes>();
  for (const [i, text] of cells.entries()) {
    let of = known.get(text);
    if (of === undefined) {
      of = text === null ? new Lanes(1, MISSING) : textLanes(text, seed);
      known.set(text, of);
    }
    lanes.mix(i, of.first[0]);
    lanes.mix(i, of.second[0]);
  }
}

function textLanes(text: string, seed: number): Lanes {
  const lanes = new Lanes(1, seed);
  for (let i = 0; i < text.length; i++) lanes.mix(0, text.charCodeAt(i));
  lanes.mix(0, text.length);
  return lanes;
}
