/** The Worker as it is deployed, in workerd itself: no wrangler, no Miniflare between the socket and the isolate. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import getPort from "get-port";
import { QUIET, WRANGLER } from "../trainer/publish/wrangler.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const PATIENCE_MS = 30_000;

export interface Workerd {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** What it wrote last, errors among it. */
  said(): string;
  stop(): Promise<void>;
}

export interface WorkerdOptions {
  /** Port on 127.0.0.1 of a service that answers as KV does (bench/soak/kv.ts). */
  readonly kvPort: number;
  /** Variables and secrets of the Worker. */
  readonly vars: Readonly<Record<string, string>>;
  /** What wrangler is told besides, such as another entry, which must answer /v2/health/live as well. */
  readonly more?: readonly string[];
  /** Port on 127.0.0.1 for a debugger or profiler. */
  readonly inspector?: number;
  /** Flags of V8. */
  readonly v8?: readonly string[];
}

/** Bundles the Worker with wrangler, as `wrangler deploy` does. @returns the folder, which the caller removes */
export function bundle(...more: string[]): { folder: string; said: string } {
  const folder = mkdtempSync(join(tmpdir(), "unseen-bundle-"));
  const args = [WRANGLER, "deploy", "--dry-run", "--outdir", folder, ...more];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, ...QUIET, CI: "1", NO_COLOR: "1" },
  });
  if (status !== 0) throw new Error(`wrangler could not bundle the Worker: ${stderr || stdout}`);
  return { folder, said: stdout };
}

/** Starts the bundled Worker on a free port of 127.0.0.1 and waits until it answers. */
export async function startWorkerd({ kvPort, vars, more = [], inspector, v8 = [] }: WorkerdOptions): Promise<Workerd> {
  const { folder } = bundle(...more);
  const port = await getPort();
  writeFileSync(join(folder, "config.capnp"), config(folder, port, kvPort, vars, v8));
  // Resolved from wrangler, whose dependency it is; its own launcher would hide the process's id.
  const binary = createRequire(createRequire(WRANGLER).resolve("miniflare"))("workerd") as { default: string };
  const watched = inspector === undefined ? [] : [`--inspector-addr=127.0.0.1:${inspector}`];
  const child = spawn(binary.default, ["serve", join(folder, "config.capnp"), ...watched], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  // Its log of every request is read, lest the pipe fill up, and forgotten.
  child.stdout.resume();
  child.stderr.on("data", (data) => (said = (said + data).slice(-4000)));
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until && child.exitCode === null;) {
    const live = await fetch(`${url}/v2/health/live`).catch(() => undefined);
    if (live?.ok && child.pid !== undefined) return { url, port, pid: child.pid, said: () => said, stop };
    await sleep(50);
  }
  await stop();
  throw new Error(`workerd did not start: ${said}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

function config(
  folder: string,
  port: number,
  kvPort: number,
  vars: Readonly<Record<string, string>>,
  v8: readonly string[],
): string {
  const date = /^compatibility_date = "(.+)"$/m.exec(readFileSync(join(ROOT, "wrangler.toml"), "utf8"))?.[1];
  // The main module comes first.
  const names = readdirSync(folder).toSorted((a, b) => Number(a.endsWith(".wasm")) - Number(b.endsWith(".wasm")));
  const modules = names.flatMap((name) => {
    if (name.endsWith(".wasm")) return [`(name = "./${name}", wasm = embed "${name}")`];
    return name.endsWith(".js") ? [`(name = "${name}", esModule = embed "${name}")`] : [];
  });
  // SQL needs a disk, not memory.
  const disk = join(folder, "objects");
  mkdirSync(disk);
  const texts = Object.entries(vars).map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = [${v8.map((flag) => JSON.stringify(flag)).join(", ")}],
  services = [
    (name = "worker", worker = (
      modules = [${modules.join(", ")}],
      compatibilityDate = "${date}",
      bindings = [
        (name = "MODELS", kvNamespace = "kv"),
        (name = "DRIFT", durableObjectNamespace = "LiveHistograms"),
        ${texts.join(", ")},
      ],
      durableObjectNamespaces = [(className = "LiveHistograms", uniqueKey = "live-histograms", enableSql = true)],
      durableObjectStorage = (localDisk = "disk"),
    )),
    (name = "disk", disk = (path = ${JSON.stringify(disk)}, writable = true)),
    (name = "kv", external = (address = "127.0.0.1:${kvPort}", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "worker")],
);
`;
}
