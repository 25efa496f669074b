/** The servers that are compared: the Worker, the same without scoring, Fastify with onnxruntime-node, and bare workerd. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import getPort from "get-port";
import { type Artefact, writeArtefact } from "../../model/artefact.ts";
import { resolveThreshold } from "../../model/thresholds.ts";
import { toOnnx } from "../../trainer/export/onnx.ts";
import { inputColumns } from "../../trainer/export/preprocessing.ts";
import { KvService } from "../soak/kv.ts";
import { startWorkerd, type Workerd } from "../workerd.ts";

export interface Server {
  readonly name: string;
  /** Where rows are posted to. */
  readonly url: string;
  readonly pid: number;
}

export const WORKER = "the Worker";
export const IDLE = "the Worker without scoring";
export const FASTIFY = "Fastify + onnxruntime-node";
export const BYTES = "workerd, the body taken";
export const READ = "workerd, rows read";

export interface Servers {
  /** The three that are compared, by the model's title. */
  readonly compared: ReadonlyMap<string, readonly Server[]>;
  /** workerd with next to nothing in it. */
  readonly bare: readonly Server[];
  /** The Worker once more, with an inspector, which would slow the one that is under load; by the model's title. */
  readonly watched: { readonly servers: ReadonlyMap<string, Server>; readonly inspector: number } | undefined;
  stop(): Promise<void>;
}

/** Starts each of them once, with all models, by title. */
export async function startServers(
  models: ReadonlyMap<string, Artefact>,
  { watch }: { watch: boolean },
): Promise<Servers> {
  const kv = await KvService.start();
  const names = new Map([...models.keys()].map((title, i) => [title, `model-${i + 1}`]));
  for (const [title, model] of models) {
    const bytes = writeArtefact(model);
    kv.publish(names.get(title) ?? "", [bytes]);
  }
  const given = { kvPort: kv.port, vars: { ENVIRONMENT: "development" } };
  const other = (file: string): string[] => [fileURLToPath(new URL(file, import.meta.url))];
  const inspector = await getPort();
  const worker = await startWorkerd(given);
  // its functions by their names
  const watched = watch ? await startWorkerd({ ...given, inspector, more: ["--no-minify"] }) : undefined;
  const idle = await startWorkerd({ ...given, more: other("idle-worker.ts") });
  const bare = await startWorkerd({ ...given, more: other("bare-worker.ts") });
  const fastify = new Map<string, Started>();
  for (const [title, model] of models) fastify.set(title, await startFastify(model));
  const scoring = (name: string, { url, pid }: Workerd, title: string): Server => ({
    name,
    url: `${url}/v1/models/${names.get(title)}/score`,
    pid,
  });
  const compared = new Map(
    [...fastify].map(([title, { url, pid }]) => [
      title,
      [scoring(WORKER, worker, title), scoring(IDLE, idle, title), { name: FASTIFY, url, pid }],
    ]),
  );
  return {
    compared,
    bare: [
      { name: BYTES, url: `${bare.url}/bytes`, pid: bare.pid },
      { name: READ, url: `${bare.url}/read`, pid: bare.pid },
    ],
    watched: watched && {
      servers: new Map([...models.keys()].map((title) => [title, scoring(WORKER, watched, title)])),
      inspector,
    },
    stop: async () => {
      await Promise.all([worker, watched, idle, bare, ...fastify.values()].map((one) => one?.stop()));
      kv.stop();
    },
  };
}

interface Started {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

async function startFastify(model: Artefact): Promise<Started> {
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
