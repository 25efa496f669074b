/** Episodes: what the parts that judge must not have seen, families and normal rows, in turn. */
import type { Matrix } from "../../data/matrix.ts";
import { type Draw, shuffled } from "../draw.ts";

const FOLDS = 8;

export interface Episode {
  /** Families kept out; none where only normal rows are. */
  readonly outside: ReadonlySet<string>;
  /** The turn whose normal rows are kept out, or null. */
  readonly turn: number | null;
}

/** An episode that keeps nothing out. */
export const NOTHING: Episode = { outside: new Set(), turn: null };

/**
 * Splitting by rows, each fold of families is kept out once, and each normal domain once: rows of it are how a strange
 * domain would look, and are told apart from those of known ones. By blocks (patients, runs), where all that comes is
 * strange, both at once: an unseen family in a block never seen.
 */
export function episodesOf(
  folds: readonly ReadonlySet<string>[],
  turns: readonly number[],
  byBlocks: boolean,
): Episode[] {
  if (byBlocks && folds.length > 0 && turns.length > 0) {
    return Array.from({ length: Math.max(folds.length, turns.length) }, (_, i) => ({
      outside: folds[i % folds.length],
      turn: turns[i % turns.length],
    }));
  }
  return [
    ...folds.map((outside) => ({ outside, turn: null })),
    ...turns.map((turn) => ({ outside: new Set<string>(), turn })),
  ];
}

/**
 * Groups of families in at most eight folds, larger ones first, so that folds are alike; no fold where there are fewer
 * than two groups. Kin stay together: what is judged shall be as new to its judges as an unseen family would be.
 */
export function familyFolds(
  groups: readonly (readonly string[])[],
  families: ReadonlyMap<string, Matrix>,
  draw: Draw,
): Set<string>[] {
  if (groups.length < 2) return [];
  const rowsOf = (group: readonly string[]): number =>
    group.reduce((sum, family) => sum + (families.get(family)?.rows ?? 0), 0);
  const order = shuffled(draw, groups).sort((a, b) => rowsOf(b) - rowsOf(a));
  const folds = Array.from({ length: Math.min(FOLDS, order.length) }, () => new Set<string>());
  for (const [i, group] of order.entries()) for (const family of group) folds[i % folds.length].add(family);
  return folds;
}
