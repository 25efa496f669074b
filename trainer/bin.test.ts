/** The start of the command line with a Node that cannot read TypeScript, and its output where nobody takes it. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "unseen-bin-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("Ctrl-C is left to the newer Node, which is waited for", async () => {
  for (const name of ["trainer", "node_modules/.bin"]) mkdirSync(join(folder, name), { recursive: true });
  const bin = join(folder, "trainer/bin.js");
  copyFileSync(fileURLToPath(new URL("bin.js", import.meta.url)), bin);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  // in the place of the newer Node: takes its time to end
  const newer = join(folder, "node_modules/.bin/node");
  writeFileSync(newer, "#!/bin/sh\ntrap 'sleep 0.5; exit 7' INT\necho ready\nwhile :; do sleep 0.1; done\n");
  chmodSync(newer, 0o755);
  const old = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.0.0" } })';
  const child = spawn(process.execPath, ["--import", `data:text/javascript,${encodeURIComponent(old)}`, bin], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  // as a terminal does it: to all that runs in it
  process.kill(-Number(child.pid), "SIGINT");
  expect(await once(child, "exit")).toEqual([7, null]);
});

const BIN = fileURLToPath(new URL("bin.js", import.meta.url));

test("who stops reading what is printed, as head does, is left to it", async () => {
  const child = spawn(process.execPath, [BIN, "key", "list", "--file", join(folder, "keys.json"), "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  let said = "";
  child.stderr.on("data", (data) => (said += data));
  expect(await once(child, "close")).toEqual([0, null]);
  expect(said).toBe("");
});

test.runIf(existsSync("/dev/full"))("where there is no room for what is printed, that is said", () => {
  const { status, stderr } = spawnSync(process.execPath, [BIN, "--help"], {
    stdio: ["ignore", openSync("/dev/full", "w"), "pipe"],
    encoding: "utf8",
  });
  expect(stderr).toMatch(/^error: standard output cannot be written: ENOSPC.*\n→ .*\n$/);
  expect(status).toBe(1);
});
