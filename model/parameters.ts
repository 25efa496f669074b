/** Weights in the kernel's memory: matrices as packed panels, vectors padded, one flat run in a fixed order. */
import type { Address, Kernel } from "./kernel.ts";

/** One weight: a matrix (n, k) packed into panels, or a vector (n) with k = 0. */
export interface Parameter {
  readonly name: string;
  readonly n: number;
  readonly k: number;
  readonly at: Address;
  /** Gradient in the same layout, 0 where none is wanted. */
  readonly grad: Address;
  /** Panels of the transpose, which backward passes multiply by; 0 where none is wanted. */
  readonly transposed: Address;
}

export interface ParameterOptions {
  /** Keep gradients beside the weights. */
  readonly gradients?: boolean;
  /** Keep packed transposes for backward passes. */
  readonly transposes?: boolean;
}

export class Parameters {
  readonly #kernel: Kernel;
  readonly #byName = new Map<string, Parameter>();
  /** First weight, first gradient (0 for none) and length in floats of the flat run. */
  readonly at: Address;
  readonly grad: Address;
  readonly length: number;

  /** @param shapes name → [n] or [n, k]; their order is the order in memory */
  constructor(kernel: Kernel, shapes: ReadonlyMap<string, readonly number[]>, options: ParameterOptions = {}) {
    this.#kernel = kernel;
    this.length = 0;
    for (const shape of shapes.values()) this.length += storedLength(shape);
    this.at = kernel.allocate(this.length);
    this.grad = options.gradients ? kernel.allocate(this.length) : 0;
    let offset = 0;
    for (const [name, shape] of shapes) {
      const [n, k = 0] = shape;
      const transposed = options.transposes && k > 0 ? kernel.allocate(storedLength([k, n])) : 0;
      const grad = this.grad ? this.grad + offset * 4 : 0;
      this.#byName.set(name, { name, n, k, at: this.at + offset * 4, grad, transposed });
      offset += storedLength(shape);
    }
  }

  get(name: string): Parameter {
    const parameter = this.#byName.get(name);
    if (!parameter) throw new RangeError(`no weight named ${name}`);
    return parameter;
  }

  [Symbol.iterator](): IterableIterator<Parameter> {
    return this.#byName.values();
  }

  /** Stores one weight from row-major values, (n, k) or (n), packing it and its transpose. */
  load(name: string, values: Float32Array): void {
    const { n, k, at } = this.get(name);
    if (values.length !== n * Math.max(k, 1)) throw new RangeError(`${name} has ${values.length} values`);
    if (k === 0) {
      this.#kernel.floats(at, n).set(values);
      return;
    }
    const staging = this.#staging(values.length);
    this.#kernel.floats(staging, values.length).set(values);
    this.#kernel.functions.pack(staging, n, k, at);
    this.transpose(name);
  }

  /** One weight as row-major values (n, k) or (n); with `of` its gradient or any other run laid out alike. */
  read(name: string, of: Address = this.at): Float32Array {
    const { n, k, at } = this.get(name);
    const source = of + (at - this.at);
    if (k === 0) return this.#kernel.floats(source, n).slice();
    const packed = this.#kernel.floats(source, storedLength([n, k]));
    const values = new Float32Array(n * k);
    for (let row = 0; row < n; row++) {
      const column = (row >> 4) * k * 16 + (row & 15);
      for (let i = 0; i < k; i++) values[row * k + i] = packed[column + i * 16];
    }
    return values;
  }

  /** Packs a matrix's transpose anew after the weight has changed. */
  transpose(name: string): void {
    const { n, k, at, transposed } = this.get(name);
    if (transposed) this.#kernel.functions.packTransposed(at, n, k, transposed);
  }

  #stagingAt: Address = 0;
  #stagingLength = 0;

  #staging(length: number): Address {
    if (length > this.#stagingLength) {
      this.#stagingAt = this.#kernel.allocate(length);
      this.#stagingLength = length;
    }
    return this.#stagingAt;
  }
}

/** Floats a weight takes: whole panels of 16 columns, each k deep. */
function storedLength([n, k = 1]: readonly number[]): number {
  return Math.ceil(n / 16) * 16 * Math.max(k, 1);
}
