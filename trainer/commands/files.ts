/** Model files on disk: read with errors that name them, written whole or not at all. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { UnseenError } from "../../model/errors.ts";
import { Scorer } from "../../model/scorer.ts";
import { expandFiles } from "../data/files.ts";
import type { SourceFile } from "../data/scan.ts";
import { kernelModule } from "../learn/engine.ts";
import { type Options, required } from "./command.ts";

/** @throws UnseenError data-not-found, and what Scorer.open throws, with the file's name */
export function openModel(file: string): { scorer: Scorer; bytes: Uint8Array } {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UnseenError("data-not-found", `${file} cannot be read: ${why}`, "Make one with `unseen train`.", {
      file,
    });
  }
  try {
    return { scorer: Scorer.open(bytes, kernelModule("score")), bytes };
  } catch (cause) {
    if (!(cause instanceof UnseenError)) throw cause;
    throw new UnseenError(cause.code, `${file}: ${cause.message}`, cause.remedy, { ...cause.place, file });
  }
}

/** Writes by a temporary file and a rename, so that a reader sees the old file or the new one. */
export function writeWhole(file: string, data: Uint8Array | string): void {
  const part = `${file}.part`;
  try {
    writeFileSync(part, data);
    renameSync(part, file);
  } catch (cause) {
    rmSync(part, { force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UnseenError("data-unreadable", `${file} cannot be written: ${why}`, "Name a folder that exists.", {
      file,
    });
  }
}

/** The one file that an option names. @throws UnseenError option-invalid, data-not-found */
export function oneFile(options: Options, name: string): SourceFile {
  const [file, ...others] = expandFiles([required(options, name)]);
  if (file !== undefined && others.length === 0) return file;
  throw new UnseenError("option-invalid", `--${name} must name one file.`, "Take several files one after another.");
}
