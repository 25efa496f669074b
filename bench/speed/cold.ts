/**
 * One cold start, in a process of its own since V8 keeps compiled code: from the bytes of kernel and model to the first
 * score, in milliseconds on standard output. JavaScript is loaded before the clock starts, for ours and for its peer.
 * Ours is opened once more after that, which tells how much of the first time was code that had never run, and as much
 * memory as the kernel holds is written to for the first time, which is what the system takes to hand it out.
 *
 *     node bench/speed/cold.ts unseen|onnxruntime-web KERNEL MODEL
 */
import { readFileSync } from "node:fs";
import { readArtefact } from "../../model/artefact.ts";
import { Kernel } from "../../model/kernel.ts";
import { Scorer } from "../../model/scorer.ts";
import { searchesIn } from "../../model/soundness.ts";
import { REFERENCE, referenceRows } from "../reference-network.ts";

const [who, kernel, model] = process.argv.slice(2);
const x = referenceRows(1, REFERENCE.inputs);
const steps: Record<string, number> = {};
const step = async <T>(name: string, work: () => T): Promise<Awaited<T>> => {
  const start = performance.now();
  const result = await work();
  steps[name] = performance.now() - start;
  return result;
};

let again = 0;
let memory = 0;
if (who === "unseen") {
  const [kernelBytes, modelBytes] = [readFileSync(kernel), readFileSync(model)];
  const module = await step("compile", () => WebAssembly.compile(kernelBytes));
  const instance = await step("instantiate", () => new Kernel(module));
  // as Scorer.open does
  const artefact = await step("parse and check", () => readArtefact(modelBytes, searchesIn(instance)));
  const scorer = await step("pack and self-test", () => new Scorer(artefact, instance));
  await step("first score", () => scorer.score(x, 1));
  const start = performance.now();
  Scorer.open(modelBytes, module).score(x, 1);
  again = performance.now() - start;
  const { buffer } = new WebAssembly.Memory({ initial: scorer.bytes / 65536 });
  const untouched = performance.now();
  new Uint8Array(buffer).fill(1);
  memory = performance.now() - untouched;
} else {
  const { default: ort } = await import("onnxruntime-web");
  // left alone, it would look for both while the clock runs
  await import(kernel.replace(/wasm$/, "mjs"));
  ort.env.wasm.wasmBinary = readFileSync(kernel);
  ort.env.wasm.numThreads = 1;
  const modelBytes = readFileSync(model);
  const session = await step("compile and parse", () => ort.InferenceSession.create(modelBytes));
  await step("first score", () => session.run({ x: new ort.Tensor("float32", x, [1, REFERENCE.inputs]) }));
}
console.log(JSON.stringify({ steps, again, memory }));
