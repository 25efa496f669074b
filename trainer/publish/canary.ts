/** A canary's way: its share changed, promoted to the current version, or given up; each is one pointer write. */
import { UnseenError } from "../../model/errors.ts";
import type { Canary, Pointer } from "../../model/pointer.ts";
import { checkName, givenUp, withinHistory } from "./publish.ts";
import { changePointer, checkWeights, known, readCurrent } from "./stored-pointer.ts";
import type { Store } from "./wrangler.ts";

/** What to do with a canary: answer another percentage of the callers, or end the trial. */
export type CanaryStep = { readonly share: number } | "promote" | "abandon";

/**
 * The pointer of a name, after a step of its canary where one is given.
 *
 * @throws UnseenError version-unknown where nothing is published or the weights to promote are gone, canary-impossible
 * where there is no canary to step, publish-failed
 */
export async function stepCanary({
  name,
  step,
  ...store
}: { name: string; step?: CanaryStep } & Store): Promise<Pointer> {
  checkName(name);
  if (step === undefined) return known(await readCurrent(store, name), name);
  return changePointer(store, name, async (before) => {
    const pointer = known(before, name);
    if (!pointer.canary) {
      const remedy = "Start one with `unseen publish FILE --canary PERCENT`.";
      throw new UnseenError("canary-impossible", `"${name}" has no canary.`, remedy);
    }
    if (step === "promote") await checkWeights(store, pointer.canary);
    return stepped(pointer, pointer.canary, step);
  });
}

export function stepped(pointer: Pointer, canary: Canary, step: CanaryStep): Pointer {
  const { name, current, history } = pointer;
  if (step === "promote") {
    const { percent: _, ...promoted } = canary;
    return { name, current: promoted, history: withinHistory([current, ...history]) };
  }
  if (step === "abandon") return { name, current, history: withinHistory([givenUp(canary), ...history]) };
  return { ...pointer, canary: { ...canary, percent: step.share } };
}
