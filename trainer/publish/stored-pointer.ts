/** The pointer in KV, read and changed: by one at a time in a local KV, watching for others in the account's. */
import { dirname, join } from "node:path";
import { UnseenError } from "../../model/errors.ts";
import { isOfLaterFormat, type Pointer, pointerKey, readPointer, type Version } from "../../model/pointer.ts";
import { weightsKey, writtenPointer } from "../../model/pointer.ts";
import { locked } from "../lock.ts";
import { getKey, hasKey, putKey, ROOT, type Store } from "./wrangler.ts";

/** The pointer of a name, or undefined where nothing was published under it. @throws UnseenError publish-failed */
export async function readCurrent(store: Store, name: string): Promise<Pointer | undefined> {
  const text = await getKey(store, pointerKey(name));
  if (text === undefined) return undefined;
  const pointer = readPointer(text);
  if (pointer?.name === name) return pointer;
  if (isOfLaterFormat(text)) {
    const why = `the pointer of "${name}" was written by a later release of this program`;
    throw new UnseenError("publish-failed", why, "Update this program, and leave the pointer as it is.");
  }
  const remedy = `Look at the key ${pointerKey(name)}; delete it to start anew.`;
  throw new UnseenError("publish-failed", `the pointer of "${name}" in KV is damaged`, remedy);
}

/** @throws UnseenError version-unknown where there is none */
export function known(pointer: Pointer | undefined, name: string): Pointer {
  if (pointer) return pointer;
  throw new UnseenError("version-unknown", `Nothing is published as "${name}".`, "Publish a model first.");
}

/**
 * Before a version is made the current one.
 *
 * @param others can be chosen instead
 * @throws UnseenError version-unknown where its weights are gone
 */
export async function checkWeights(
  store: Store,
  { version, sha256 }: Version,
  others: readonly Version[] = [],
): Promise<void> {
  if (await hasKey(store, weightsKey(sha256))) return;
  const why = `The weights of version ${version} are no longer in KV.`;
  const numbers = others.map((each) => each.version).join(", ");
  const instead = others.length === 0 ? "" : `, or choose another version with --to: ${numbers}`;
  throw new UnseenError("version-unknown", why, `Publish the model file again${instead}.`);
}

/**
 * Changes the pointer of a name, in one write.
 *
 * @param change gives the next pointer, or the one before where it is to stay
 * @returns the next pointer
 * @throws UnseenError publish-failed where somebody else has changed it since it was read
 */
export async function changePointer(
  store: Store,
  name: string,
  change: (before: Pointer | undefined) => Promise<Pointer> | Pointer,
): Promise<Pointer> {
  return alone(store, name, async () => {
    const before = await readCurrent(store, name);
    const next = await change(before);
    if (next === before) return next;
    // Cloudflare's KV has no compare-and-set; here the lock has kept others out.
    const now = store.remote ? await readCurrent(store, name) : before;
    if (!same(now, before)) throw overtaken(name, now);
    const written = { ...next, writtenAt: timeAfter(before) };
    await putKey(store, pointerKey(name), writtenPointer(written));
    // What was there before may still be given by a KV that is behind; anything else is of another writer.
    const after = store.remote ? await readCurrent(store, name) : written;
    if (!same(after, written) && !same(after, before)) throw overtaken(name, after);
    return next;
  });
}

/** Lets one process at a time write to a name of a local KV; a remote one has no lock. */
function alone<T>(store: Store, name: string, work: () => Promise<T>): Promise<T> {
  if (store.remote) return work();
  const folder = store.persistTo ?? join(store.config ? dirname(store.config) : ROOT, ".wrangler", "state");
  return locked(join(folder, `publish-${name}.lock`), `publishing "${name}"`, work);
}

/** Now, or right after the pointer before, where its writer's clock was fast: isolates pass over what seems older to them. */
function timeAfter(before: Pointer | undefined): string {
  const last = before?.writtenAt === undefined ? 0 : Date.parse(before.writtenAt);
  return new Date(Math.max(Date.now(), last + 1)).toISOString();
}

function same(one: Pointer | undefined, other: Pointer | undefined): boolean {
  return (one && writtenPointer(one)) === (other && writtenPointer(other));
}

function overtaken(name: string, now: Pointer | undefined): UnseenError {
  const what = now ? `version ${now.current.version} is current now` : "it is gone";
  const why = `somebody else published or changed "${name}" at the same time: ${what}`;
  return new UnseenError("publish-failed", why, "Look at it with `unseen canary`, then repeat the command.");
}
