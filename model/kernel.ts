/** The kernel host: one WebAssembly instance and its memory, used alike by Node, the Worker and the browser. */

/** Names of the operations a program may hold; codes are read from the module itself. */
export type Operation =
  | "LINEAR"
  | "LINEAR_FIXED"
  | "GELU"
  | "GELU_BACKWARD"
  | "LAYER_NORM"
  | "LAYER_NORM_BACKWARD"
  | "SCORES"
  | "CONFIDENCE_GRADIENT"
  | "SIGN_STEP"
  | "TAILS"
  | "LOG_MEAN_SQUARE"
  | "MULTIPLY"
  | "NEAREST"
  | "FOREST"
  | "STANDARDISE"
  | "LINEAR_GRADIENT"
  | "ACCUMULATE"
  | "CROSS_ENTROPY"
  | "HINGE_MARGIN"
  | "SQUARED_ERROR"
  | "PACK_TRANSPOSED"
  | "SQUARES"
  | "ADAMW";

/** What score.wasm exports as functions; train.wasm adds those of trainer/learn/team.ts. */
export interface KernelFunctions {
  readonly memory: WebAssembly.Memory;
  stride(width: number): number;
  pack(matrix: number, n: number, k: number, packed: number): void;
  /** In score.wasm only: nothing is trained in fixed point. */
  packFixed?(matrix: number, n: number, k: number, packed: number): number;
  packTransposed(packed: number, n: number, k: number, transposed: number): void;
  notFinite(values: number, count: number): number;
  notWhole(values: number, count: number, step: number, most: number): number;
  wrongNode(nodes: number, count: number, columns: number, most: number, leaves: number): number;
  leavesBelow(nodes: number, node: number): number;
  layForest(
    nodes: number,
    roots: number,
    count: number,
    columns: number,
    trees: number,
    byTree: number,
    leaves: number,
    starts: number,
    byColumn: number,
  ): void;
  run(program: number, count: number, rows: number): void;
}

/** An address in the kernel's memory, in bytes; 0 stands for none. */
export type Address = number;

/** A float argument of an instruction, told apart from the integers. */
export interface FloatArgument {
  readonly float: number;
}

export type Instruction = readonly [Operation, ...(Address | FloatArgument)[]];

const PAGE = 65536;
/** Pages that memory grows by at the least: each time, the engine makes room anew. */
const GROWTH = 8;
const ALIGNMENT = 64;

/**
 * One instance of the kernel. Memory is handed out once and never back: drop the kernel to free it.
 * A view from `floats` is good until the next `allocate`, which may move the memory.
 */
export class Kernel<Functions extends KernelFunctions = KernelFunctions> {
  readonly functions: Functions;
  readonly #exports: WebAssembly.Exports;
  #next: Address;
  /** Up to where scratch may have left something. */
  #used: Address = 0;

  /** @param memory what a module that brings none of its own works on */
  constructor(module: WebAssembly.Module, memory?: WebAssembly.Memory) {
    this.#exports = new WebAssembly.Instance(module, memory ? { env: { memory } } : {}).exports;
    this.functions = this.#exports as unknown as Functions;
    this.#next = align(this.#constant("base"));
  }

  /** Bytes of memory the instance holds. */
  get bytes(): number {
    return this.functions.memory.buffer.byteLength;
  }

  /** Reserves `floats` f32 values, zeroed, on a cache line. */
  allocate(floats: number): Address {
    const at = this.#next;
    this.#next = align(at + floats * 4);
    this.#reach(this.#next);
    const used = Math.min(this.#next, this.#used) - at;
    if (used > 0) new Uint8Array(this.functions.memory.buffer, at, used).fill(0);
    return at;
  }

  /** Room for `floats` f32 values, not zeroed, that is handed out again: good until the next `allocate` or `scratch`. */
  scratch(floats: number): Address {
    const end = this.#next + floats * 4;
    this.#reach(end);
    this.#used = Math.max(this.#used, end);
    return this.#next;
  }

  /** The f32 values at an address, as a view. */
  floats(at: Address, length: number): Float32Array {
    return new Float32Array(this.functions.memory.buffer, at, length);
  }

  /** The f64 values at an address, as a view. */
  doubles(at: Address, length: number): Float64Array {
    return new Float64Array(this.functions.memory.buffer, at, length);
  }

  /** Lays a program into memory and returns a function that runs it over some rows. */
  compile(instructions: readonly Instruction[]): (rows: number) => void {
    const at = this.place(instructions);
    const { run } = this.functions;
    const count = instructions.length;
    return (rows) => run(at, count, rows);
  }

  /** Lays a program into memory. */
  protected place(instructions: readonly Instruction[]): Address {
    const size = this.#constant("INSTRUCTION");
    const at = this.allocate((instructions.length * size) / 4);
    const words = new DataView(this.functions.memory.buffer, at, instructions.length * size);
    for (const [i, [operation, ...args]] of instructions.entries()) {
      words.setInt32(i * size, this.#constant(operation), true);
      for (const [j, value] of args.entries()) {
        const place = i * size + 4 * (j + 1);
        if (typeof value === "number") words.setInt32(place, value, true);
        else words.setFloat32(place, value.float, true);
      }
    }
    return at;
  }

  #reach(end: Address): void {
    const missing = end - this.bytes;
    if (missing > 0) this.functions.memory.grow(Math.max(GROWTH, Math.ceil(missing / PAGE)));
  }

  #constant(name: string): number {
    const global = this.#exports[name];
    if (!(global instanceof WebAssembly.Global)) throw new TypeError(`the kernel has no ${name}`);
    return global.value as number;
  }
}

function align(at: number): number {
  return Math.ceil(at / ALIGNMENT) * ALIGNMENT;
}
