/** The whole way over real files, real KV and real workerd: publish, serve, score, publish again, roll back. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import getPort from "get-port";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeArtefact } from "../model/artefact.ts";
import { Scorer } from "../model/scorer.ts";
import { expandFiles } from "../trainer/data/files.ts";
import { readDataset } from "../trainer/data/read.ts";
import { rowAt } from "../trainer/data/rows.ts";
import { splitDataset } from "../trainer/data/split.ts";
import { scoreFile } from "../trainer/commands/score.ts";
import { trainOn } from "../trainer/learn/train-on.ts";
import { startWorker, type WorkerProcess } from "../trainer/commands/worker-process.ts";
import { kernelModule } from "../trainer/learn/engine.ts";
import { stepCanary } from "../trainer/publish/canary.ts";
import { publish } from "../trainer/publish/publish.ts";
import { rollback } from "../trainer/publish/rollback.ts";
import { makeArtefact, randomRows, SCHEMA } from "./fixtures/artefact.ts";

const REAL = join(
  process.env.UNSEEN_DATA ?? fileURLToPath(new URL("../../shared/data", import.meta.url)),
  "cicids2017",
);
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

  const ask = async (instances: unknown[], path = "/v1/score"): Promise<{ scores: number[]; version: number }> => {
    const response = await fetch(`${worker.url}${path}`, {
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

  test.skipIf(!existsSync(REAL))("real rows (cicids2017) score the same in the trainer and over HTTP", async () => {
    const dataset = await readDataset(REAL);
    const request = { holdOut: ["bot"], shots: 50, seed: 1, split: "rows", normalRows: 4000 } as const;
    const { artefact } = await trainOn(dataset, request);
    const file = join(folder, "real.safetensors");
    writeFileSync(file, writeArtefact(artefact));
    await publish({ file, name: "real", persistTo });
    await worker.stop();
    worker = await startWorker(await getPort(), persistTo);
    const { heldOut } = splitDataset(dataset, request);
    const scorer = Scorer.open(readFileSync(file), kernelModule("score"));
    for (const { rows } of [heldOut.normal[0], heldOut.unseen[0]]) {
      const count = Math.min(500, rows.count);
      const instances = Array.from({ length: count }, (_, i) => rowAt(rows, i, heldOut.columns));
      const wanted = scorer.scoreRows(instances);
      const { scores } = await ask(instances, "/v1/models/real/score");
      expect(scores).toHaveLength(count);
      for (const [i, score] of scores.entries()) expect(Math.abs(score - wanted[i])).toBeLessThan(1e-6);
    }
  });

  test("publishing again and rolling back change what is served", async () => {
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

  test("a canary answers its share of the callers, and is promoted", async () => {
    expect(await publish({ file: files[1], name: "flows", canary: 100, persistTo })).toMatchObject({ version: 3 });
    await worker.stop();
    worker = await startWorker(await getPort(), persistTo);
    const rows = randomRows(20, 6);
    // Rows answered while the canary's weights still load are the current version's.
    await expect.poll(async () => (await ask(rows)).version, { timeout: 10_000 }).toBe(3);
    const { scores } = await ask(rows);
    for (const [i, score] of scorers[1].scoreRows(rows).entries()) expect(scores[i]).toBeCloseTo(score, 6);
    const { current, history } = await stepCanary({ name: "flows", step: "promote", persistTo });
    expect([current.version, history[0].version]).toEqual([3, 1]);
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
