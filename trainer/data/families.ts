/** Names of anomaly families as users type them. */
import { UnseenError } from "../../model/errors.ts";
import { didYouMean } from "../nearest.ts";
import type { Dataset } from "./dataset.ts";

/** The families' names, each once, in the data set's order. */
export function familiesOf(dataset: Dataset): string[] {
  return [...new Set(dataset.groups.flatMap((group) => (group.role === "anomaly" ? [group.name] : [])))];
}

/** The normal domains' names, each once, in the data set's order. */
export function domainsOf(dataset: Dataset): string[] {
  return [...new Set(dataset.groups.flatMap((group) => (group.role === "normal" ? [group.name] : [])))];
}

/** Rows of a normal domain. */
export function normalRows({ groups }: Dataset, domain: string): number {
  return groups.reduce((sum, { role, name, count }) => sum + (role === "normal" && name === domain ? count : 0), 0);
}

/** The group of several families that a family belongs to, where the data set names one, else its own name. */
export function kinOf({ familyNames }: Dataset, family: string): string {
  for (const [name, members] of familyNames ?? []) if (members.length > 1 && members.includes(family)) return name;
  return family;
}

/**
 * The families that `names` stand for, each once, in the data set's order: a family's own name, a title or group of
 * families from meta.json ("DoS" stands for all of them), exactly or, failing that, all that are so in another case of
 * letters or Unicode form.
 *
 * Throws `family-unknown` with near matches: a mistyped name must never let a family that was to be held out be seen.
 */
export function resolveFamilies(dataset: Dataset, names: readonly string[]): string[] {
  const families = familiesOf(dataset);
  const choices = new Map<string, readonly string[]>(dataset.familyNames ?? []);
  for (const family of families) choices.set(family, [family]);
  const wanted = new Set<string>();
  for (const name of names) {
    const keys = choices.has(name) ? [name] : [...choices.keys()].filter((choice) => folded(choice) === folded(name));
    if (keys.length === 0) {
      throw new UnseenError(
        "family-unknown",
        `${dataset.name} has no anomaly family "${name}".`,
        didYouMean(name, choices.keys()),
      );
    }
    for (const family of keys.flatMap((key) => choices.get(key) ?? [])) wanted.add(family);
  }
  return families.filter((family) => wanted.has(family));
}

/** A name without what case of letters and Unicode form make of it. */
export function folded(name: string): string {
  return name.normalize().trim().toLowerCase();
}
