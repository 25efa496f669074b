/** Trees as the kernel evaluates them: masks of leaves, tree by tree for eight rows and column by column for one. */
import type { Address, Kernel } from "./kernel.ts";

/** Bits of a mask: trees with more leaves are walked instead. */
const MOST_LEAVES = 32;

interface MaskedNode {
  readonly column: number;
  readonly threshold: number;
  /** Bits of the leaves that a value above the threshold rules out. */
  readonly mask: number;
}

interface MaskedTree {
  readonly nodes: readonly MaskedNode[];
  /** What each leaf adds, from low to high. */
  readonly leaves: readonly number[];
}

/** A tree's nodes with masks; undefined where it has more leaves than a mask has bits. Shared children count anew. */
function masked(nodes: Float32Array, root: number): MaskedTree | undefined {
  const result: MaskedNode[] = [];
  const leaves: number[] = [];
  const visit = (node: number): boolean => {
    const [column, value, low] = nodes.subarray(3 * node, 3 * node + 3);
    if (column < 0) {
      leaves.push(value);
      return leaves.length <= MOST_LEAVES;
    }
    const first = leaves.length;
    if (!visit(low)) return false;
    const mask = (2 ** leaves.length - 2 ** first) >>> 0;
    result.push({ column, threshold: value, mask });
    return visit(low + 1);
  };
  return visit(root) ? { nodes: result, leaves } : undefined;
}

/**
 * Lays a forest out in the kernel; see `forest` in assembly/forest.ts for the table.
 *
 * @param nodes (nodes, 3): column or −1, threshold or leaf value, low child; checked by `checkWeights`
 * @param roots (trees)
 * @param columns how many its nodes look at
 */
export function forestTable(kernel: Kernel, nodes: Float32Array, roots: Float32Array, columns: number): Address {
  const trees: MaskedTree[] = [];
  const walked: number[] = [];
  for (const root of roots) {
    const tree = masked(nodes, root);
    if (tree) trees.push(tree);
    else walked.push(12 * root);
  }
  const many = trees.reduce((sum, tree) => sum + tree.nodes.length, 0);
  const treeTable = kernel.allocate(2 * trees.length);
  const byTree = kernel.allocate(3 * many);
  const leaves = kernel.allocate(trees.reduce((sum, tree) => sum + tree.leaves.length, 0));
  const starts = kernel.allocate(columns + 1);
  const byColumn = kernel.allocate(3 * many);
  const masks = kernel.allocate(trees.length);
  const turned = kernel.allocate(8 * columns);
  const roughRoots = kernel.allocate(walked.length);
  const roughNodes = kernel.allocate(walked.length > 0 ? nodes.length : 0);
  const table = kernel.allocate(10);

  const view = new DataView(kernel.functions.memory.buffer);
  const put = (at: Address, ...words: number[]): void => {
    for (let i = 0; i < words.length; i++) view.setInt32(at + 4 * i, words[i], true);
  };
  const ends = [treeTable + 8 * trees.length, roughRoots + 4 * walked.length];
  put(table, columns, treeTable, ends[0], byTree, starts, masks, turned, roughRoots, ends[1], roughNodes);

  let node = byTree;
  let leaf = leaves;
  for (const [i, tree] of trees.entries()) {
    for (const { column, threshold, mask } of tree.nodes) {
      put(node, 32 * column, 0, mask);
      view.setFloat32(node + 4, threshold, true);
      node += 12;
    }
    put(treeTable + 8 * i, node, leaf);
    for (const value of tree.leaves) {
      view.setFloat32(leaf, value, true);
      leaf += 4;
    }
  }
  const sorted: { threshold: number; place: number; mask: number }[][] = Array.from({ length: columns }, () => []);
  for (const [place, tree] of trees.entries()) {
    for (const { column, threshold, mask } of tree.nodes) sorted[column].push({ threshold, place, mask });
  }
  let entry = byColumn;
  for (const [column, entries] of sorted.entries()) {
    put(starts + 4 * column, entry);
    for (const { threshold, place, mask } of entries.sort((a, b) => a.threshold - b.threshold)) {
      put(entry, 0, 4 * place, ~mask);
      view.setFloat32(entry, threshold, true);
      entry += 12;
    }
  }
  put(starts + 4 * columns, entry);
  put(roughRoots, ...walked);
  for (let at = 0; walked.length > 0 && at < nodes.length; at += 3) {
    put(roughNodes + 4 * at, nodes[at], 0, nodes[at + 2]);
    view.setFloat32(roughNodes + 4 * at + 4, nodes[at + 1], true);
  }
  return table;
}
