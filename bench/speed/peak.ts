/** The most that this machine can do: loops of nothing but arithmetic, or nothing but loads, compiled like the kernel. */
import { compileString } from "assemblyscript/asc";
import { weightsInKernels } from "./weights.ts";

/** One loop: AssemblyScript of `start(turns)`, and operations (two a product) of one turn. */
interface Loop {
  readonly source: string;
  readonly turn: number;
}

const counted = (many: number, written: (i: number) => string): string =>
  Array.from({ length: many }, (_, i) => written(i)).join(" ");

/** Chains x ← x·a + b: as many as the registers hold, each waiting for its own last result. */
function chains(many: number, step: (x: string) => string): Loop {
  const source = `
export function start(turns: i32): f32 {
  const a = v128.load(512); const b = v128.load(512, 16);
  ${counted(many, (i) => `let x${i} = v128.load(${16 * i}, 640);`)}
  for (let i = 0; i < turns; i++) { ${counted(many, (i) => `x${i} = ${step(`x${i}`)};`)} }
  ${counted(many - 1, (i) => `x0 = f32x4.add(x0, x${i + 1});`)}
  return f32x4.extract_lane(x0, 0);
}`;
  return { source, turn: many * 4 * 2 };
}

/** The kernel's tile of rows by vectors: sums and weights in registers, values of the rows broadcast from memory. */
function tile(rows: number, vectors: number, lanes: number, step: (x: string, w: string, sum: string) => string): Loop {
  const source = `
export function start(turns: i32): f32 {
  ${counted(vectors, (i) => `const w${i} = v128.load(${16 * i}, 512);`)}
  ${counted(rows * vectors, (i) => `let a${i} = v128.load(${16 * i}, 640);`)}
  for (let i = 0; i < turns; i++) {
    ${counted(rows, (i) => `const x${i} = v128.load32_splat((i & 15) << 2, ${64 * i});`)}
    ${counted(rows * vectors, (i) => `a${i} = ${step(`x${Math.floor(i / vectors)}`, `w${i % vectors}`, `a${i}`)};`)}
  }
  ${counted(rows * vectors - 1, (i) => `a0 = v128.xor(a0, a${i + 1});`)}
  return f32x4.extract_lane(a0, 0);
}`;
  return { source, turn: rows * vectors * lanes * 2 };
}

/** The fastest loop of each is the peak. A product and its sum in two instructions wait longer in a chain than in a tile. */
const LOOPS = {
  "mul + add": [
    chains(12, (x) => `f32x4.add(f32x4.mul(${x}, a), b)`),
    tile(2, 4, 4, (x, w, sum) => `f32x4.add(f32x4.mul(${x}, ${w}), ${sum})`),
  ],
  "relaxed FMA": [
    chains(12, (x) => `f32x4.relaxed_madd(${x}, a, b)`),
    tile(6, 2, 4, (x, w, sum) => `f32x4.relaxed_madd(${x}, ${w}, ${sum})`),
  ],
  "int16 dot + add": [tile(2, 4, 8, (x, w, sum) => `i32x4.add(i32x4.dot_i16x8_s(${x}, ${w}), ${sum})`)],
} as const satisfies Record<string, readonly Loop[]>;

export type PeakName = keyof typeof LOOPS | "reading weights";
export const PEAKS: readonly PeakName[] = [...(Object.keys(LOOPS) as (keyof typeof LOOPS)[]), "reading weights"];

/** What one call of a loop does: as much as takes some tenths of a millisecond. */
const CALL = 2e7;

/** A loop that is ready: what a call does, in operations or bytes, and the call. */
export interface Peak {
  readonly done: number;
  readonly run: () => number;
}

/** The loops of which the fastest is the peak. */
export async function peakLoops(name: PeakName): Promise<Peak[]> {
  return name === "reading weights" ? reading() : Promise.all(LOOPS[name].map(arithmetic));
}

async function arithmetic({ source, turn }: Loop): Promise<Peak> {
  const module = await compiled(`memory.data(4096);${source}`);
  const start = new WebAssembly.Instance(module, {}).exports.start as (turns: number) => number;
  const turns = Math.ceil(CALL / turn);
  return { done: turns * turn, run: () => start(turns) };
}

/**
 * All weights of the reference network where kernels keep them, by eight vectors of 16 bytes, as wide as SIMD128 loads.
 * How many of them the second-level cache holds depends on the pages a memory was given, hence several.
 */
async function reading(): Promise<Peak[]> {
  const module = await compiled(
    `export function start(at: usize, end: usize): i32 {
  ${counted(8, (i) => `let a${i} = i64x2.splat(0);`)}
  for (; at < end; at += 128) { ${counted(8, (i) => `a${i} = v128.xor(a${i}, v128.load(at, ${16 * i}));`)} }
  ${counted(7, (i) => `a0 = v128.xor(a0, a${i + 1});`)}
  return i32x4.extract_lane(a0, 0);
}`,
    true,
  );
  return weightsInKernels().map(({ memory, at, end }) => {
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    const start = exports.start as (at: number, end: number) => number;
    return { done: end - at, run: () => start(at, end) };
  });
}

async function compiled(source: string, importMemory = false): Promise<WebAssembly.Module> {
  const { binary, stderr } = await compileString(source, {
    optimizeLevel: 3,
    runtime: "stub",
    enable: ["simd", "relaxed-simd"],
    use: ["abort="],
    importMemory,
  });
  if (!binary) throw new Error(`the loop does not compile: ${stderr}`);
  return new WebAssembly.Module(binary.slice());
}
