/** Rolling back: one pointer write to a version whose weights are still there. */
import { UnseenError } from "../../model/errors.ts";
import { versionsOf, weightsKey } from "../../model/pointer.ts";
import { checkName, HISTORY, readCurrent, writePointer } from "./publish.ts";
import { hasKey, type Store } from "./wrangler.ts";

/**
 * Serves an earlier version of a model again; the version left behind stays in the history, so that it can be
 * served again in turn.
 *
 * @param options `to` names a version; the one published before the current is taken without it
 * @throws UnseenError version-unknown, listing the versions there are
 */
export async function rollback({
  name,
  to,
  ...store
}: { name: string; to?: number } & Store): Promise<{ name: string; version: number; sha256: string }> {
  checkName(name);
  const pointer = await readCurrent(store, name);
  if (!pointer) {
    throw new UnseenError("version-unknown", `Nothing is published as "${name}".`, "Publish a model first.");
  }
  const { current, canary, history } = pointer;
  const earlier = history.filter(({ version, abandoned }) => version < current.version && !abandoned);
  const wanted = to === undefined ? earlier[0] : versionsOf(pointer).find(({ version }) => version === to);
  if (!wanted) {
    const known = versionsOf(pointer)
      .map(({ version }) => version)
      .toSorted((a, b) => b - a);
    const missing =
      to === undefined ? `"${name}" has no version before ${current.version}` : `"${name}" has no version ${to}`;
    throw new UnseenError("version-unknown", `${missing}.`, `There are: ${known.join(", ")}.`);
  }
  const { version, sha256, publishedAt } = wanted;
  const target = { version, sha256, publishedAt };
  if (!(await hasKey(store, weightsKey(sha256)))) {
    const why = `The weights of version ${version} are no longer in KV.`;
    throw new UnseenError("version-unknown", why, "Publish the model file again.");
  }
  if (version !== current.version) {
    const others = [current, ...history.filter((each) => each.version !== version)].toSorted(
      (a, b) => b.version - a.version,
    );
    const trial = canary && canary.version !== version ? { canary } : {};
    await writePointer(store, { name, current: target, ...trial, history: others.slice(0, HISTORY) });
  }
  return { name, version, sha256 };
}
