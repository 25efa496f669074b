/** Exact duplicates: dropped before any split, so that no row is learned from and tested on. */
import type { Group, Rows } from "./dataset.ts";
import { rowHashes } from "./row-hash.ts";
import { takeRows } from "./rows.ts";

export interface Deduplicated {
  readonly groups: readonly Group[];
  readonly duplicates: number;
  readonly notes: readonly string[];
}

/**
 * Keeps the first of equal rows among all normal domains together, and among all rows of each family.
 *
 * Groups come in the order given, except that official test rows are kept before others, so that an official test set
 * stays whole and the copy in the training set goes. The kept rows stay in their order, with their blocks. A row that is both normal and
 * anomalous stays in both and is counted in a note; so does one in two families (the split keeps it from being a
 * label of one and a test row of the other). Missing values equal each other.
 */
export function dropDuplicates(groups: readonly Group[]): Deduplicated {
  const pools = new Map<string, Pool>();
  const poolOf = (group: Group): Pool => {
    const name = group.role === "normal" ? "normal" : `anomaly ${group.name}`;
    const pool = pools.get(name) ?? new Pool();
    pools.set(name, pool);
    return pool;
  };
  const order = groups
    .map((_, i) => i)
    .sort((a, b) => Number(groups[b]?.side === "test") - Number(groups[a]?.side === "test"));
  const kept = new Map<number, Group>();
  let duplicates = 0;
  for (const i of order) {
    const group = groups[i];
    if (group === undefined) continue;
    const fresh = poolOf(group).add(group);
    duplicates += group.count - fresh.length;
    kept.set(i, fresh.length === group.count ? group : thin(group, fresh));
  }
  const left = groups.flatMap((_, i) => kept.get(i) ?? []);
  return { groups: left, duplicates, notes: overlapNotes(left, pools) };
}

/** Distinct rows seen so far. */
class Pool {
  readonly #byHash = new Map<number, { rows: Rows; row: number }[]>();

  /** Indices of the rows that are new to the pool. */
  add(rows: Rows): number[] {
    const hashes = rowHashes(rows, 0);
    const fresh: number[] = [];
    for (let row = 0; row < rows.count; row++) {
      const hash = hashes[row];
      const bucket = this.#byHash.get(hash);
      if (bucket === undefined) this.#byHash.set(hash, [{ rows, row }]);
      else if (bucket.some((entry) => sameRow(entry.rows, entry.row, rows, row))) continue;
      else bucket.push({ rows, row });
      fresh.push(row);
    }
    return fresh;
  }

  has(rows: Rows, row: number, hash: number): boolean {
    return this.#byHash.get(hash)?.some((entry) => sameRow(entry.rows, entry.row, rows, row)) ?? false;
  }
}

function sameRow(a: Rows, i: number, b: Rows, j: number): boolean {
  return a.cells.every((cells, column) => {
    const left = cells[i];
    const right = b.cells[column]?.[j];
    return left === right || (Number.isNaN(left) && Number.isNaN(right));
  });
}

function thin(group: Group, indices: readonly number[]): Group {
  const { block } = group;
  return {
    ...group,
    ...takeRows(group, indices),
    block: Int32Array.from(indices, (i) => block[i]),
  };
}

function overlapNotes(groups: readonly Group[], pools: ReadonlyMap<string, Pool>): string[] {
  const normal = pools.get("normal");
  const families = new Map<number, string>();
  let both = 0;
  let several = 0;
  for (const group of groups) {
    if (group.role === "normal") continue;
    const hashes = rowHashes(group, 0);
    for (let row = 0; row < group.count; row++) {
      const hash = hashes[row];
      if (normal?.has(group, row, hash) === true) both++;
      const other = families.get(hash);
      if (other !== undefined && other !== group.name) several++;
      families.set(hash, group.name);
    }
  }
  const notes: string[] = [];
  if (both > 0) notes.push(`${both} rows are both normal and anomalous and stay in both.`);
  if (several > 0) notes.push(`${several} rows occur in more than one family and stay in each.`);
  return notes;
}
