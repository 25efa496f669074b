/** The published network in TensorFlow.js on its WebAssembly backend, one thread. */
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import type { Artefact, ResidualShape } from "../../model/artefact.ts";
import { tensorValues } from "../../model/tensor.ts";

export async function tfjs({ tensors }: Artefact, { inputs, blocks }: ResidualShape, x: Float32Array) {
  setWasmPaths(fileURLToPath(new URL("../../node_modules/@tensorflow/tfjs-backend-wasm/dist/", import.meta.url)));
  setThreadsCount(1);
  await tf.setBackend("wasm");
  await tf.ready();
  const weights = new Map<string, tf.Tensor>();
  for (const [name, tensor] of tensors) {
    const given = tf.tensor(tensorValues(tensor), [...tensor.shape]);
    // its fused product adds the wrong bias to a transposed matrix (4.22), so matrices are transposed here
    weights.set(name, name.endsWith(".w") ? tf.transpose(given) : given);
  }
  const w = (name: string): tf.Tensor => {
    const found = weights.get(name);
    if (!found) throw new Error(`no weight ${name}`);
    return found;
  };
  const linear = (value: tf.Tensor, name: string): tf.Tensor =>
    tf.fused.matMul({
      a: value as tf.Tensor2D,
      b: w(`${name}.w`) as tf.Tensor2D,
      bias: w(`${name}.b`),
    });
  const gelu = (value: tf.Tensor): tf.Tensor =>
    tf.mul(tf.mul(value, 0.5), tf.add(tf.erf(tf.mul(value, Math.SQRT1_2)), 1));
  const layerNorm = (value: tf.Tensor, name: string): tf.Tensor => {
    const { mean, variance } = tf.moments(value, 1, true);
    const standard = tf.mul(tf.sub(value, mean), tf.rsqrt(tf.add(variance, 1e-5)));
    return tf.add(tf.mul(standard, w(`${name}.g`)), w(`${name}.b`));
  };
  return async (rows: number): Promise<Float32Array> => {
    const scores = tf.tidy(() => {
      let h = gelu(linear(tf.tensor2d(x.subarray(0, rows * inputs), [rows, inputs]), "in"));
      for (let i = 0; i < blocks; i++) {
        const a = linear(gelu(layerNorm(h, `b${i}.ln1`)), `b${i}.fc1`);
        h = tf.add(h, tf.mul(linear(gelu(layerNorm(a, `b${i}.ln2`)), `b${i}.fc2`), 0.5));
      }
      const logits = linear(gelu(layerNorm(linear(h, "out"), "head.ln")), "head");
      return tf.slice(tf.softmax(logits), [0, 1], [rows, 1]);
    });
    const values = await scores.data<"float32">();
    scores.dispose();
    return values;
  };
}
