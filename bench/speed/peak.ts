/** The most that this machine can do: loops of nothing but arithmetic, or nothing but loads, compiled like the kernel. */
import { compileString } from "assemblyscript/asc";

/** One loop: AssemblyScript of `start(turns)`, and operations (two a product) or bytes of one turn. */
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

/** Bytes that the loop of loads goes over: as many as the reference network's weights have. */
const READ = 446_000 * 4;

/** Everything in memory once a turn, by eight vectors. */
const reading: Loop = {
  source: `
export function start(turns: i32): f32 {
  ${counted(8, (i) => `let a${i} = i64x2.splat(0);`)}
  for (let turn = 0; turn < turns; turn++) {
    for (let at: usize = 4096; at < 4096 + ${READ - (READ % 128)}; at += 128) {
      ${counted(8, (i) => `a${i} = v128.xor(a${i}, v128.load(at, ${16 * i}));`)}
    }
  }
  ${counted(7, (i) => `a0 = v128.xor(a0, a${i + 1});`)}
  return f32x4.extract_lane(a0, 0);
}`,
  turn: READ - (READ % 128),
};

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
  "reading weights": [reading],
} as const satisfies Record<string, readonly Loop[]>;

export type PeakName = keyof typeof LOOPS;
export const PEAKS = Object.keys(LOOPS) as PeakName[];

/** What one call of a loop does: as much as takes some tenths of a millisecond. */
const CALL = 2e7;

/** A loop that is ready: what a call does, in operations or bytes, and the call. */
export interface Peak {
  readonly done: number;
  readonly run: () => number;
}

/** The loops of which the fastest is the peak. */
export async function peakLoops(name: PeakName): Promise<Peak[]> {
  return Promise.all(LOOPS[name].map(compiled));
}

async function compiled({ source, turn }: Loop): Promise<Peak> {
  const { binary, stderr } = await compileString(`memory.data(${4096 + READ});${source}`, {
    optimizeLevel: 3,
    runtime: "stub",
    enable: ["simd", "relaxed-simd"],
    use: ["abort="],
  });
  if (!binary) throw new Error(`the loop does not compile: ${stderr}`);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary.slice()), {});
  const start = exports.start as (turns: number) => number;
  const turns = Math.ceil(CALL / turn);
  return { done: turns * turn, run: () => start(turns) };
}
