/** A model's ONNX export in onnxruntime, its WebAssembly or its native build, one thread. */
import * as native from "onnxruntime-node";
import web from "onnxruntime-web";
import type { Artefact } from "../../model/artefact.ts";
import { toOnnx } from "../../trainer/export/onnx.ts";

const RUNTIMES = { "onnxruntime-web": web, "onnxruntime-node": native } as const;

/** Scores encoded rows; tensors over them are made before, as their values do not change. */
export async function onnx(runtime: keyof typeof RUNTIMES, model: Artefact, x: Float32Array) {
  web.env.wasm.numThreads = 1;
  const { InferenceSession, Tensor } = RUNTIMES[runtime];
  const bytes = toOnnx(model, { encoded: true });
  const session = await InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const { inputs } = model.network;
  const feeds = new Map<number, native.Tensor>();
  return async (rows: number): Promise<Float32Array> => {
    let feed = feeds.get(rows);
    if (!feed) {
      feed = new Tensor("float32", x.slice(0, rows * inputs), [rows, inputs]);
      feeds.set(rows, feed);
    }
    const { score } = await session.run({ x: feed });
    return score.data as Float32Array;
  };
}
