/** On which side of the split a row falls: a function of the seed and the row, or of the seed and its block. */
import type { Dataset, Group, Rows } from "./dataset.ts";
import { HASH_RANGE, rowHashes, textHash } from "./row-hash.ts";
import { concatRows, takeRows } from "./rows.ts";

export const TRAIN = 0;
export const VALIDATION = 1;
export const TEST = 2;
export type Side = typeof TRAIN | typeof VALIDATION | typeof TEST;

export interface SideRule {
  readonly seed: number;
  readonly split: "rows" | "blocks";
  /** Official sides of blocks; they count only when splitting by blocks. */
  readonly blockSides?: ReadonlyMap<string, "train" | "test">;
}

/** All rows of one normal domain or family, whatever their official side, in the order of their hashes. */
export interface SidedRows {
  readonly name: string;
  readonly count: number;
  /** Copies of the rows at these places of the order. */
  take(places: readonly number[]): Rows;
  /** (count) whole numbers below 2^53: each row's content under the seed. */
  readonly hashes: Float64Array;
  /** (count) sides. */
  readonly sides: Uint8Array;
  /** (count) turns: whole blocks take the same one of `TURNS`; there are none when splitting by rows. */
  readonly turns?: Uint8Array;
}

/** Turns that the blocks of normal rows take at being kept from what judges them. */
export const TURNS = 5;
/** The turn of a block that has no normal row. */
export const NO_TURN = 255;

/**
 * The rows of a domain or family with their sides. An official side wins: test is test, train divides 75/25 into train
 * and validation; where there is none, 60/20/20. Splitting by blocks, whole blocks fall on a side by their name, and
 * a block's own official side (a patient's) counts where the group has none. Splitting by rows, anomalies have no
 * shares: they are test rows where officially so, and else on the training side, from which labels are drawn.
 */
export function sideRows(dataset: Dataset, role: Group["role"], name: string, rule: SideRule): SidedRows {
  const groups = dataset.groups.filter((group) => group.role === role && group.name === name);
  const rows = concatRows(groups);
  const hashes = rowHashes(rows, rule.seed);
  const sides = new Uint8Array(rows.count);
  const turns = new Uint8Array(rows.count);
  const turnOf = rule.split === "blocks" ? blockTurns(dataset, rule.seed) : new Map<string, number>();
  let at = 0;
  for (const group of groups) {
    const ofBlock = group.blockNames.map((block) =>
      sideOf(textHash(block, rule.seed), group.side ?? rule.blockSides?.get(block) ?? null),
    );
    for (let row = 0; row < group.count; row++, at++) {
      turns[at] = turnOf.get(group.blockNames[group.block[row]]) ?? NO_TURN;
      if (rule.split === "blocks") sides[at] = ofBlock[group.block[row]];
      else if (role === "normal") sides[at] = sideOf(hashes[at], group.side);
      else sides[at] = group.side === "test" ? TEST : TRAIN;
    }
  }
  const order = Uint32Array.from(hashes.keys()).sort((a, b) => hashes[a] - hashes[b]);
  return {
    name,
    count: rows.count,
    take: (places) =>
      takeRows(
        rows,
        Uint32Array.from(places, (place) => order[place]),
      ),
    hashes: Float64Array.from(order, (i) => hashes[i]),
    sides: Uint8Array.from(order, (i) => sides[i]),
    ...(rule.split === "blocks" ? { turns: Uint8Array.from(order, (i) => turns[i]) } : {}),
  };
}

/** Turns of the rows at some places, where there are turns. */
export function turnsAt({ turns }: SidedRows, places: readonly number[]): { readonly turns?: Uint8Array } {
  return turns ? { turns: Uint8Array.from(places, (i) => turns[i]) } : {};
}

/** Turns of the blocks of all normal domains, in order of hash, so that every turn has about as many. */
function blockTurns({ groups }: Dataset, seed: number): Map<string, number> {
  const names = new Set(groups.flatMap(({ role, blockNames }) => (role === "normal" ? blockNames : [])));
  const order = [...names].sort((a, b) => textHash(a, seed) - textHash(b, seed));
  return new Map(order.map((name, i) => [name, i % TURNS]));
}

/** The side a hash falls on. */
function sideOf(hash: number, official: "train" | "test" | null): Side {
  if (official === "test") return TEST;
  const u = hash / HASH_RANGE;
  if (official === "train") return u < 0.75 ? TRAIN : VALIDATION;
  return u < 0.6 ? TRAIN : u < 0.8 ? VALIDATION : TEST;
}

/** Rows that nobody may ever look at, such as test rows when training: copied when somebody does. */
export interface OnDemand {
  readonly count: number;
  readonly rows: Rows;
}

/** The rows at some places under a label, e.g. the family they are of. */
export function onDemand<Label extends object>(
  label: Label,
  from: SidedRows,
  places: readonly number[],
): Label & OnDemand {
  let rows: Rows | undefined;
  return {
    ...label,
    count: places.length,
    get rows() {
      rows ??= from.take(places);
      return rows;
    },
  };
}

export function indicesWhere(count: number, wanted: (i: number) => boolean): number[] {
  const indices: number[] = [];
  for (let i = 0; i < count; i++) if (wanted(i)) indices.push(i);
  return indices;
}
