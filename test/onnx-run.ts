/** Runs an exported ONNX file with onnxruntime, native or WebAssembly, on rows as callers of a model give them. */
import * as native from "onnxruntime-node";
import web from "onnxruntime-web";
import type { Row, Schema } from "../model/schema.ts";
import { inputColumns } from "../trainer/export/preprocessing.ts";

web.env.wasm.numThreads = 1;

export const RUNTIMES = { "onnxruntime-node": native, "onnxruntime-web": web } as const;
export type RuntimeName = keyof typeof RUNTIMES;

/** Scores (rows) of rows in schema order: missing numbers as NaN, categories as strings. */
export async function scoreRows(
  runtime: RuntimeName,
  model: Uint8Array,
  schema: Schema,
  rows: readonly Row[],
): Promise<Float32Array> {
  const { Tensor } = RUNTIMES[runtime];
  const places = new Map(schema.features.map(({ name }, i) => [name, i]));
  const cells = (names: readonly string[]): unknown[] =>
    rows.flatMap((row) => names.map((name) => (row as readonly unknown[])[places.get(name) ?? -1]));
  const { numbers, categories } = inputColumns(schema);
  const feeds: Record<string, native.Tensor> = {};
  if (numbers.length > 0) {
    const values = Float64Array.from(cells(numbers), (cell) => (cell === null ? Number.NaN : Number(cell)));
    feeds.numbers = new Tensor("float64", values, [rows.length, numbers.length]);
  }
  if (categories.length > 0) {
    // a name no feature has as a value
    const values = cells(categories).map((cell) => (cell === null ? "(missing)" : String(cell)));
    feeds.categories = new Tensor("string", values, [rows.length, categories.length]);
  }
  return run(runtime, model, feeds);
}

/** Scores (rows) of encoded rows x (rows, inputs), for files without preprocessing. */
export async function scoreEncoded(
  runtime: RuntimeName,
  model: Uint8Array,
  x: Float32Array,
  inputs: number,
): Promise<Float32Array> {
  return run(runtime, model, { x: new RUNTIMES[runtime].Tensor("float32", x, [x.length / inputs, inputs]) });
}

async function run(
  runtime: RuntimeName,
  model: Uint8Array,
  feeds: Record<string, native.Tensor>,
): Promise<Float32Array> {
  const session = await RUNTIMES[runtime].InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const { score } = await session.run(feeds);
  const { data } = score;
  await session.release();
  if (!(data instanceof Float32Array)) throw new TypeError("scores are not floats");
  return data;
}
