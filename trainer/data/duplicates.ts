/** Exact duplicates: dropped before any split, so that no row is learned from and tested on. */
import type { Cells, Group, Rows } from "./dataset.ts";
import { rowHashes } from "./row-hash.ts";

export interface Deduplicated {
  readonly groups: readonly Group[];
  readonly notes: readonly string[];
}

/**
 * Keeps the first of equal rows among all normal domains together, and among all rows of each family.
 *
 * Groups come in the order given, except that official test rows are kept before others, so that an official test set
 * stays whole and the copy in the training set goes. The kept rows stay in their order, with their blocks. A row that is both normal and
 * anomalous stays in both and is counted in a note; so does one in two families (the split keeps it from being a
 * label of one and a test row of the other). Missing values equal each other. The groups given are used up: what is left
 * is moved together within their columns, as a copy might not fit into memory.
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
  const kept = new Map<Group, Uint32Array>();
  for (const i of order) kept.set(groups[i], poolOf(groups[i]).add(groups[i]));
  const notes = overlapNotes(groups, kept, pools);
  const left = groups.map((group) => thin(group, kept.get(group) ?? new Uint32Array(0)));
  const count = (list: readonly Group[]): number => list.reduce((sum, group) => sum + group.count, 0);
  const duplicates = count(groups) - count(left);
  if (duplicates > 0)
    notes.push(`${duplicates} rows repeat another normal row, or one of their family, and are left out.`);
  return { groups: left, notes };
}

/** Distinct rows seen so far: an open table of their hashes, eight bytes a row and as many again. */
class Pool {
  readonly #parts: { readonly rows: Rows; readonly first: number }[] = [];
  /** Per row, part after part. */
  #hashes = new Float64Array(0);
  /** One more than a row's place among the hashes, 0 for a free slot; fewer than half are taken. */
  #slots = new Uint32Array(16);
  #count = 0;

  /** Indices of the rows that are new to the pool. */
  add(rows: Rows): Uint32Array {
    const first = this.#hashes.length;
    const hashes = new Float64Array(first + rows.count);
    hashes.set(this.#hashes);
    hashes.set(rowHashes(rows, 0), first);
    this.#hashes = hashes;
    this.#parts.push({ rows, first });
    this.#makeRoom(this.#count + rows.count);
    const fresh = new Uint32Array(rows.count);
    let many = 0;
    for (let row = 0; row < rows.count; row++) {
      const slot = this.#find(rows, row, hashes[first + row]);
      if (this.#slots[slot] > 0) continue;
      this.#slots[slot] = first + row + 1;
      this.#count++;
      fresh[many++] = row;
    }
    return fresh.subarray(0, many);
  }

  has(rows: Rows, row: number, hash: number): boolean {
    return this.#slots[this.#find(rows, row, hash)] > 0;
  }

  /** The slot of a row equal to this one, or the free one where it would be. */
  #find(rows: Rows, row: number, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = (hash >>> 0) & mask; ; slot = (slot + 1) & mask) {
      const place = this.#slots[slot] - 1;
      if (place < 0) return slot;
      if (this.#hashes[place] !== hash) continue;
      const part = this.#partOf(place);
      if (sameRow(part.rows, place - part.first, rows, row)) return slot;
    }
  }

  #partOf(place: number): { readonly rows: Rows; readonly first: number } {
    let i = this.#parts.length - 1;
    while (this.#parts[i].first > place) i--;
    return this.#parts[i];
  }

  #makeRoom(rows: number): void {
    let size = this.#slots.length;
    while (size < 2 * rows) size *= 2;
    if (size === this.#slots.length) return;
    const before = this.#slots;
    this.#slots = new Uint32Array(size);
    for (const entry of before) {
      if (entry === 0) continue;
      let slot = (this.#hashes[entry - 1] >>> 0) & (size - 1);
      while (this.#slots[slot] > 0) slot = (slot + 1) & (size - 1);
      this.#slots[slot] = entry;
    }
  }
}

function sameRow(a: Rows, i: number, b: Rows, j: number): boolean {
  return a.cells.every((cells, column) => {
    const left = cells[i];
    const right = b.cells[column]?.[j];
    return left === right || (Number.isNaN(left) && Number.isNaN(right));
  });
}

/** The rows at `indices`, which ascend: moved up within the columns they are in. */
function thin(group: Group, indices: Uint32Array): Group {
  const count = indices.length;
  if (count === group.count) return group;
  const { block } = group;
  const cells = group.cells.map((column): Cells => {
    for (let i = 0; i < count; i++) column[i] = column[indices[i]];
    return column instanceof Float64Array ? column.subarray(0, count) : column.slice(0, count);
  });
  return { ...group, count, cells, block: Int32Array.from(indices, (i) => block[i]) };
}

function overlapNotes(
  groups: readonly Group[],
  kept: ReadonlyMap<Group, Uint32Array>,
  pools: ReadonlyMap<string, Pool>,
): string[] {
  const normal = pools.get("normal");
  const families = new Map<number, string>();
  let both = 0;
  let several = 0;
  for (const group of groups) {
    if (group.role === "normal") continue;
    const hashes = rowHashes(group, 0);
    for (const row of kept.get(group) ?? []) {
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
