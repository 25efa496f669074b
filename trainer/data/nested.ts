/** A training side as a data set of its own: what choices may be made by while its test side stays unseen. */
import type { Dataset, Group, Rows } from "./dataset.ts";
import { rowHashes } from "./row-hash.ts";
import { concatRows, takeRows } from "./rows.ts";
import { indicesWhere } from "./sides.ts";
import { splitDataset, type SplitOptions } from "./split.ts";

/**
 * Everything fitting may see of a data set when no family is held out, and nothing else. Normal training rows are on its
 * official training side, normal validation rows on its test side; of each family there are the labels.
 *
 * Split it with another seed: the same hashes would put all its training rows on one side.
 * @throws what splitDataset throws
 */
export function trainingPart(dataset: Dataset, options: Omit<SplitOptions, "holdOut">): Dataset {
  const { fit } = splitDataset(dataset, { ...options, holdOut: [] });
  const normal = new Map(fit.normal.map((one) => [one.domain, one]));
  const seen = new Map(fit.seen.map((one) => [one.family, one]));
  const partOf = (group: Group, hashes: Float64Array, rows: Rows | undefined, side: "train" | "test"): Group[] => {
    if (rows === undefined) return [];
    const wanted = new Set(rowHashes(rows, options.seed));
    const places = indicesWhere(group.count, (i) => wanted.has(hashes[i]));
    const block = Int32Array.from(places, (i) => group.block[i]);
    return places.length > 0 ? [{ ...group, ...takeRows(group, places), side, block }] : [];
  };
  const groups = dataset.groups.flatMap((group) => {
    if (group.side === "test") return [];
    const hashes = rowHashes(group, options.seed);
    if (group.role === "normal") {
      const domain = normal.get(group.name);
      return [...partOf(group, hashes, domain?.train, "train"), ...partOf(group, hashes, domain?.validation, "test")];
    }
    const family = seen.get(group.name);
    return partOf(group, hashes, family && concatRows([family.support, family.validation]), "train");
  });
  return { ...dataset, groups };
}
