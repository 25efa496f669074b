/** Rows as JSON text to numbers without an object for a row, a name or a number: the host of assembly/rows.ts. */
import type { Feature, Schema } from "./schema.ts";

/** Rows as numbers: of row i those of its features in schema order, from `first` + i·features on. */
export interface Cells {
  /** A number; the index of a category; NaN for a missing value and for a category that is none of the feature's. */
  readonly values: Float64Array;
  readonly first: number;
  readonly rows: number;
}

interface ReaderFunctions {
  readonly memory: WebAssembly.Memory;
  readonly base: WebAssembly.Global;
  readonly LEAST_POWER: WebAssembly.Global;
  readonly LARGEST_POWER: WebAssembly.Global;
  readonly rows: WebAssembly.Global;
  readRows(powers: number, table: number, features: number, text: number, cells: number, room: number): number;
}

/** Zeros behind the text. */
const MARGIN = 16;
/** Cells of one call at the most: 2 MiB of them. */
const CELLS = 256 * 1024;
/** Words of a feature in the table. */
const FEATURE = 4;
const ANY_NUMBER = 0;
const ZERO_OR_ONE = 1;
const PAGE = 65536;
/** Pages that memory grows by at the least, so that all but large bodies never make it: each time, views are made anew. */
const GROWTH = 16;

/**
 * Reads rows of any schema as callers mostly write them, and holds those of the last call. What is faulty or only unusual it
 * leaves to JSON.parse and RowEncoder.encode, which say what it is.
 */
export class RowReader implements Cells {
  values = new Float64Array();
  first = 0;
  rows = 0;
  readonly #functions: ReaderFunctions;
  readonly #powers: number;
  /** Where the table of a schema lies, the text and the cells behind it. */
  readonly #at: number;
  readonly #tables = new WeakMap<Schema, Uint8Array>();
  #table: Uint8Array | undefined;
  #bytes = new Uint8Array();

  /** @param module the compiled rows.wasm */
  constructor(module: WebAssembly.Module) {
    this.#functions = new WebAssembly.Instance(module).exports as unknown as ReaderFunctions;
    const { base, LEAST_POWER, LARGEST_POWER } = this.#functions;
    const powers = powersOfFive(Number(LEAST_POWER.value), Number(LARGEST_POWER.value));
    this.#powers = aligned(Number(base.value));
    this.#at = aligned(this.#powers + powers.byteLength);
    this.#reach(this.#at);
    this.#bytes.set(new Uint8Array(powers.buffer), this.#powers);
  }

  /** Bytes of memory held: no less than the largest text has taken, and eight for each of its cells. */
  get bytes(): number {
    return this.#functions.memory.buffer.byteLength;
  }

  /**
   * Reads the rows, parted by commas, that bytes hold from `start` to `end`, and nothing else.
   *
   * @param most rows there may be
   * @returns whether it could; what it held before is lost in any case
   */
  read(schema: Schema, bytes: Uint8Array, start: number, end: number, most: number): boolean {
    let table = this.#tables.get(schema);
    if (!table) this.#tables.set(schema, (table = tableOf(schema, this.#at)));
    const many = schema.features.length;
    const length = end - start;
    const text = aligned(this.#at + table.length);
    const cells = aligned(text + length + MARGIN);
    // a cell takes two bytes of the text at the least
    const room = Math.floor(Math.min(most, CELLS / many, length / (2 * many)));
    this.#reach(cells + 8 * many * room);
    const all = this.#bytes;
    if (table !== this.#table) all.set((this.#table = table), this.#at);
    all.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), text);
    all.fill(0, text + length, text + length + MARGIN);
    const stopped = this.#functions.readRows(this.#powers, this.#at, many, text, cells, room);
    this.rows = Number(this.#functions.rows.value);
    this.first = cells / 8;
    return stopped === text + length;
  }

  #reach(end: number): void {
    const { memory } = this.#functions;
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.max(GROWTH, Math.ceil(missing / PAGE)));
    if (this.#bytes.buffer === memory.buffer) return;
    this.#bytes = new Uint8Array(memory.buffer);
    this.values = new Float64Array(memory.buffer);
  }
}

const UTF8 = new TextEncoder();

/** The table of a schema as it lies at an address: order, features, lists of categories, and their texts. */
function tableOf({ features }: Schema, at: number): Uint8Array {
  const names = features.map(({ name }) => UTF8.encode(`${JSON.stringify(name)}:`));
  const values = features.map((feature) =>
    feature.kind === "categorical" ? feature.values.map((value) => UTF8.encode(JSON.stringify(value))) : [],
  );
  const texts = [...names, ...values.flat()];
  const listed = features.length * (1 + FEATURE);
  const words = new Uint32Array(listed + 2 * values.flat().length);
  const table = new Uint8Array(words.byteLength + texts.reduce((sum, text) => sum + text.length, 0));
  let to = words.byteLength;
  const put = (text: Uint8Array): readonly [number, number] => {
    table.set(text, to);
    to += text.length;
    return [at + to - text.length, text.length];
  };
  let list = listed;
  for (const [i, feature] of features.entries()) {
    const from = at + 4 * list;
    for (const value of values[i]) {
      words.set(put(value), list);
      list += 2;
    }
    words[i] = at + 4 * (features.length + FEATURE * i);
    words.set([...put(names[i]), ...takes(feature, from, at + 4 * list)], features.length + FEATURE * i);
  }
  table.set(new Uint8Array(words.buffer));
  return table;
}

function takes({ kind }: Feature, from: number, to: number): readonly [number, number] {
  return kind === "categorical" ? [from, to] : [kind === "boolean" ? ZERO_OR_ONE : ANY_NUMBER, 0];
}

/** 5ⁿ for n from `least` to `most` by its leading 128 bits, the upper half first: cut off, but for reciprocals up. */
function powersOfFive(least: number, most: number): BigUint64Array {
  const powers = new BigUint64Array(2 * (most - least + 1));
  for (let n = least; n <= most; n++) {
    const power = 5n ** BigInt(Math.abs(n));
    const bits = power.toString(2).length;
    // as the published tables have them: for small n 1/5ⁿ to 128 bits, for larger ones to more and then cut off
    const exact = n >= 0 ? power << 128n : (1n << BigInt(n >= -27 ? bits + 127 : 2 * bits + 128)) / power + 1n;
    const leading = exact >> BigInt(exact.toString(2).length - 128);
    powers.set([leading >> 64n, leading & 0xffffffffffffffffn], 2 * (n - least));
  }
  return powers;
}

function aligned(at: number): number {
  return Math.ceil(at / 64) * 64;
}
