/**
 * The Worker under load, in workerd itself on loopback, beside the same Worker without scoring and beside Fastify with
 * onnxruntime-node; and where its time goes. Writes docs/performance-serving.md.
 *
 *     node bench/serving.ts            about six minutes
 *     node bench/serving.ts --json     prints the figures, writes nothing
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Artefact } from "../model/artefact.ts";
import { Scorer } from "../model/scorer.ts";
import { tierOf } from "../model/tier.ts";
import { kernelModule } from "../trainer/learn/engine.ts";
import { quantise } from "../trainer/learn/quantise.ts";
import { defaultLearner } from "./default-learner.ts";
import { REFERENCE, referenceModel, referenceRows } from "./reference-network.ts";
import { load } from "./serving/load.ts";
import { page, type Served } from "./serving/page.ts";
import { profile } from "./serving/profile.ts";
import { IDLE, type Server, startServers } from "./serving/servers.ts";

const BATCHES = [1, 64] as const;
const SECONDS = 3;
const ROUNDS = 5;
/** Profiled requests, by batch. */
const PROFILED: Readonly<Record<number, number>> = { 1: 3000, 64: 300 };

const { values } = parseArgs({ options: { json: { type: "boolean" } } });
const models = new Map<string, Artefact>([
  ["the reference network", referenceModel()],
  ["the reference network in int16", quantise(referenceModel(), "int16")],
  ["a model of the default learner", await defaultLearner(REFERENCE.inputs)],
]);
const served: Served[] = [];
for (const [title, model] of models) {
  const { servers, watched, stop } = await startServers(model);
  try {
    for (const batch of BATCHES) {
      if (!values.json) console.error(`· ${title}, batch ${batch}`);
      const body = requestOf(model, batch);
      await compare(model, servers, body);
      const loads = await load(servers, body, SECONDS, ROUNDS);
      const parts = await profile(watched.inspector, PROFILED[batch], () => post(watched, body));
      served.push({ title, batch, bytes: body.length, loads, parts });
    }
  } finally {
    await stop();
  }
}
if (values.json) console.log(JSON.stringify(served));
else {
  const text = page(served, { seconds: SECONDS, rounds: ROUNDS });
  writeFileSync(new URL("../docs/performance-serving.md", import.meta.url), text);
  console.log(text);
}
process.exit(0);

/** Rows as callers send them: named values with as many digits as floats have. */
function requestOf({ schema }: Artefact, rows: number): string {
  const { length } = schema.features;
  const x = referenceRows(rows, length);
  const instances = Array.from({ length: rows }, (_, i) =>
    Object.fromEntries(schema.features.map(({ name }, j) => [name, x[i * length + j]])),
  );
  return JSON.stringify({ instances });
}

async function post({ url }: Server, body: string): Promise<{ predictions: { score: number }[] }> {
  const answer = await fetch(url, { method: "POST", body, headers: { "content-type": "application/json" } });
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
