import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import getPort from "get-port";
import { expect, test } from "vitest";

test("who is stopped while a Worker starts leaves none behind on its port", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "unseen-worker-"));
  const script = `import { startWorker } from ${JSON.stringify(new URL("worker-process.ts", import.meta.url).href)};
    const started = startWorker(${await getPort()}, ${JSON.stringify(folder)});
    process.stdout.write("begun");
    await started;`;
  const args = ["--input-type=module", "-e", script];
  const child = spawn(process.execPath, args, { detached: true, stdio: ["ignore", "pipe", "inherit"] });
  const group = -Number(child.pid);
  const runs = (): boolean => {
    try {
      return process.kill(group, 0);
    } catch {
      return false;
    }
  };
  try {
    if (child.stdout) await once(child.stdout, "data");
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([null, "SIGTERM"]);
    await expect.poll(runs, { timeout: 20_000 }).toBe(false);
  } finally {
    if (runs()) process.kill(group, "SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
});
