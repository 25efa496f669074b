import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { errorOf } from "../data/testing.ts";
import { getKey, putKey } from "./wrangler.ts";

const folder = mkdtempSync(join(tmpdir(), "unseen-wrangler-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Processes of wrangler that use a local KV. */
function wranglersOn(persistTo: string): number[] {
  const { stdout } = spawnSync("pgrep", ["-f", `cli\\.js.*${persistTo}`], { encoding: "utf8" });
  return stdout.split("\n").filter(Boolean).map(Number);
}

test("a local KV that cannot be used is told in plain text, and asks for no login", async () => {
  const persistTo = join(folder, "file");
  writeFileSync(persistTo, "no folder");
  const { code, message, remedy } = await errorOf(() => getKey({ persistTo }, "models/flows"));
  expect(code).toBe("publish-failed");
  expect(message).toContain(persistTo);
  expect(message).not.toMatch(/\p{Cc}/u);
  expect(remedy).toContain("local KV");
  expect(remedy).not.toContain("login");
});

test("a local KV that gives no answer, as wrangler does where the disk is full, is not waited for without end", async () => {
  const { code, message } = await errorOf(() => getKey({ persistTo: join(folder, "kv"), patience: 1 }, "models/flows"));
  expect([code, message]).toEqual(["publish-failed", expect.stringContaining("no answer within 0.001 s")]);
});

test("a wrangler that is killed, as where memory is short, has written nothing", async () => {
  const persistTo = join(folder, "killed");
  const running = (): number[] => wranglersOn(persistTo);
  const writing = errorOf(() => putKey({ persistTo }, "models/flows", "{}"));
  await expect.poll(running, { timeout: 30_000, interval: 20 }).not.toEqual([]);
  for (const pid of running()) process.kill(pid, "SIGKILL");
  expect(await writing).toMatchObject({ code: "publish-failed", message: expect.stringContaining("SIGKILL") });
});

test("wrangler ends with the command that runs it, where that alone is told to stop", async () => {
  const persistTo = join(folder, "ended");
  const module = fileURLToPath(new URL("wrangler.ts", import.meta.url));
  const asks = `import { getKey } from ${JSON.stringify(module)}; await getKey({ persistTo: process.argv[1] }, "models/flows");`;
  const command = spawn(process.execPath, ["--no-warnings", "--input-type=module", "--eval", asks, persistTo]);
  const ended = new Promise((settle) => command.on("close", (_, signal) => settle(signal)));
  await expect.poll(() => wranglersOn(persistTo), { timeout: 30_000, interval: 20 }).not.toEqual([]);
  command.kill("SIGINT");
  expect(await ended).toBe("SIGINT");
  await expect.poll(() => wranglersOn(persistTo), { timeout: 1000, interval: 20 }).toEqual([]);
});
