/** wrangler.toml with its block for batches taken in, as a user would do it by hand. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Writes the configuration into build/. @returns its path */
export function batchConfig(): string {
  const root = new URL("../", import.meta.url);
  const text = readFileSync(new URL("wrangler.toml", root), "utf8")
    .replaceAll(/^#\|( |$)/gm, "")
    .replace('main = "worker/index.ts"', 'main = "../worker/index.ts"');
  mkdirSync(new URL("build/", root), { recursive: true });
  const file = new URL("build/wrangler.batches.toml", root);
  writeFileSync(file, text);
  return fileURLToPath(file);
}
