/** The Worker as a child process: real workerd through `wrangler dev`, offline and quiet. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { UnseenError } from "../../model/errors.ts";
import { cleanedUp } from "../cleaned-up.ts";
import { QUIET, ROOT, WRANGLER } from "../publish/wrangler.ts";

export interface WorkerProcess {
  readonly url: string;
  /** Settles when the process ends by itself or by Ctrl-C. */
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}

const PATIENCE_MS = 60_000;

/**
 * Starts `wrangler dev` on a port and waits until the Worker is ready.
 *
 * @param persistTo folder of the local KV, where not wrangler's own
 * @param vars variables and secrets; without, it lets callers in without a key
 * @param config wrangler.toml to use, where not the project's
 * @throws UnseenError port-unavailable with what wrangler said, endpoint-failed where no model can be served
 */
export async function startWorker(
  port: number,
  persistTo?: string,
  vars: Readonly<Record<string, string>> = { ENVIRONMENT: "development" },
  config?: string,
): Promise<WorkerProcess> {
  const args = ["dev", "--local", "--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0"];
  args.push("--show-interactive-dev-session=false", "--log-level=warn");
  for (const [name, value] of Object.entries(vars)) args.push("--var", `${name}:${value}`);
  if (persistTo) args.push("--persist-to", persistTo);
  if (config) args.push("--config", config);
  const child = spawn(process.execPath, [WRANGLER, ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...QUIET, CI: "1" },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said = (said + data).slice(-4000)));
  const ended = once(child, "exit");
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(late);
  };
  const url = `http://127.0.0.1:${port}`;
  let isReady = false;
  // A Worker that nobody waits for any more would keep the port.
  const clean = (): void => void (isReady || child.kill("SIGTERM"));
  const answer = await cleanedUp(clean, async () => {
    let last: string | undefined;
    for (const until = performance.now() + PATIENCE_MS; performance.now() < until && child.exitCode === null;) {
      const ready = await fetch(`${url}/v2/health/ready`).catch(() => undefined);
      isReady = ready?.ok === true;
      if (isReady) break;
      last = await ready?.text();
      await sleep(100);
    }
    return last;
  });
  if (isReady) return { url, ended, stop };
  await stop();
  if (answer !== undefined) {
    const why = `the Worker runs on port ${port}, but its default model is not ready: ${answer.slice(0, 300)}`;
    throw new UnseenError(
      "endpoint-failed",
      why,
      "Publish a model that this version has trained: see `unseen publish`.",
    );
  }
  const remedy = "Try another --port.";
  throw new UnseenError("port-unavailable", `the Worker did not start on port ${port}: ${said.trim()}`, remedy);
}
