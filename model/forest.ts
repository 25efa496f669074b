/** Trees as the kernel evaluates them: masks of leaves, tree by tree for eight rows and column by column for one. */
import type { Address, Kernel } from "./kernel.ts";

/** Bits of a mask: no tree has more leaves. */
export const MOST_LEAVES = 32;

/**
 * Lays a forest out in the kernel; see `forest` in assembly/forest.ts for the table.
 *
 * @param nodes (nodes, 3): column or −1, threshold or leaf value, low child; checked by `checkWeights`
 * @param roots (trees)
 * @param columns how many its nodes look at
 */
export function forestTable(kernel: Kernel, nodes: Float32Array, roots: Float32Array, columns: number): Address {
  const { functions } = kernel;
  let raw = kernel.scratch(nodes.length);
  kernel.floats(raw, nodes.length).set(nodes);
  const count = roots.length;
  const leafCount = roots.reduce((sum, root) => sum + functions.leavesBelow(raw, root), 0);
  const splits = leafCount - count;
  const trees = kernel.allocate(2 * count);
  const byTree = kernel.allocate(3 * splits);
  const leaves = kernel.allocate(leafCount);
  const starts = kernel.allocate(columns + 1);
  const byColumn = kernel.allocate(3 * splits);
  const masks = kernel.allocate(count);
  const turned = kernel.allocate(8 * columns);
  const table = kernel.allocate(7);

  raw = kernel.scratch(nodes.length + count);
  const roots32 = raw + 4 * nodes.length;
  kernel.floats(raw, nodes.length).set(nodes);
  const words = new Int32Array(functions.memory.buffer);
  words.set(roots, roots32 / 4);
  functions.layForest(raw, roots32, count, columns, trees, byTree, leaves, starts, byColumn);
  words.set([columns, trees, trees + 8 * count, byTree, starts, masks, turned], table / 4);
  return table;
}
