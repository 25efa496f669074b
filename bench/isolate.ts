/**
 * Measures what an isolate holds beside its limit of 128 MB, into docs/operations.md:
 *
 *     node bench/isolate.ts
 */
import { fileURLToPath } from "node:url";
import { writeArtefact } from "../model/artefact.ts";
import { Scorer } from "../model/scorer.ts";
import { kernelModule } from "../trainer/learn/engine.ts";
import { MODEL_BYTES } from "../worker/limits.ts";
import { processor, today, writeBlock } from "./page-block.ts";
import { referenceModel, referenceRows, REFERENCE } from "./reference-network.ts";
import { KvService } from "./soak/kv.ts";
import { type Sample, watchMemory } from "./soak/memory.ts";
import { startWorkerd, type Workerd } from "./workerd.ts";

const MIB = 1024 * 1024;
/** Bodies of just under 4 MiB that are in flight at a time. */
const BODIES = 8;
const ROUNDS = 6;

const base = referenceModel();
const file = writeArtefact(base);
const each = file.length + Scorer.open(file, kernelModule("score")).bytes;
// less what is put out beforehand to make room
const fit = Math.floor(MODEL_BYTES / each) - 1;
const kv = await KvService.start();
for (let i = 0; i < 4 * fit; i++) {
  const bytes = writeArtefact({ ...base, training: { ...base.training, seed: i } });
  kv.publish(`m${i}`, [bytes]);
}
const rows = Array.from({ length: 64 }, (_, i) => [
  ...referenceRows(64, REFERENCE.inputs).subarray(i * REFERENCE.inputs, (i + 1) * REFERENCE.inputs),
]);
const small = JSON.stringify({ instances: rows });
const large = `${small}${" ".repeat(4 * MIB - small.length)}`;

try {
  const warm = await measured(async (worker) => {
    for (let round = 0; round < ROUNDS; round++) await inTurn(worker, fit, small);
  });
  const busy = await measured(async (worker) => {
    await inTurn(worker, fit, small);
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all(Array.from({ length: BODIES }, (_, i) => ask(worker, i % fit, large)));
    }
  });
  const churn = await measured(async (worker) => {
    for (let round = 0; round < ROUNDS; round++) await inTurn(worker, 4 * fit, small);
  });
  const [[warmMost, warmKept], [busyMost, busyKept], [churnMost, churnKept]] = [warm, busy, churn];
  const block =
    `Written by \`node bench/isolate.ts\` on ${today()}: ${processor()}; a model of the reference network takes ${(each / MIB).toFixed(1)} MiB, so ` +
    `${fit} are kept. workerd's resident memory grows over that of an idle Worker by at most ${warmMost} MiB where these ` +
    `${fit} score 64 rows each in turn (${warmKept} once V8 has collected), and by ${busyMost} MiB (${busyKept}) with ` +
    `${BODIES} bodies of 4 MiB in flight at a time. Where ${4 * fit} models are asked in turn, so that every request ` +
    `loads one, it grows by up to ${churnMost} MiB (${churnKept}).`;
  writeBlock("docs/operations.md", "isolate", block);
  console.log(block);
} finally {
  kv.stop();
}

/** MiB by which a fresh Worker's memory grows at the most, and once V8 has collected. */
async function measured(load: (worker: Workerd) => Promise<void>): Promise<[most: number, kept: number]> {
  const entry = fileURLToPath(new URL("collecting-worker.ts", import.meta.url));
  const vars = { ENVIRONMENT: "development" };
  const worker = await startWorkerd({ kvPort: kv.port, vars, more: [entry], v8: ["--expose-gc"] });
  try {
    const memory = watchMemory(worker.pid);
    await load(worker);
    memory.stop();
    // A quick load ends between two samples.
    const end = watchMemory(worker.pid);
    end.stop();
    for (let i = 0; i < 3; i++) {
      const collected = await fetch(`${worker.url}/collect`);
      if (!collected.ok) throw new Error(await collected.text());
    }
    const after = watchMemory(worker.pid);
    after.stop();
    const samples = [...memory.samples, ...end.samples].map(({ mebibytes }: Sample) => mebibytes);
    return [Math.round(Math.max(...samples) - samples[0]), Math.round(after.samples[0].mebibytes - samples[0])];
  } finally {
    await worker.stop();
  }
}

async function inTurn(worker: Workerd, models: number, body: string): Promise<void> {
  for (let i = 0; i < models; i++) await ask(worker, i, body);
}

async function ask({ url }: Workerd, model: number, body: string): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/v1/models/m${model}/score`, { method: "POST", headers, body });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`m${model}: ${response.status}`);
}
