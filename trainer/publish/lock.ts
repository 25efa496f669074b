/** One writer at a time to a name in a local KV: a file beside it that holds the writer's process. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UnseenError } from "../../model/errors.ts";
import { ROOT, type Store } from "./wrangler.ts";

/** @throws UnseenError publish-failed while another process, or this one, is at it; a dead one's lock does not count */
export async function locked<T>(store: Store, name: string, work: () => Promise<T>): Promise<T> {
  if (store.remote) return work();
  const folder = store.persistTo ?? join(store.config ? dirname(store.config) : ROOT, ".wrangler", "state");
  const file = join(folder, `publish-${name}.lock`);
  try {
    mkdirSync(folder, { recursive: true });
    if (!isAlive(Number(readFileSync(file, "utf8")))) rmSync(file);
  } catch {
    // Nobody has it, or the folder cannot be used, of which wrangler tells.
  }
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") return work();
    const remedy = `Repeat the command once it is done; where none runs, delete ${file}.`;
    throw new UnseenError("publish-failed", `somebody else is publishing "${name}" here`, remedy, { file });
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
}
