/** Publishing: immutable weights first, the small pointer last, so that no reader ever sees one without the other. */
import { hash } from "node:crypto";
import { UnseenError } from "../../model/errors.ts";
import { MODEL_NAME, type Pointer, servedBefore, type Version, versionsOf, weightsKey } from "../../model/pointer.ts";
import { openModel } from "../model-file.ts";
import { changePointer } from "./stored-pointer.ts";
import { putKey, type Store } from "./wrangler.ts";

/** KV's limit on a value, MiB. */
const VALUE_LIMIT = 25;
const LESS = "Train on fewer columns or, with --method paper, a smaller network.";
/** Older versions a pointer remembers. */
const HISTORY = 20;

export interface Published {
  readonly name: string;
  readonly version: number;
  readonly sha256: string;
  readonly bytes: number;
  /** Percent of the callers that a canary answers. */
  readonly canary?: number;
}

/**
 * Publishes a model file under a name. Interrupted between the two writes, the old version goes on serving and the
 * command can be repeated; publishing what is current already leaves the pointer as it is, publishing the canary makes it
 * current. The weights are written in any case, which mends those that are missing or damaged in KV.
 *
 * @param options `canary` has the version answer so many percent of the callers, and leaves the current one in place; `once`
 * leaves a file that was published before as it stands, replaced or rolled back from as it may be
 * @throws UnseenError artefact-* where the file would not serve; canary-impossible; publish-failed with what wrangler said, or
 * where somebody else publishes under the name at the same time
 */
export async function publish({
  file,
  name,
  canary,
  once = false,
  ...store
}: { file: string; name: string; canary?: number; once?: boolean } & Store): Promise<Published> {
  checkName(name);
  const { bytes } = openModel(file);
  const large = tooLarge(bytes);
  if (large !== null) throw new UnseenError("artefact-too-large", `${file} ${large}.`, LESS, { file });
  const sha256 = hash("sha256", bytes);
  const pointer = await changePointer(store, name, async (before) => {
    if (canary !== undefined) checkCanary(before, name, sha256);
    await putKey(store, weightsKey(sha256), bytes);
    if (before?.current.sha256 === sha256) return before;
    if (before && once && versionsOf(before).some((each) => each.sha256 === sha256)) return before;
    return withVersion(before, { name, sha256, publishedAt: new Date().toISOString() }, canary);
  });
  const { version } = versionsOf(pointer).find((each) => each.sha256 === sha256) ?? pointer.current;
  return { name, sha256, bytes: bytes.length, version, ...(canary === undefined ? {} : { canary }) };
}

/** The pointer with one more version, or with the canary's version if it is that; as canary or as the current one. */
export function withVersion(
  before: Pointer | undefined,
  { name, ...published }: { name: string } & Omit<Version, "version">,
  percent: number | undefined,
): Pointer {
  const known = before ? versionsOf(before) : [];
  const trial = before?.canary?.sha256 === published.sha256 ? before.canary : undefined;
  const version = trial?.version ?? Math.max(0, ...known.map((old) => old.version)) + 1;
  const current = { version, ...published };
  if (before && percent !== undefined) {
    const canary = { ...current, percent };
    const { canary: replaced, history } = before;
    const others = replaced && !trial ? withinHistory([givenUp(replaced), ...history]) : history;
    return { ...before, canary, history: others };
  }
  const history = before ? withinHistory([before.current, ...before.history]) : [];
  const running = before?.canary && !trial ? { canary: before.canary } : {};
  return { name, current, ...running, history };
}

/** A canary's version as it stays in the history once it is given up. */
export function givenUp({ version, sha256, publishedAt }: Version): Version {
  return { version, sha256, publishedAt, abandoned: true };
}

/** Why a file cannot be published for its size, and what to do, for who has just trained it. */
export function sizeNotes(bytes: Uint8Array): string[] {
  const large = tooLarge(bytes);
  return large === null ? [] : [`The model ${large}, so it cannot be published. ${LESS}`];
}

function tooLarge(bytes: Uint8Array): string | null {
  const size = bytes.length / 1024 / 1024;
  return size > VALUE_LIMIT ? `has ${size.toFixed(1)} MiB, KV takes ${VALUE_LIMIT}` : null;
}

/** The history without those served longest ago for which there is no room; the one to go back to stays. */
export function withinHistory(history: readonly Version[]): readonly Version[] {
  const kept = history.slice(0, HISTORY);
  const back = servedBefore({ history });
  return back && !kept.includes(back) ? [...kept.slice(0, -1), back] : kept;
}

function checkCanary(before: Pointer | undefined, name: string, sha256: string): void {
  if (before && before.current.sha256 !== sha256) return;
  const why = before ? `This file is the current version of "${name}"` : `Nothing is published as "${name}"`;
  const remedy = before ? "Publish another file as the canary." : "Publish the first version without --canary.";
  throw new UnseenError("canary-impossible", `${why}: a canary stands beside another version.`, remedy);
}

export function checkName(name: string): void {
  if (MODEL_NAME.test(name)) return;
  const remedy = "Use lower-case letters, digits, dots, dashes and underscores, at most 64, a letter or digit first.";
  throw new UnseenError("option-invalid", `"${name}" is no model name.`, remedy);
}
