/** Publishing: immutable weights first, the small pointer last, so that no reader ever sees one without the other. */
import { createHash } from "node:crypto";
import { UnseenError } from "../../model/errors.ts";
import { MODEL_NAME, type Pointer, pointerKey, readPointer, weightsKey } from "../../model/pointer.ts";
import { Scorer } from "../../model/scorer.ts";
import { kernelModule } from "../learn/engine.ts";
import { getKey, hasKey, putFile, putText, readModelFile, type Store } from "./wrangler.ts";

/** KV's limit on a value. */
const VALUE_LIMIT = 25 * 1024 * 1024;
/** Older versions a pointer remembers. */
export const HISTORY = 20;

export interface Published {
  readonly name: string;
  readonly version: number;
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Publishes a model file under a name. Interrupted between the two writes, the old version goes on serving and the
 * command can be repeated; publishing what is current already changes nothing.
 *
 * @throws UnseenError artefact-* where the file would not serve; publish-failed with what wrangler said
 */
export async function publish({ file, name, ...store }: { file: string; name: string } & Store): Promise<Published> {
  checkName(name);
  const bytes = readModelFile(file);
  if (bytes.length > VALUE_LIMIT) {
    const size = (bytes.length / 1024 / 1024).toFixed(1);
    throw new UnseenError("artefact-too-large", `${file} has ${size} MiB, KV takes 25.`, "Train a smaller network.", {
      file,
    });
  }
  Scorer.open(bytes, kernelModule("score"));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const before = await readCurrent(store, name);
  if (before?.current.sha256 === sha256) {
    return { name, version: before.current.version, sha256, bytes: bytes.length };
  }
  if (!(await hasKey(store, weightsKey(sha256)))) await putFile(store, weightsKey(sha256), file);
  const older = before ? [before.current, ...before.history] : [];
  const version = Math.max(0, ...older.map((old) => old.version)) + 1;
  const current = { version, sha256, publishedAt: new Date().toISOString() };
  await writePointer(store, { name, current, history: older.slice(0, HISTORY) });
  return { name, version, sha256, bytes: bytes.length };
}

export function checkName(name: string): void {
  if (MODEL_NAME.test(name)) return;
  const remedy = "Use lower-case letters, digits, dots, dashes and underscores, at most 64, a letter or digit first.";
  throw new UnseenError("option-invalid", `"${name}" is no model name.`, remedy);
}

/** The pointer of a name, or undefined where nothing was published under it. */
export async function readCurrent(store: Store, name: string): Promise<Pointer | undefined> {
  const text = await getKey(store, pointerKey(name));
  if (text === undefined) return undefined;
  const pointer = readPointer(text);
  if (pointer) return pointer;
  const remedy = `Look at the key ${pointerKey(name)}; delete it to start anew.`;
  throw new UnseenError("publish-failed", `the pointer of "${name}" in KV is damaged`, remedy);
}

export async function writePointer(store: Store, pointer: Pointer): Promise<void> {
  await putText(store, pointerKey(pointer.name), JSON.stringify(pointer));
}
