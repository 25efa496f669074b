/** Which families of a data set a study holds out, and the rows that it tests on: the benchmark's rules. */
import type { Bench } from "../benchmark/bench.ts";
import { evenly } from "../benchmark/cell.ts";
import { type Candidate, chooseFamilies, type HeldGroup, heldOutSets } from "../benchmark/families.ts";
import { fewRows } from "../benchmark/task.ts";
import type { Rows } from "../data/dataset.ts";
import type { HeldOut } from "../data/split.ts";
import type { Entry, StudyOptions } from "./study.ts";

export type Families = readonly (readonly HeldGroup[])[];

/**
 * The families chosen by the benchmark's rule, or those asked for, dealt into sets that are held out together.
 *
 * @param sets how many; by default each family on its own
 */
export async function heldOutOf(
  bench: Bench,
  folder: string,
  { families }: StudyOptions,
  sets = Infinity,
): Promise<{ data: string; sets: Families }> {
  const { data, candidates } = await bench.outline(folder, families);
  const chosen = families.length > 0 ? candidates : chooseFamilies(candidates);
  const size = Math.max(1, Math.ceil(chosen.length / sets));
  return { data, sets: heldOutSets(chosen.map(plain), size) };
}

function plain({ name, families }: Candidate): HeldGroup {
  return { name, families };
}

/** At most `most` rows of a held-out family or group, evenly over its families. */
export function unseenRows({ unseen }: HeldOut, { families }: HeldGroup, most: number): Rows {
  return evenly(
    unseen.filter(({ family }) => families.includes(family)).map(({ rows }) => rows),
    most,
  );
}

/** Notes on the families of tasks that no result is of. */
export function untested(
  entries: readonly Entry<
    { readonly data: string; readonly method: string; readonly seed: number; readonly sets: Families },
    { readonly family: string }
  >[],
): string[] {
  return entries.flatMap(({ task: { data, seed, sets }, results }) => {
    const tested = new Set(results.map(({ family }) => family));
    const others = sets.flat().filter(({ name }) => !tested.has(name));
    return others.map(({ name }) => `${data}, seed ${seed}: ${fewRows(name)}`);
  });
}
