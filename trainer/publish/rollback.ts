/** Rolling back: one pointer write to a version whose weights are still there. */
import { UnseenError } from "../../model/errors.ts";
import { type Pointer, servedBefore, type Version, versionsOf } from "../../model/pointer.ts";
import { checkName, withinHistory } from "./publish.ts";
import { changePointer, checkWeights, known } from "./stored-pointer.ts";
import type { Store } from "./wrangler.ts";

/**
 * Serves an earlier version of a model again; the version left behind stays in the history, so that it can be
 * served again by its number.
 *
 * @param options `to` names a version; the one served before the current is taken without it
 * @throws UnseenError version-unknown, listing the versions there are; publish-failed
 */
export async function rollback({
  name,
  to,
  ...store
}: { name: string; to?: number } & Store): Promise<{ name: string; version: number; sha256: string }> {
  checkName(name);
  const { current } = await changePointer(store, name, async (before) => {
    const pointer = known(before, name);
    const wanted = versionTo(pointer, to);
    const others = pointer.history.filter(({ version }) => version !== wanted.version);
    await checkWeights(store, wanted, others);
    return wanted.version === pointer.current.version ? pointer : servedAgain(pointer, wanted);
  });
  return { name, version: current.version, sha256: current.sha256 };
}

/** The version of a number, or the one served before. @throws UnseenError version-unknown */
export function versionTo(pointer: Pointer, to: number | undefined): Version {
  const all = versionsOf(pointer);
  const wanted = to === undefined ? servedBefore(pointer) : all.find(({ version }) => version === to);
  if (wanted) return wanted;
  const { name, current } = pointer;
  if (to !== undefined) {
    const there = all.map(({ version }) => version).toSorted((a, b) => b - a);
    const remedy = `There are: ${there.join(", ")}. Choose one with --to.`;
    throw new UnseenError("version-unknown", `"${name}" has no version ${to}.`, remedy);
  }
  const others = all.slice(1).map((each) => {
    const what = each === pointer.canary ? "canary" : each.abandoned ? "canary given up" : "rolled back";
    return `version ${each.version} (${what})`;
  });
  const remedy =
    others.length === 0 ? "Publish another version first." : `Others are ${others.join(", ")}. Choose one with --to.`;
  throw new UnseenError("version-unknown", `"${name}" has none to go back to from ${current.version}.`, remedy);
}

/**
 * The pointer with a version in the current one's place. On the way back all that was served since is marked as rolled
 * back from, so that going back once more goes further, not to and fro; a version that was marked, given up or on trial
 * is a step forward, from which one can go back to the current one.
 */
export function servedAgain({ name, current, canary, history }: Pointer, wanted: Version): Pointer {
  const { version, sha256, publishedAt, abandoned, rolledBack } = wanted;
  const at = history.findIndex((each) => each.version === version);
  const since = abandoned || rolledBack || at < 0 ? 0 : at + 1;
  const others = [current, ...history]
    .map((each, i) => (i < since && !each.abandoned ? { ...each, rolledBack: true } : each))
    .filter((each) => each.version !== version);
  const trial = canary && canary.version !== version ? { canary } : {};
  return { name, current: { version, sha256, publishedAt }, ...trial, history: withinHistory(others) };
}
