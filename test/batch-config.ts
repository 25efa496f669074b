/** wrangler.toml with its block for batches taken in, as a user would do it by hand. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Writes the configuration beside wrangler.toml, whose paths are relative to it. @returns its path */
export function batchConfig(): string {
  const root = new URL("../", import.meta.url);
  const file = new URL("wrangler.batches.toml", root);
  const text = readFileSync(new URL("wrangler.toml", root), "utf8").replaceAll(/^#\|( |$)/gm, "");
  // Others may be reading it: what is there already is left alone.
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
  return fileURLToPath(file);
}
