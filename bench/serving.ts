/**
 * The Worker under load, in workerd itself on loopback, beside the same Worker without scoring and beside Fastify with
 * onnxruntime-node; and where its time goes. Writes docs/performance-serving.md.
 *
 *     node bench/serving.ts            under four minutes
 *     node bench/serving.ts --quick    under a minute and a half: fewer and shorter rounds, no profile, writes nothing
 *     node bench/serving.ts --json     prints the figures, writes nothing
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Artefact } from "../model/artefact.ts";
import { RowEncoder } from "../model/encode.ts";
import { RowReader } from "../model/row-reader.ts";
import { Scorer } from "../model/scorer.ts";
import { tierOf } from "../model/tier.ts";
import { builtModule, kernelModule } from "../trainer/learn/engine.ts";
import { quantise } from "../trainer/learn/quantise.ts";
import { envelopeOf } from "../worker/envelope.ts";
import { ROWS } from "../worker/limits.ts";
import { BINARY_TYPE, JSON_TYPE } from "../worker/media.ts";
import { defaultLearner } from "./default-learner.ts";
import { REFERENCE, referenceModel, referenceRows } from "./reference-network.ts";
import { type Asked, load, type Rounds } from "./serving/load.ts";
import { BINARY, LISTS, OBJECTS, page, type Served } from "./serving/page.ts";
import { profile } from "./serving/profile.ts";
import { IDLE, type Server, startServers } from "./serving/servers.ts";

const BATCHES = [1, 64] as const;
/** Profiled requests, by batch. */
const PROFILED: Readonly<Record<number, number>> = { 1: 800, 64: 150 };
const reader = new RowReader(builtModule("rows"));

const { values } = parseArgs({ options: { json: { type: "boolean" }, quick: { type: "boolean", default: false } } });
const { quick } = values;
const rounds: Rounds = quick ? { seconds: 0.4, rounds: 3 } : { seconds: 1, rounds: 5 };
const say = (text: string): void => {
  if (!values.json) console.error(`· ${text}`);
};
say("a model of the default learner");
const models = new Map<string, Artefact>([
  ["the reference network", referenceModel()],
  ["the reference network in int16", quantise(referenceModel(), "int16")],
  ["a model of the default learner", await defaultLearner(REFERENCE.inputs, quick)],
]);
say("servers");
const { compared, bare, watched, stop } = await startServers(models, { watch: !quick });
const served: Served[] = [];
try {
  for (const [title, model] of models) {
    const servers = compared.get(title) ?? [];
    const [worker] = servers;
    const more = model === models.values().next().value;
    const many = jsonOf(model, rowsOf(model, 64));
    // no round that counts: V8 takes its time to compile the kernel
    await load([{ ...worker, type: JSON_TYPE, body: many }], { seconds: 2, rounds: 0 });
    for (const batch of BATCHES) {
      say(`${title}, batch ${batch}`);
      const rows = rowsOf(model, batch);
      const body = jsonOf(model, rows);
      await compare(model, servers, body);
      const asked: Asked[] = [...servers, ...(more ? bare : [])].map((one) => ({ ...one, type: JSON_TYPE, body }));
      if (more) {
        // the reader of rows knows names as JSON.stringify writes them
        const escaped = body.replace('"f0"', String.raw`"\u00660"`);
        const lists = JSON.stringify({ instances: rows.map((row) => [...row]) });
        if (!isReadStraight(model, body) || !isReadStraight(model, lists) || isReadStraight(model, escaped)) {
          throw new Error("rows go another way to numbers than their table says");
        }
        for (const other of [escaped, lists]) await compare(model, [worker], other);
        asked.push(
          { ...worker, name: OBJECTS, type: JSON_TYPE, body: escaped },
          { ...worker, name: LISTS, type: JSON_TYPE, body: lists },
          { ...worker, name: BINARY, type: BINARY_TYPE, body: encoded(model, rows) },
        );
      }
      const loads = await load(asked, rounds);
      const watcher = more ? watched?.servers.get(title) : undefined;
      const parts =
        watched && watcher && (await profile(watched.inspector, PROFILED[batch], () => post(watcher, body)));
      served.push({ title, batch, bytes: body.length, loads, parts });
    }
  }
} finally {
  await stop();
}
if (values.json) console.log(JSON.stringify(served));
else {
  const text = page(served, rounds);
  if (!quick) writeFileSync(new URL("../docs/performance-serving.md", import.meta.url), text);
  console.log(text);
}
process.exit(0);

/** Rows of as many digits as floats have. */
function rowsOf({ schema }: Artefact, rows: number): Float32Array[] {
  const { length } = schema.features;
  const x = referenceRows(rows, length);
  return Array.from({ length: rows }, (_, i) => x.subarray(i * length, (i + 1) * length));
}

function jsonOf({ schema }: Artefact, rows: readonly Float32Array[]): string {
  const named = (row: Float32Array): object => Object.fromEntries(schema.features.map(({ name }, i) => [name, row[i]]));
  return JSON.stringify({ instances: rows.map(named) });
}

/** Whether the Worker reads a body's rows without JSON.parse. */
function isReadStraight({ schema }: Artefact, body: string): boolean {
  const bytes = Buffer.from(body);
  const envelope = envelopeOf(bytes);
  return envelope !== undefined && reader.read(schema, bytes, envelope.start, envelope.end, ROWS);
}

/** Rows as the network reads them. */
function encoded(model: Artefact, rows: readonly Float32Array[]): Buffer {
  const encoder = new RowEncoder(model.schema);
  const inputs = new Float32Array(rows.length * encoder.width);
  for (const [i, row] of rows.entries()) encoder.encode([...row], inputs, i * encoder.width, i);
  return Buffer.from(inputs.buffer);
}

async function post({ url }: Server, body: string): Promise<{ predictions: { score: number }[] }> {
  const answer = await fetch(url, { method: "POST", body, headers: { "content-type": JSON_TYPE } });
  if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as { predictions: { score: number }[] };
}

/** Everybody but the idle one gives the same scores. */
async function compare(model: Artefact, servers: readonly Server[], body: string): Promise<void> {
  const { instances } = JSON.parse(body) as { instances: Record<string, number>[] };
  // the peer has integers times scales as floats, so it rounds otherwise
  const tolerance = tierOf(model.tensors) === "int16" ? 5e-3 : 1e-5;
  const wanted = new Scorer(model, kernelModule("score")).scoreRows(instances);
  for (const server of servers.filter(({ name }) => name !== IDLE)) {
    const { predictions } = await post(server, body);
    const off = predictions
      .map(({ score }, i) => Math.abs(score - wanted[i]))
      .filter((difference) => difference > tolerance);
    // a tree's threshold may lie within rounding of a row, docs/onnx.md
    if (predictions.length !== wanted.length || off.length > 1) throw new Error(`${server.name} scores otherwise`);
  }
}
