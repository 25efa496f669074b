/** The three servers that are compared: the Worker, the Worker without scoring, and Fastify with onnxruntime-node. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import getPort from "get-port";
import { type Artefact, writeArtefact } from "../../model/artefact.ts";
import { pointerKey, weightsKey } from "../../model/pointer.ts";
import { resolveThreshold } from "../../model/thresholds.ts";
import { toOnnx } from "../../trainer/export/onnx.ts";
import { inputColumns } from "../../trainer/export/preprocessing.ts";
import { KvService } from "../soak/kv.ts";
import { startWorkerd } from "../workerd.ts";

export interface Server {
  readonly name: string;
  /** Where rows are posted to. */
  readonly url: string;
  readonly pid: number;
}

export const WORKER = "the Worker";
export const IDLE = "the Worker without scoring";
export const FASTIFY = "Fastify + onnxruntime-node";

export interface Servers {
  readonly servers: readonly Server[];
  /** The Worker once more, with an inspector, which would slow the one that is under load. */
  readonly watched: Server & { readonly inspector: number };
  stop(): Promise<void>;
}

/** Starts all with one model. */
export async function startServers(model: Artefact): Promise<Servers> {
  const kv = await KvService.start();
  const bytes = writeArtefact(model);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  kv.put(weightsKey(sha256), bytes);
  const current = { version: 1, sha256, publishedAt: "2026-01-01T00:00:00.000Z" };
  kv.put(pointerKey("flows"), JSON.stringify({ name: "flows", current, history: [] }));
  const given = { kvPort: kv.port, vars: { ENVIRONMENT: "development", DEFAULT_MODEL: "flows" } };
  const inspector = await getPort();
  const worker = await startWorkerd(given);
  const watched = await startWorkerd({ ...given, inspector });
  const idle = await startWorkerd({ ...given, more: [fileURLToPath(new URL("idle-worker.ts", import.meta.url))] });
  const fastify = await startFastify(model);
  const servers = [
    { name: WORKER, url: `${worker.url}/v1/score`, pid: worker.pid },
    { name: IDLE, url: `${idle.url}/v1/score`, pid: idle.pid },
    { name: FASTIFY, url: fastify.url, pid: fastify.pid },
  ];
  const stop = async (): Promise<void> => {
    await Promise.all([worker.stop(), watched.stop(), idle.stop(), fastify.stop()]);
    kv.stop();
  };
  return { servers, watched: { name: WORKER, url: `${watched.url}/v1/score`, pid: watched.pid, inspector }, stop };
}

async function startFastify(model: Artefact): Promise<{ url: string; pid: number; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "unseen-fastify-"));
  const file = join(folder, "model.onnx");
  writeFileSync(file, toOnnx(model));
  const [columns, threshold] = [inputColumns(model.schema), resolveThreshold(model, "fpr=0.01")];
  writeFileSync(`${file}.json`, JSON.stringify({ columns, threshold }));
  const port = await getPort();
  const script = fileURLToPath(new URL("fastify.ts", import.meta.url));
  const child = spawn(process.execPath, [script, file, String(port)], { stdio: ["ignore", "inherit", "inherit"] });
  const url = `http://127.0.0.1:${port}/v1/score`;
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
    if (child.pid !== undefined && (await fetch(url).catch(() => undefined))) return { url, pid: child.pid, stop };
    await sleep(50);
  }
  await stop();
  throw new Error("Fastify did not start");
}
