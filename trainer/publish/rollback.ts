/** Rolling back: one pointer write to a version whose weights are still there. */
import { UnseenError } from "../../model/errors.ts";
import { weightsKey } from "../../model/pointer.ts";
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
  const { current, history } = pointer;
  const earlier = history.filter(({ version }) => version < current.version);
  const target = to === undefined ? earlier[0] : [current, ...history].find(({ version }) => version === to);
  if (!target) {
    const known = [current, ...history].map(({ version }) => version).toSorted((a, b) => b - a);
    const missing =
      to === undefined ? `"${name}" has no version before ${current.version}` : `"${name}" has no version ${to}`;
    throw new UnseenError("version-unknown", `${missing}.`, `There are: ${known.join(", ")}.`);
  }
  if (!(await hasKey(store, weightsKey(target.sha256)))) {
    const why = `The weights of version ${target.version} are no longer in KV.`;
    throw new UnseenError("version-unknown", why, "Publish the model file again.");
  }
  if (target !== current) {
    const others = [current, ...history.filter((version) => version !== target)].toSorted(
      (a, b) => b.version - a.version,
    );
    await writePointer(store, { name, current: target, history: others.slice(0, HISTORY) });
  }
  return { name, version: target.version, sha256: target.sha256 };
}
