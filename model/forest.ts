/** Trees as the kernel evaluates them: masks of leaves, tree by tree for eight rows and column by column for one. */
import type { Address, Kernel } from "./kernel.ts";

/** Bits of a mask: trees with more leaves are walked instead. */
const MOST_LEAVES = 32;

/** Trees one after another: their splits, bottom-up, and what their leaves add, from low to high. */
class MaskedTrees {
  readonly column: number[] = [];
  readonly threshold: number[] = [];
  /** Bits of the leaves that a value above the threshold rules out. */
  readonly mask: number[] = [];
  readonly leaves: number[] = [];
  /** Where each tree's splits and leaves end. */
  readonly splitEnds: number[] = [];
  readonly leafEnds: number[] = [];

  /** Adds a tree; false, and nothing added, where it has more leaves than a mask has bits. Shared children count anew. */
  add(nodes: Float32Array, root: number): boolean {
    const [splits, start] = [this.mask.length, this.leaves.length];
    const visit = (node: number): boolean => {
      const column = nodes[3 * node];
      if (column < 0) return this.leaves.push(nodes[3 * node + 1]) - start <= MOST_LEAVES;
      const first = this.leaves.length - start;
      const low = nodes[3 * node + 2];
      if (!visit(low)) return false;
      this.column.push(column);
      this.threshold.push(nodes[3 * node + 1]);
      this.mask.push((2 ** (this.leaves.length - start) - 2 ** first) >>> 0);
      return visit(low + 1);
    };
    if (visit(root)) {
      this.splitEnds.push(this.mask.length);
      this.leafEnds.push(this.leaves.length);
      return true;
    }
    for (const list of [this.column, this.threshold, this.mask]) list.length = splits;
    this.leaves.length = start;
    return false;
  }

  /** Splits in order of column, then of threshold; and where each column's begin. */
  byColumn(columns: number): { order: Uint32Array; starts: Uint32Array } {
    const { column, threshold } = this;
    const starts = new Uint32Array(columns + 1);
    for (const j of column) starts[j + 1]++;
    for (let j = 0; j < columns; j++) starts[j + 1] += starts[j];
    const order = new Uint32Array(column.length);
    const next = starts.slice();
    for (let split = 0; split < column.length; split++) order[next[column[split]]++] = split;
    for (let j = 0; j < columns; j++) {
      order.subarray(starts[j], starts[j + 1]).sort((a, b) => threshold[a] - threshold[b]);
    }
    return { order, starts };
  }
}

/**
 * Lays a forest out in the kernel; see `forest` in assembly/forest.ts for the table.
 *
 * @param nodes (nodes, 3): column or −1, threshold or leaf value, low child; checked by `checkWeights`
 * @param roots (trees)
 * @param columns how many its nodes look at
 */
export function forestTable(kernel: Kernel, nodes: Float32Array, roots: Float32Array, columns: number): Address {
  const trees = new MaskedTrees();
  const walked: number[] = [];
  for (const root of roots) if (!trees.add(nodes, root)) walked.push(12 * root);
  const [many, count] = [trees.mask.length, trees.splitEnds.length];
  const treeTable = kernel.allocate(2 * count);
  const byTree = kernel.allocate(3 * many);
  const leaves = kernel.allocate(trees.leaves.length);
  const starts = kernel.allocate(columns + 1);
  const byColumn = kernel.allocate(3 * many);
  const masks = kernel.allocate(count);
  const turned = kernel.allocate(8 * columns);
  const roughRoots = kernel.allocate(walked.length);
  const roughNodes = kernel.allocate(walked.length > 0 ? nodes.length : 0);
  const table = kernel.allocate(10);

  const words = new Int32Array(kernel.functions.memory.buffer);
  const floats = new Float32Array(kernel.functions.memory.buffer);
  const put = (at: Address, ...values: number[]): void => words.set(values, at / 4);
  const ends = [treeTable + 8 * count, roughRoots + 4 * walked.length];
  put(table, columns, treeTable, ends[0], byTree, starts, masks, turned, roughRoots, ends[1], roughNodes);

  const place = new Uint32Array(many);
  for (let i = 0, split = 0; i < count; i++) {
    for (; split < trees.splitEnds[i]; split++) {
      const at = byTree / 4 + 3 * split;
      words[at] = 32 * trees.column[split];
      floats[at + 1] = trees.threshold[split];
      words[at + 2] = trees.mask[split];
      place[split] = i;
    }
    words[treeTable / 4 + 2 * i] = byTree + 12 * trees.splitEnds[i];
    words[treeTable / 4 + 2 * i + 1] = leaves + 4 * (trees.leafEnds[i - 1] ?? 0);
  }
  floats.set(trees.leaves, leaves / 4);
  const sorted = trees.byColumn(columns);
  for (const [column, start] of sorted.starts.entries()) words[starts / 4 + column] = byColumn + 12 * start;
  for (const [i, split] of sorted.order.entries()) {
    const at = byColumn / 4 + 3 * i;
    floats[at] = trees.threshold[split];
    words[at + 1] = 4 * place[split];
    words[at + 2] = ~trees.mask[split];
  }
  put(roughRoots, ...walked);
  for (let at = 0; walked.length > 0 && at < nodes.length; at += 3) {
    put(roughNodes + 4 * at, nodes[at], 0, nodes[at + 2]);
    floats[roughNodes / 4 + at + 1] = nodes[at + 1];
  }
  return table;
}
