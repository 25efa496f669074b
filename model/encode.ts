/** Rows to network inputs: the one place where a row's values become numbers, as model/schema.ts states it. */
import { missingFeatures, notARow, notFinite } from "./row-faults.ts";
import { unknownFeature, wrongLength, wrongType } from "./row-faults.ts";
import type { Cells } from "./row-reader.ts";
import type { Feature, Row, Schema } from "./schema.ts";
import { signedLog } from "./signed-log.ts";

/** How many inputs of the network a schema fills. */
export function inputWidth(schema: Schema): number {
  return schema.features.reduce((width, feature) => width + columnsOf(feature), 0);
}

/** A name for each input: the feature's, or `feature=value` and `feature=(other)` for categorical ones. */
export function inputNames(schema: Schema): string[] {
  return schema.features.flatMap((feature) =>
    feature.kind === "categorical"
      ? [...feature.values, "(other)"].map((value) => `${feature.name}=${value}`)
      : [feature.name],
  );
}

/** How many inputs one feature fills. */
export function columnsOf(feature: Feature): number {
  return feature.kind === "categorical" ? feature.values.length + 1 : 1;
}

/** The first input of each feature, and at the end how many inputs there are. */
export function spansOf({ features }: Schema): Int32Array {
  const spans = new Int32Array(features.length + 1);
  for (const [i, feature] of features.entries()) spans[i + 1] = spans[i] + columnsOf(feature);
  return spans;
}

const NUMBER = 0;
const SIGNED_LOG = 1;
const OWN_LOG = 2;
const BOOLEAN = 3;
const CATEGORICAL = 4;

/**
 * Encodes rows under one schema, straight into the caller's memory and without leaving garbage.
 *
 * Rows are objects of named values (own enumerable properties only) or arrays in schema order; null is missing.
 *
 * @example
 * const encoder = new RowEncoder(schema);
 * const inputs = new Float32Array(rows.length * encoder.width);
 * rows.forEach((row, i) => encoder.encode(row, inputs, i * encoder.width, i));
 */
export class RowEncoder {
  /** Floats a row takes. */
  readonly width: number;
  readonly #names: readonly string[];
  readonly #indexOf: ReadonlyMap<string, number>;
  // one entry a feature
  readonly #kind: Uint8Array;
  readonly #column: Int32Array;
  readonly #origin: Float64Array;
  readonly #unit: Float64Array;
  readonly #center: Float64Array;
  readonly #scale: Float64Array;
  readonly #clip: Float64Array;
  readonly #missing: Float64Array;
  readonly #values: (ReadonlyMap<string, number> | undefined)[] = [];
  // Names in the order the last named row gave them, and their features. Rows of one caller come in one order,
  // and comparing a name with the one expected there is much cheaper than looking it up.
  readonly #lastNames: string[];
  readonly #lastFeatures: Int32Array;

  constructor(schema: Schema) {
    const { features } = schema;
    const many = features.length;
    this.width = inputWidth(schema);
    this.#names = features.map((feature) => feature.name);
    this.#indexOf = new Map(this.#names.map((name, i) => [name, i]));
    this.#kind = new Uint8Array(many);
    this.#column = spansOf(schema);
    this.#origin = new Float64Array(many);
    this.#unit = new Float64Array(many);
    this.#center = new Float64Array(many);
    this.#scale = new Float64Array(many).fill(1);
    this.#clip = new Float64Array(many).fill(Infinity);
    this.#missing = new Float64Array(many);
    this.#lastNames = [...this.#names];
    this.#lastFeatures = Int32Array.from(features, (_, i) => i);
    for (const [i, feature] of features.entries()) {
      if (feature.kind === "categorical") {
        this.#kind[i] = CATEGORICAL;
        this.#values[i] = new Map(feature.values.map((value, j) => [value, j]));
        continue;
      }
      this.#center[i] = feature.center;
      this.#scale[i] = feature.scale;
      if (feature.kind === "numeric") {
        this.#kind[i] = feature.signedLog ? SIGNED_LOG : NUMBER;
        if (typeof feature.signedLog === "object") {
          this.#kind[i] = OWN_LOG;
          this.#origin[i] = feature.signedLog.origin;
          this.#unit[i] = feature.signedLog.unit;
        }
        this.#clip[i] = feature.clip;
      } else this.#kind[i] = BOOLEAN;
      this.#missing[i] = this.#transform(i, feature.impute);
    }
  }

  /**
   * Writes one row's inputs (width) at `offset`.
   *
   * @param rowIndex zero-based, for errors
   * @throws UnseenError feature-unknown, feature-missing, value-wrong-type, value-not-finite, row-wrong-shape,
   * row-wrong-length; what `out` then holds there is undefined
   */
  encode(row: Row, out: Float32Array, offset: number, rowIndex: number): void {
    if (!(offset >= 0 && offset + this.width <= out.length)) {
      throw new RangeError(`no room for ${this.width} inputs at ${offset} of ${out.length}`);
    }
    if (Array.isArray(row)) this.#encodePositions(row, out, offset, rowIndex);
    else if (typeof row === "object" && row !== null) {
      this.#encodeNames(row as Readonly<Record<string, unknown>>, out, offset, rowIndex);
    } else throw notARow(row, rowIndex);
  }

