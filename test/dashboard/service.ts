/** A service for tests of the dashboard: a small model of the simulator's flows in real KV, behind a key, in real workerd. */
import { hash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KVNamespace } from "@cloudflare/workers-types";
import getPort from "get-port";
import { getPlatformProxy } from "wrangler";
import { type Artefact, writeArtefact } from "../../model/artefact.ts";
import { pointerKey, weightsKey, writtenPointer } from "../../model/pointer.ts";
import { Scorer } from "../../model/scorer.ts";
import { trainOn } from "../../trainer/learn/train-on.ts";
import { startWorker, type WorkerProcess } from "../../trainer/commands/worker-process.ts";
import { readDataset } from "../../trainer/data/read.ts";
import { writeSimulation } from "../../trainer/data/simulate/write.ts";
import { evaluate, testSide } from "../../trainer/evaluate/evaluate.ts";
import { summarise } from "../../trainer/evaluate/summary.ts";
import { localConfig } from "../../trainer/publish/local-config.ts";
import { kernelModule } from "../../trainer/learn/engine.ts";

/**
 * Of flows, version 1 serves, with figures and 200 example rows; version 2, the same without, was rolled back. Sensors is
 * version 2 with other names of features.
 */
export async function startService(key: string): Promise<{ worker: WorkerProcess; scorer: Scorer }> {
  const folder = mkdtempSync(join(tmpdir(), "unseen-dashboard-"));
  const { bare, artefact } = await smallModel(join(folder, "flows"));
  const persistTo = join(folder, "kv");
  const { env, dispose } = await getPlatformProxy<{ MODELS: KVNamespace }>({
    persist: { path: join(persistTo, "v3") },
  });
  const versions = [];
  const features = bare.schema.features.map((feature) => ({ ...feature, name: `s_${feature.name}` }));
  for (const [i, each] of [artefact, bare, { ...bare, schema: { features } }].entries()) {
    const value = writeArtefact(each);
    versions.push({ version: i + 1, sha256: hash("sha256", value), publishedAt: "2026-01-01T00:00:00.000Z" });
    await env.MODELS.put(weightsKey(versions[i].sha256), value);
  }
  const [current, left, sensors] = versions;
  const history = [{ ...left, rolledBack: true }];
  await env.MODELS.put(pointerKey("flows"), writtenPointer({ name: "flows", current, history }));
  await env.MODELS.put(pointerKey("sensors"), writtenPointer({ name: "sensors", current: sensors, history: [] }));
  await dispose();
  const worker = await startWorker(await getPort(), persistTo, { API_KEY_SHA256: hash("sha256", key) }, localConfig());
  const stop = async (): Promise<void> => {
    await worker.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { worker: { ...worker, stop }, scorer: new Scorer(artefact, kernelModule("score")) };
}

async function smallModel(data: string): Promise<{ bare: Artefact; artefact: Artefact }> {
  await writeSimulation(data, { seed: 1, rows: 160, anomalies: 40 });
  const dataset = await readDataset(data);
  const holdOut = ["port_scan", "web_attack"];
  const { artefact: bare } = await trainOn(dataset, { holdOut, shots: 20, seed: 1, split: "rows" });
  const scorer = new Scorer(bare, kernelModule("score"));
  const side = testSide(scorer, dataset, holdOut);
  const evaluation = summarise(scorer, side, evaluate(scorer, dataset, side), 200);
  return { bare, artefact: { ...bare, evaluation } };
}
