/**
 * One cold start, in a process of its own since V8 keeps compiled code: from the bytes of kernel and model to the first
 * score, in milliseconds on standard output. JavaScript is loaded before the clock starts, for ours and for its peer.
 *
 *     node bench/speed/cold.ts unseen|onnxruntime-web KERNEL MODEL
 */
import { readFileSync } from "node:fs";
import { Scorer } from "../../model/scorer.ts";
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

if (who === "unseen") {
  const [kernelBytes, modelBytes] = [readFileSync(kernel), readFileSync(model)];
  const module = await step("compile", () => WebAssembly.compile(kernelBytes));
  const scorer = await step("parse, check, pack, self-test", () => Scorer.open(modelBytes, module));
  await step("first score", () => scorer.score(x, 1));
} else {
  const { default: ort } = await import("onnxruntime-web");
  ort.env.wasm.numThreads = 1;
  const modelBytes = readFileSync(model);
  const session = await step("compile and parse", () => ort.InferenceSession.create(modelBytes));
  await step("first score", () => session.run({ x: new ort.Tensor("float32", x, [1, REFERENCE.inputs]) }));
}
console.log(JSON.stringify(steps));
