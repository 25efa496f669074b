#!/usr/bin/env node
// Starts the command line with a Node that reads TypeScript: this one if it can, else the one out of the lockfile.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major > 22 || (major === 22 && minor >= 18)) {
  // what V8 has compiled is kept in the system's folder for temporary files: the next start takes half the time
  module.enableCompileCache();
  await import("./unseen.ts");
} else {
  const node = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));
  if (!existsSync(node)) {
    console.error(`error: Node ${process.versions.node} is too old\n→ Run \`npm ci\`, or use Node 22.18 or later.`);
    process.exit(1);
  }
  // Ctrl-C goes to both; this one waits for what the other makes of it, so that the prompt comes back last.
  process.on("SIGINT", () => {});
  const self = fileURLToPath(import.meta.url);
  const { status, signal } = spawnSync(node, [self, ...process.argv.slice(2)], { stdio: "inherit" });
  process.exit(status ?? (signal === "SIGINT" ? 130 : 1));
}
