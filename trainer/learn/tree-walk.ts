/** Trees as the trainer keeps them, boosted and isolation trees alike, and what rows find at their leaves. */
import type { Matrix } from "../data/matrix.ts";

/** Nodes of all trees in one run; a node without children is a leaf. */
export interface TreeNodes {
  /** First node of every tree. */
  readonly roots: readonly number[];
  /** The column a node splits, −1 in a leaf. */
  readonly column: Int32Array;
  /** The threshold (rows up to it go low), which files have in single precision, or what a leaf adds. */
  readonly value: Float64Array;
  /** The low child; the high one is the node after it. */
  readonly low: Int32Array;
}

/** start + the sum of one leaf of every tree (rows). */
export function leafSums(
  { roots, column, value, low }: TreeNodes,
  { rows, cols, data }: Matrix,
  start: number,
): Float64Array {
  const sums = new Float64Array(rows).fill(start);
  for (const root of roots) {
    for (let i = 0, at = 0; i < rows; i++, at += cols) {
      let node = root;
      for (let j = column[node]; j >= 0; j = column[node]) {
        node = data[at + j] <= value[node] ? low[node] : low[node] + 1;
      }
      sums[i] += value[node];
    }
  }
  return sums;
}
