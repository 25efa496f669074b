/** The most that SIMD128 can do on this machine: loops that touch registers only, compiled like the kernel. */
import { compileString } from "assemblyscript/asc";

/** Multiplications and additions of one turn: as many chains as hide the latency, of four lanes, two each. */
const CHAINS = 12;
const TURN = CHAINS * 4 * 2;
const TURNS = 20_000;

const names = Array.from({ length: CHAINS }, (_, i) => `x${i}`);
const loop = (step: (x: string) => string): string => `
export function run(turns: i32, a: v128, b: v128): f32 {
  ${names.map((x, i) => `let ${x} = f32x4.splat(${i} as f32);`).join(" ")}
  for (let i = 0; i < turns; i++) { ${names.map((x) => `${x} = ${step(x)};`).join(" ")} }
  let sum = x0;
  ${names
    .slice(1)
    .map((x) => `sum = f32x4.add(sum, ${x});`)
    .join(" ")}
  return f32x4.extract_lane(sum, 0);
}
export function start(turns: i32): f32 { return run(turns, f32x4.splat(0.999), f32x4.splat(0.001)); }
`;

const SOURCES = {
  "mul + add": { source: loop((x) => `f32x4.add(f32x4.mul(${x}, a), b)`), relaxed: false },
  "relaxed FMA": { source: loop((x) => `f32x4.relaxed_madd(${x}, a, b)`), relaxed: true },
} as const;

export type PeakName = keyof typeof SOURCES;
export const PEAKS = Object.keys(SOURCES) as PeakName[];

/** Billions of operations a second at so many microseconds a call of `peak`. */
export function gigaflops(micros: number): number {
  return (TURN * TURNS) / micros / 1000;
}

/** One call runs a fixed number of operations. */
export async function peak(name: PeakName): Promise<() => number> {
  const { source, relaxed } = SOURCES[name];
  const features = relaxed ? ["simd", "relaxed-simd"] : ["simd"];
  const { binary, stderr } = await compileString(source, {
    optimizeLevel: 3,
    runtime: "stub",
    enable: features,
    noExportMemory: true,
    use: ["abort="],
  });
  if (!binary) throw new Error(`the loop does not compile: ${stderr}`);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(binary.slice()), {});
  const start = instance.exports.start as (turns: number) => number;
  return () => start(TURNS);
}
