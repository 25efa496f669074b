/** The Worker's configuration on this machine: wrangler.toml with batches and feedback, which need no account here. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Writes wrangler.local.toml beside wrangler.toml, whose paths are relative to it, with what its comments offer taken in
 * as a user would do it by hand.
 *
 * @returns its path
 */
export function localConfig(): string {
  const root = new URL("../../", import.meta.url);
  const file = new URL("wrangler.local.toml", root);
  const text = readFileSync(new URL("wrangler.toml", root), "utf8")
    .replaceAll(/^#\|( |$)/gm, "")
    .replace(/^# (\[\[d1_databases\]\]\n)# (.*\n)# (.*\n)# (.*\n)/m, "$1$2$3$4");
  const all = `# Written by unseen out of wrangler.toml, for work on this machine; change that one.\n${text}`;
  // Others may be reading it: what is there already is left alone.
  if (!existsSync(file) || readFileSync(file, "utf8") !== all) writeFileSync(file, all);
  return fileURLToPath(file);
}
