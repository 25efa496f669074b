/**
 * The peer: Fastify and onnxruntime-node on one thread, taking and giving the same JSON as the Worker.
 *
 *     node bench/serving/fastify.ts MODEL.onnx PORT
 */
import { readFileSync } from "node:fs";
import Fastify from "fastify";
import { InferenceSession, Tensor } from "onnxruntime-node";

const [file, port] = process.argv.slice(2);
const session = await InferenceSession.create(readFileSync(file), { intraOpNumThreads: 1, interOpNumThreads: 1 });
const { columns, threshold } = JSON.parse(readFileSync(`${file}.json`, "utf8")) as {
  columns: { numbers: string[]; categories: string[] };
  threshold: number;
};
const { numbers, categories } = columns;

interface Body {
  readonly instances: readonly Readonly<Record<string, number | boolean | string | null>>[];
}

const app = Fastify({ bodyLimit: 4 * 1024 * 1024 });
// Fastify writes answers fastest where it knows their form
const prediction = {
  type: "object",
  properties: {
    score: { type: "number" },
    anomaly: { type: "boolean" },
    confidence: { type: "number" },
    margin: { type: "number" },
  },
};
const answer = { type: "object", properties: { predictions: { type: "array", items: prediction } } };

app.post<{ Body: Body }>("/v1/score", { schema: { response: { 200: answer } } }, async ({ body: { instances } }) => {
  const rows = instances.length;
  const feeds: Record<string, Tensor> = {};
  if (numbers.length > 0) {
    const values = new Float64Array(rows * numbers.length);
    let at = 0;
    for (const row of instances) {
      for (const name of numbers) {
        const value = row[name];
        values[at++] = value === null ? Number.NaN : Number(value);
      }
    }
    feeds.numbers = new Tensor("float64", values, [rows, numbers.length]);
  }
  if (categories.length > 0) {
    const values = instances.flatMap((row) => categories.map((name) => String(row[name])));
    feeds.categories = new Tensor("string", values, [rows, categories.length]);
  }
  const { score } = await session.run(feeds);
  const predictions = Array.from(score.data as Float32Array, (value) => ({
    score: value,
    anomaly: value >= threshold,
    confidence: Math.max(value, 1 - value),
    margin: value - threshold,
  }));
  return { predictions };
});
await app.listen({ host: "127.0.0.1", port: Number(port) });
