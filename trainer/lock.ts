/** One process at a time: a file that holds the id of the one that is at it. */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { UnseenError } from "../model/errors.ts";
import { cleanedUp } from "./cleaned-up.ts";

/**
 * @param file the lock; where it cannot be made for another reason than that somebody has it, the work is done without
 * @param what somebody else does who has it, for the message
 * @throws UnseenError publish-failed while another process, or this one, is at it; a dead one's lock does not count
 */
export async function locked<T>(file: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    mkdirSync(dirname(file), { recursive: true });
    if (isStale(file)) removeStale(file);
  } catch {
    // Nobody has it, or the folder cannot be used, of which the work tells.
  }
  let handle: number;
  try {
    handle = openSync(file, "wx");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") return work();
    const remedy = `Repeat the command once it is done; where none runs, delete ${file}.`;
    throw new UnseenError("publish-failed", `somebody else is ${what} here`, remedy, { file });
  }
  return cleanedUp(
    () => rmSync(file, { force: true }),
    async () => {
      try {
        writeFileSync(handle, String(process.pid));
      } catch {
        // The disk is full, of which the work tells; an empty lock is one as well.
      } finally {
        closeSync(handle);
      }
      return work();
    },
  );
}

/** Under a lock of its own, and looked at again: another command may have taken the lock over in between. */
function removeStale(file: string): void {
  const removing = `${file}.stale`;
  closeSync(openSync(removing, "wx"));
  try {
    if (isStale(file)) rmSync(file);
  } finally {
    rmSync(removing);
  }
}

/** Whether the process that has it is dead. */
function isStale(file: string): boolean {
  return !isAlive(Number(readFileSync(file, "utf8")));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
}
