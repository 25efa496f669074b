/** The whole way over real files, real KV and real workerd: publish, serve, score, publish again, roll back. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import getPort from "get-port";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Scorer } from "../model/scorer.ts";
import { expandFiles } from "../trainer/data/files.ts";
import { scoreFile } from "../trainer/commands/score.ts";
import { startWorker, type WorkerProcess } from "../trainer/commands/worker-process.ts";
import { kernelModule } from "../trainer/learn/engine.ts";
import { publish } from "../trainer/publish/publish.ts";
import { rollback } from "../trainer/publish/rollback.ts";
import { makeArtefact, randomRows, SCHEMA } from "./fixtures/artefact.ts";

const folder = mkdtempSync(join(tmpdir(), "unseen-edge-"));
const persistTo = join(folder, "kv");
const files = [1, 2].map((seed) => {
  const file = join(folder, `model-${seed}.safetensors`);
  writeFileSync(file, makeArtefact(kernelModule("score"), seed).bytes);
  return file;
});
const scorers = files.map((file) => Scorer.open(readFileSync(file), kernelModule("score")));

describe("edge", { timeout: 90_000 }, () => {
  let worker: WorkerProcess;
  beforeAll(async () => {
    expect(await publish({ file: files[0], name: "flows", persistTo })).toMatchObject({ version: 1 });
    worker = await startWorker(await getPort(), persistTo);
  }, 90_000);
  afterAll(async () => {
    await worker?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = async (instances: unknown[]): Promise<{ scores: number[]; version: number }> => {
    const response = await fetch(`${worker.url}/v1/score`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ instances }),
    });
    const body = (await response.json()) as { model: { version: number }; predictions: { score: number }[] };
    return { scores: body.predictions.map(({ score }) => score), version: body.model.version };
  };

  test("1,000 random rows score the same in the trainer, through `unseen score` and over HTTP", async () => {
    const rows = randomRows(1000, 99);
    const wanted = scorers[0].scoreRows(rows);
    const csv = join(folder, "rows.csv");
    const header = SCHEMA.features.map(({ name }) => name).join(",");
    writeFileSync(csv, `${header}\n${rows.map((row) => row.map((cell) => cell ?? "").join(",")).join("\n")}\n`);
    const out = join(folder, "scores.csv");
    const [file] = expandFiles([csv]);
    expect((await scoreFile(scorers[0], file, out, 0.5)).rows).toBe(1000);
    const lines = readFileSync(out, "utf8").trim().split("\n").slice(1);
    const { scores } = await ask(rows);
    for (let i = 0; i < 1000; i++) {
      expect(Math.abs(scores[i] - wanted[i])).toBeLessThan(1e-6);
      expect(Math.abs(Number(lines[i].split(",")[4]) - wanted[i])).toBeLessThan(1e-6);
    }
  });

  test("publishing again and rolling back change what is served, and nothing is uploaded twice", async () => {
    expect(await publish({ file: files[0], name: "flows", persistTo })).toMatchObject({ version: 1 });
    expect(await publish({ file: files[1], name: "flows", persistTo })).toMatchObject({ version: 2 });
    await worker.stop();
    worker = await startWorker(await getPort(), persistTo);
    const rows = randomRows(20, 5);
    const second = await ask(rows);
    expect(second.version).toBe(2);
    for (const [i, score] of scorers[1].scoreRows(rows).entries()) expect(second.scores[i]).toBeCloseTo(score, 6);
    expect(await rollback({ name: "flows", persistTo })).toMatchObject({ version: 1 });
    await expect(rollback({ name: "flows", to: 7, persistTo })).rejects.toMatchObject({ code: "version-unknown" });
    await worker.stop();
    worker = await startWorker(await getPort(), persistTo);
    expect((await ask(rows)).version).toBe(1);
  });

  test("a file that would not serve is not published", async () => {
    const broken = join(folder, "broken.safetensors");
    writeFileSync(broken, readFileSync(files[0]).subarray(0, 900));
    await expect(publish({ file: broken, name: "flows", persistTo })).rejects.toMatchObject({ name: "UnseenError" });
    await expect(publish({ file: files[0], name: "No Name", persistTo })).rejects.toMatchObject({
      code: "option-invalid",
    });
  });
});
