/** Files on disk: read with errors that name them, written whole or not at all. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { messageOf, UnseenError } from "../model/errors.ts";
import { cleanedUp } from "./cleaned-up.ts";
import { isFolder } from "./data/files.ts";

/** A text file, without the byte order mark that some editors begin one with. @throws UnseenError data-unreadable */
export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (cause) {
    const why = `${file} cannot be read: ${messageOf(cause)}`;
    throw new UnseenError("data-unreadable", why, "Give a file that can be read.", { file });
  }
}

/**
 * Writes by a temporary file and a rename, so that a reader sees the old file or the new one. Who may not read the old one
 * may not read the new one.
 *
 * @throws UnseenError what `placeOf` throws, data-unreadable where the file cannot be written
 */
export function writeWhole(file: string, data: Uint8Array | string): void {
  const place = placeOf(file);
  const part = partOf(place);
  try {
    writeFileSync(part, data, { mode: modeOf(place) });
    renameSync(part, place);
  } catch (cause) {
    rmSync(part, { force: true });
    throw unwritable(file, cause);
  }
}

/**
 * The same of text that comes in chunks, so memory does not grow with the file. Ctrl-C in between leaves nothing behind.
 *
 * @throws UnseenError as `writeWhole` does; and what making the chunks throws
 */
export async function writeChunks(file: string, chunks: AsyncIterable<string>): Promise<void> {
  const place = placeOf(file);
  const part = partOf(place);
  const writing = <T>(task: () => T): T => {
    try {
      return task();
    } catch (cause) {
      throw unwritable(file, cause);
    }
  };
  const clean = (): void => rmSync(part, { force: true });
  await cleanedUp(clean, async () => {
    const handle = writing(() => openSync(part, "w", modeOf(place)));
    try {
      for await (const chunk of chunks) writing(() => writeFileSync(handle, chunk));
    } finally {
      closeSync(handle);
    }
    writing(() => renameSync(part, place));
  });
}

/** Where a file is written before it is whole: a place of this process alone, as others may write the same file. */
function partOf(place: string): string {
  return `${place}.${process.pid}.part`;
}

/** Who may read and write what is there; what is usual where nothing is. */
function modeOf(place: string): number {
  return 0o777 & (statSync(place, { throwIfNoEntry: false })?.mode ?? 0o666);
}

/** Makes a folder to write into, where it is not there. @throws UnseenError data-unreadable */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

/**
 * Where a file to write comes to lie: links are followed, so that they stay.
 *
 * @throws UnseenError option-invalid for what is there and is no file, data-unreadable where its folder is missing or may
 * not be written
 */
export function placeOf(file: string): string {
  try {
    const there = statSync(file, { throwIfNoEntry: false });
    if (there !== undefined && !there.isFile()) {
      const what = there.isDirectory() ? "a folder" : "a device or pipe";
      throw new UnseenError("option-invalid", `${file} is ${what}.`, "Name a file to write.", { file });
    }
    const place = followed(file);
    if (!isFolder(dirname(place))) throw new Error(`there is no folder ${dirname(place)}.`);
    accessSync(dirname(place), constants.W_OK);
    return place;
  } catch (cause) {
    throw cause instanceof UnseenError ? cause : unwritable(file, cause);
  }
}

/** The end of a chain of links, which is no ring, whether or not there is a file. */
function followed(file: string): string {
  if (existsSync(file)) return realpathSync(file);
  const link = lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return link ? followed(resolve(realpathSync(dirname(file)), readlinkSync(file))) : file;
}

/** The error for a file that cannot be written. */
export function unwritable(file: string, cause: unknown): UnseenError {
  const remedy = "Name a folder that exists, may be written and has room.";
  return new UnseenError("data-unreadable", `${file} cannot be written: ${messageOf(cause)}`, remedy, { file });
}
