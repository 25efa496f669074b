/** The way docs/batches.md shows: files into R2 by wrangler, scored in parts by `wrangler dev`, fetched in order. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import getPort from "get-port";
import { afterAll, expect, test } from "vitest";
import { Scorer } from "../model/scorer.ts";
import { writeLines } from "../trainer/commands/rows.ts";
import { startWorker } from "../trainer/commands/worker-process.ts";
import { kernelModule } from "../trainer/learn/engine.ts";
import { localConfig } from "../trainer/publish/local-config.ts";
import { publish } from "../trainer/publish/publish.ts";
import { QUIET, WRANGLER } from "../trainer/publish/wrangler.ts";
import { makeArtefact, randomRows, SCHEMA } from "./fixtures/artefact.ts";

const ROWS = 20_000;
/** Several parts of them. */
const PART_BYTES = "200000";
const folder = mkdtempSync(join(tmpdir(), "unseen-batches-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("20,000 rows come back in order with the trainer's scores, from lines and from CSV alike", async () => {
  const config = localConfig();
  const persistTo = join(folder, "state");
  const [model, csv, lines] = ["model.safetensors", "rows.csv", "rows.ndjson"].map((name) => join(folder, name));
  writeFileSync(model, makeArtefact(kernelModule("score"), 1).bytes);
  const rows = randomRows(ROWS, 77);
  const header = SCHEMA.features.map(({ name }) => name).join(",");
  writeFileSync(csv, `${header}\n${rows.map((row) => row.map((cell) => cell ?? "").join(",")).join("\n")}\n`);
  expect(await writeLines(SCHEMA, { path: csv, name: "rows.csv" }, lines)).toBe(ROWS);
  await publish({ file: model, name: "flows", persistTo });
  for (const [key, file] of [
    ["rows.ndjson", lines],
    ["rows.csv", csv],
  ]) {
    const put = ["r2", "object", "put", `unseen-batches/in/${key}`, "--file", file, "--local"];
    execFileSync(process.execPath, [WRANGLER, ...put, "--persist-to", persistTo, "--config", config], {
      env: { ...process.env, ...QUIET },
      stdio: "pipe",
    });
  }
  const worker = await startWorker(
    await getPort(),
    persistTo,
    { ENVIRONMENT: "development", BATCH_PART_BYTES: PART_BYTES },
    config,
  );
  try {
    const wanted = Scorer.open(readFileSync(model), kernelModule("score")).scoreRows(rows);
    for (const key of ["rows.ndjson", "rows.csv"]) {
      const started = await fetch(`${worker.url}/v1/batches`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ object: `in/${key}`, model: "flows", threshold: "fpr=0.01" }),
      });
      expect(started.status).toBe(202);
      const at = `${worker.url}${started.headers.get("location")}`;
      let progress: { state: string; rowsDone: number; rowsBad: number };
      do {
        await sleep(200);
        progress = (await (await fetch(at)).json()) as typeof progress;
      } while (progress.state === "queued" || progress.state === "running");
      expect(progress).toMatchObject({ state: "complete", rowsDone: ROWS, rowsBad: 0 });
      const answers = (await (await fetch(`${at}/results`)).text()).trimEnd().split("\n");
      expect(answers.length).toBe(ROWS);
      const off = answers.map((line, i) => Math.abs((JSON.parse(line) as { score: number }).score - wanted[i]));
      // not Math.max(…off): that many arguments are too many
      expect(off.reduce((a, b) => Math.max(a, b))).toBeLessThan(1e-6);
    }
  } finally {
    await worker.stop();
  }
}, 120_000);
