/** A model file, opened as the Worker opens it. */
import { readFileSync } from "node:fs";
import { checkWhole } from "../model/artefact.ts";
import { messageOf, UnseenError } from "../model/errors.ts";
import { Scorer } from "../model/scorer.ts";
import { kernelModule } from "./learn/engine.ts";

/** @throws UnseenError data-not-found, and what Scorer.open throws, with the file's name */
export function openModel(file: string): { scorer: Scorer; bytes: Uint8Array } {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    const why = messageOf(cause);
    throw new UnseenError("data-not-found", `${file} cannot be read: ${why}`, "Make one with `unseen train`.", {
      file,
    });
  }
  try {
    checkWhole(bytes);
    return { scorer: Scorer.open(bytes, kernelModule("score")), bytes };
  } catch (cause) {
    if (!(cause instanceof UnseenError)) throw cause;
    throw new UnseenError(cause.code, `${file}: ${cause.message}`, cause.remedy, { ...cause.place, file });
  }
}