  /** Writes one row's inputs (width) at `offset`, of rows that have been read as numbers under this schema. */
  encodeCells({ values, first }: Cells, row: number, out: Float32Array, offset: number): void {
    const many = this.#names.length;
    const from = first + row * many;
    for (let i = 0; i < many; i++) {
      const value = values[from + i];
      const at = offset + this.#column[i];
      if (this.#kind[i] === CATEGORICAL) this.#putColumn(i, value, out, at);
      else out[at] = Number.isNaN(value) ? this.#missing[i] : this.#transform(i, value);
    }
  }

  #encodePositions(row: readonly unknown[], out: Float32Array, offset: number, index: number): void {
    const many = this.#names.length;
    if (row.length !== many) throw wrongLength(row.length, many, index);
    for (let i = 0; i < many; i++) this.#put(i, row[i], out, offset, index);
  }

  #encodeNames(row: Readonly<Record<string, unknown>>, out: Float32Array, offset: number, index: number): void {
    const names = this.#lastNames;
    const features = this.#lastFeatures;
    // for-in over JSON's plain objects is several times faster than Object.keys, but sees inherited names too
    const inherits = mayInherit(row);
    let seen = 0;
    for (const name in row) {
      if (inherits && !Object.hasOwn(row, name)) continue;
      let i: number | undefined;
      if (name === names[seen]) i = features[seen];
      else {
        i = this.#indexOf.get(name);
        if (i === undefined) throw unknownFeature(name, this.#names, index);
        names[seen] = name;
        features[seen] = i;
      }
      this.#put(i, row[name], out, offset, index);
      seen++;
    }
    // an object has no name twice, so every feature was there exactly if the count is right
    if (seen !== this.#names.length) {
      const missing = this.#names.filter((name) => !Object.hasOwn(row, name));
      throw missingFeatures(missing, index);
    }
  }

  #put(i: number, value: unknown, out: Float32Array, offset: number, index: number): void {
    const kind = this.#kind[i];
    const at = offset + this.#column[i];
    if (kind === CATEGORICAL) this.#putCategory(i, value, out, at, index);
    else if (value === null) out[at] = this.#missing[i];
    else if (typeof value === "number" && (kind !== BOOLEAN || value === 0 || value === 1)) {
      if (!Number.isFinite(value)) throw notFinite(this.#names[i], value, index);
      out[at] = this.#transform(i, value);
    } else if (kind === BOOLEAN && typeof value === "boolean") {
      out[at] = this.#transform(i, value ? 1 : 0);
    } else throw this.#wrongType(i, value, index);
  }

  #putCategory(i: number, value: unknown, out: Float32Array, at: number, index: number): void {
    const columns = this.#values[i];
    if (!columns) return;
    let column: number | undefined;
    if (typeof value === "string") column = columns.get(value);
    else if (typeof value === "boolean") column = columns.get(String(value));
    else if (typeof value === "number" && Number.isFinite(value)) column = columns.get(String(value));
    else if (value !== null) throw this.#wrongType(i, value, index);
    this.#putColumn(i, column ?? Number.NaN, out, at);
  }

  /** @param column NaN for a value that is none of the feature's */
  #putColumn(i: number, column: number, out: Float32Array, at: number): void {
    const others = this.#values[i]?.size ?? 0;
    for (let j = 0; j <= others; j++) out[at + j] = 0;
    out[at + (Number.isNaN(column) ? others : column)] = 1;
  }

  /** (x′ − center) / scale, clipped to ±clip, where x′ is x or its signed log, from an origin and in a unit or not. */
  #transform(i: number, x: number): number {
    const kind = this.#kind[i];
    const counted = kind === OWN_LOG ? (x - this.#origin[i]) / this.#unit[i] : x;
    const logged = kind === SIGNED_LOG || kind === OWN_LOG ? signedLog(counted) : x;
    const clip = this.#clip[i];
    const scaled = (logged - this.#center[i]) / this.#scale[i];
    return scaled > clip ? clip : scaled < -clip ? -clip : scaled;
  }

  #wrongType(i: number, value: unknown, index: number): Error {
    const name = this.#names[i];
    if (typeof value === "number" && !Number.isFinite(value)) return notFinite(name, value, index);
    return wrongType(name, EXPECTED[this.#kind[i]], value, index);
  }
}

const EXPECTED = ["a number", "a number", "a number", "true, false, 0 or 1", "a string, number or boolean"];

/** Whether for-in over an object may yield names that are not its own. */
function mayInherit(row: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(row);
  if (prototype === null) return false;
  if (prototype !== Object.prototype) return true;
  for (const _ in Object.prototype) return true;
  return false;
}
