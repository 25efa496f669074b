/** Measures the scoring kernel beside onnxruntime-web on the same weights; writes docs/performance.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import ort from "onnxruntime-web";
import { Scorer } from "../model/scorer.ts";
import { toOnnx } from "../trainer/export/onnx.ts";
import { defaultLearner } from "./default-learner.ts";
import { REFERENCE, referenceModel, referenceRows } from "./reference-network.ts";

const ROUNDS = 15;
const rows = referenceRows(256, REFERENCE.inputs);

/** Milliseconds to run `work` `times` times. */
async function time(times: number, work: () => void | Promise<unknown>): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < times; i++) {
    const pending = work();
    if (pending) await pending;
  }
  return performance.now() - start;
}

function ours(name: string, odin: boolean): (batch: number) => Float32Array {
  const module = new WebAssembly.Module(readFileSync(new URL(`../build/${name}.wasm`, import.meta.url)));
  const scorer = new Scorer(referenceModel({ odin }), module);
  return (batch) => scorer.score(rows.subarray(0, batch * REFERENCE.inputs), batch);
}

ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(toOnnx(referenceModel(), { encoded: true }));
const feeds = new Map(
  [1, 16, 256].map((batch) => [batch, new ort.Tensor("float32", rows.slice(0, batch * 77), [batch, 77])]),
);
async function onnx(batch: number): Promise<Float32Array> {
  const { score } = await session.run({ x: feeds.get(batch) as ort.Tensor });
  return score.data as Float32Array;
}

const learner = await defaultLearner(REFERENCE.inputs);

const peers: Record<string, (batch: number) => Float32Array | Promise<Float32Array>> = {
  "this kernel, SIMD128": ours("score", false),
  "this kernel, relaxed SIMD": ours("score-relaxed", false),
  "this kernel with the ODIN step": ours("score", true),
  "this kernel, default learner": (batch) => learner.score(rows.subarray(0, batch * REFERENCE.inputs), batch),
  "onnxruntime-web, wasm, 1 thread": onnx,
};

const wanted = await onnx(256);
for (const name of ["score", "score-relaxed"]) {
  const got = ours(name, false)(256);
  const error = got.reduce((worst, s, i) => Math.max(worst, Math.abs(s - wanted[i])), 0);
  if (error > 1e-5) throw new Error(`${name} differs from onnxruntime by ${error}`);
}

const results = new Map<string, number[]>();
for (const batch of [1, 16, 256]) {
  const times = Math.max(8, Math.round(2000 / batch));
  for (const [name, run] of Object.entries(peers)) {
    await time(times, () => {
      const result = run(batch);
      return result instanceof Promise ? result : undefined;
    });
    results.set(`${name}/${batch}`, []);
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(peers)) {
      const ms = await time(times / 4, () => {
        const result = run(batch);
        return result instanceof Promise ? result : undefined;
      });
      results.get(`${name}/${batch}`)?.push((ms * 1000) / ((times / 4) * batch));
    }
  }
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const cell = (name: string, batch: number): string => {
  const values = results.get(`${name}/${batch}`) ?? [];
  return `${Math.min(...values).toFixed(1)} / ${median(values).toFixed(1)}`;
};
const ratio = (batch: number): string => {
  const of = (name: string): number => median(results.get(`${name}/${batch}`) ?? []);
  return (of("onnxruntime-web, wasm, 1 thread") / of("this kernel, SIMD128")).toFixed(2);
};
const lines = [
  "| µs per row, minimum / median | batch 1 | batch 16 | batch 256 |",
  "|---|---|---|---|",
  ...Object.keys(peers).map((name) => `| ${name} | ${[1, 16, 256].map((batch) => cell(name, batch)).join(" | ")} |`),
  `| onnxruntime-web over SIMD128, ratio of medians | ${[1, 16, 256].map(ratio).join(" | ")} |`,
];
const document = `# Performance

Written by \`node bench/kernel.ts\` on ${new Date().toISOString().slice(0, 10)}: ${cpus()[0].model.trim()}, ${cpus().length} cores, Node ${process.versions.node}, onnxruntime-web ${ort.env.versions.web ?? "?"}; one thread, ${ROUNDS} interleaved rounds in one run.
The reference network (77 → 256, 3 residual blocks, → 128 → 2; 446 k weights), same weights for all, outputs compared to 1e-5 first; and a model of the default learner with as many inputs (${learner.artefact.training.families.length} families, ${learner.artefact.training.normalRows} normal rows), as unseen train makes it. Absolute times depend on the machine: compare the ratios.

${lines.join("\n")}
`;
writeFileSync(new URL("../docs/performance.md", import.meta.url), document);
console.log(document);
