/** A canary's way: its share changed, promoted to the current version, or given up; each is one pointer write. */
import { UnseenError } from "../../model/errors.ts";
import type { Canary, Pointer } from "../../model/pointer.ts";
import { checkName, givenUp, HISTORY, readCurrent, writePointer } from "./publish.ts";
import type { Store } from "./wrangler.ts";

/** What to do with a canary: answer another percentage of the callers, or end the trial. */
export type CanaryStep = { readonly share: number } | "promote" | "abandon";

/**
 * The pointer of a name, after a step of its canary where one is given.
 *
 * @throws UnseenError version-unknown where nothing is published, canary-impossible where there is no canary to step
 */
export async function stepCanary({
  name,
  step,
  ...store
}: { name: string; step?: CanaryStep } & Store): Promise<Pointer> {
  checkName(name);
  const pointer = await readCurrent(store, name);
  if (!pointer) {
    throw new UnseenError("version-unknown", `Nothing is published as "${name}".`, "Publish a model first.");
  }
  if (step === undefined) return pointer;
  if (!pointer.canary) {
    const remedy = "Start one with `unseen publish FILE --canary PERCENT`.";
    throw new UnseenError("canary-impossible", `"${name}" has no canary.`, remedy);
  }
  const next = stepped(pointer, pointer.canary, step);
  await writePointer(store, next);
  return next;
}

export function stepped(pointer: Pointer, canary: Canary, step: CanaryStep): Pointer {
  const { name, current, history } = pointer;
  if (step === "promote") {
    const { percent: _, ...promoted } = canary;
    return { name, current: promoted, history: [current, ...history].slice(0, HISTORY) };
  }
  if (step === "abandon") return { name, current, history: [givenUp(canary), ...history].slice(0, HISTORY) };
  return { ...pointer, canary: { ...canary, percent: step.share } };
}
