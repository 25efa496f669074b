/** The round trip of feedback over real bindings: served, labelled, calibrated, published, served again; and drift. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import getPort from "get-port";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeArtefact } from "../model/artefact.ts";
import { draws, named, toy } from "../trainer/calibrate/testing.ts";
import { calibrateCommand } from "../trainer/commands/calibrate.ts";
import { driftCommand } from "../trainer/commands/drift.ts";
import { printed } from "../trainer/commands/testing.ts";
import { trainOn } from "../trainer/learn/train-on.ts";
import { startWorker, type WorkerProcess } from "../trainer/commands/worker-process.ts";
import { localConfig } from "../trainer/publish/local-config.ts";
import { publish } from "../trainer/publish/publish.ts";

const folder = mkdtempSync(join(tmpdir(), "unseen-feedback-"));
const [model, better, persistTo] = ["model.safetensors", "better.safetensors", "state"].map((name) =>
  join(folder, name),
);
let worker: WorkerProcess;

const post = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(`${worker.url}/v1/models/flows/${path}`, init);
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
};

beforeAll(async () => {
  const { artefact } = await trainOn(toy(), { holdOut: [], shots: 80, seed: 1, split: "rows" });
  writeFileSync(model, writeArtefact(artefact));
  await publish({ file: model, name: "flows", persistTo });
  worker = await startWorker(await getPort(), persistTo, { ENVIRONMENT: "development" }, localConfig());
}, 120_000);
afterAll(async () => {
  await worker?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test(
  "rows that callers label come back as a new version; drift tells what was scored meanwhile",
  { timeout: 120_000 },
  async () => {
    for (let i = 0; i < 40; i++) await post("score", { instances: draws("normal", 16, 100 + i).map(named) });
    const feedback = [
      ...draws("novel", 30, 50).map((row) => ({ instance: named(row), label: "anomaly", family: "novel" })),
      ...draws("normal", 10, 51).map((row) => ({ instance: named(row), label: "normal" })),
    ];
    expect(await post("feedback", { feedback })).toMatchObject({ stored: 40, known: 0 });
    expect(await post("feedback", { feedback })).toMatchObject({ stored: 0, known: 40 });

    const from = { url: worker.url, name: "flows" };
    const options = { ...from, model, out: better, publish: "flows", "persist-to": persistTo };
    const published = JSON.parse(await printed(calibrateCommand, options));
    expect(published).toMatchObject({ labels: 40, published: { name: "flows", version: 2 } });
    expect(published.seconds).toBeLessThan(60);
    expect(published.figures.feedback).toMatchObject([{ family: "novel", rows: 30 }]);

    const drift = async () => JSON.parse(await printed(driftCommand, from));
    await expect.poll(async () => (await drift()).rows, { timeout: 30_000, interval: 1000 }).toBe(640);
    expect(await drift()).toMatchObject({ verdict: "stable", limits: { drifted: 0.25 } });

    await worker.stop();
    worker = await startWorker(await getPort(), persistTo);
    expect(await post("score", { instances: [named(draws("novel", 1, 60)[0])] })).toMatchObject({
      model: { name: "flows", version: 2, sha256: published.published.sha256 },
    });
  },
);
