/** Weights in the kernel's memory: matrices as packed panels, vectors padded, one flat run in a fixed order. */
import { UnseenError } from "./errors.ts";
import type { Address, Kernel } from "./kernel.ts";
import { type Fixed, floatsOf } from "./tier.ts";

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
  /** What a step of each output is worth (n), where the matrix is in fixed point; else 0 or left out. */
  readonly scales?: Address;
}

export interface ParameterOptions {
  /** Keep gradients beside the weights. */
  readonly gradients?: boolean;
  /** Keep packed transposes for backward passes. */
  readonly transposes?: boolean;
  /** Matrices kept in fixed point, to be filled by `loadFixed`. */
  readonly fixed?: ReadonlySet<string>;
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
    const fixed = options.fixed ?? new Set();
    for (const [name, shape] of shapes) if (!fixed.has(name)) this.length += storedLength(shape);
    this.at = kernel.allocate(this.length);
    this.grad = options.gradients ? kernel.allocate(this.length) : 0;
    let offset = 0;
    for (const [name, shape] of shapes) {
      const [n, k = 0] = shape;
      const transposed = options.transposes && k > 0 ? kernel.allocate(storedLength([k, n])) : 0;
      if (fixed.has(name)) {
        const at = kernel.allocate(storedLength([n, Math.ceil(k / 2)]));
        const scales = kernel.allocate(storedLength([n]));
        this.#byName.set(name, { name, n, k, at, grad: 0, transposed, scales });
        continue;
      }
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
    const staging = this.#kernel.scratch(values.length);
    this.#kernel.floats(staging, values.length).set(values);
    this.#kernel.functions.pack(staging, n, k, at);
    this.transpose(name);
  }

  /**
   * Stores one matrix in fixed point; its transpose, for the input's gradient, is kept as floats.
   *
   * @throws UnseenError artefact-malformed where a sum of products could leave 32 bits
   */
  loadFixed(name: string, fixed: Fixed): void {
    const { n, k, at, scales = 0, transposed } = this.get(name);
    const { memory, pack, packFixed } = this.#kernel.functions;
    if (!packFixed || fixed.integers.length !== n * k || fixed.scales.length !== n) {
      throw new RangeError(`${name} has ${fixed.integers.length} integers and ${fixed.scales.length} scales`);
    }
    const staging = this.#kernel.scratch(n * k);
    new Int16Array(memory.buffer, staging, n * k).set(fixed.integers);
    if (packFixed(staging, n, k, at) >= 2 ** 31) {
      throw new UnseenError(
        "artefact-malformed",
        `tensor "${name}" has integers so large that sums of them can leave 32 bits`,
        "Quantise the model again with `unseen quantize`.",
      );
    }
    this.#kernel.floats(scales, n).set(fixed.scales);
    if (!transposed) return;
    const values = floatsOf(fixed);
    const turned = this.#kernel.floats(staging, n * k);
    for (let row = 0; row < n; row++) for (let i = 0; i < k; i++) turned[i * n + row] = values[row * k + i];
    pack(staging, k, n, transposed);
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
}

/** Where weights come from: floats, and of those stored in fixed point the integers. */
export interface StoredWeights {
  values(name: string): Float32Array;
  fixed(name: string): Fixed | undefined;
}

/** Parameters of these shapes, filled, each in the form it is stored in. */
export function loadedParameters(
  kernel: Kernel,
  shapes: ReadonlyMap<string, readonly number[]>,
  stored: StoredWeights,
  transposes = false,
): Parameters {
  const fixed = new Map([...shapes.keys()].map((name) => [name, stored.fixed(name)]));
  const names = [...fixed].filter(([, integers]) => integers).map(([name]) => name);
  const weights = new Parameters(kernel, shapes, { transposes, fixed: new Set(names) });
  for (const [name, integers] of fixed) {
    if (integers) weights.loadFixed(name, integers);
    else weights.load(name, stored.values(name));
  }
  return weights;
}

/** Floats a weight takes: whole panels of 16 columns, each k deep. */
function storedLength([n, k = 1]: readonly number[]): number {
  return Math.ceil(n / 16) * 16 * Math.max(k, 1);
}
