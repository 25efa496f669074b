// Lays trees out as `forest` reads them: masks of leaves, tree by tree for eight rows and column by column for one.

/** Bytes of a node as a file has it: column or −1, threshold or leaf value, low child; the high one is next to that. */
const NODE: usize = 12;
/** Bytes of a split. */
const SPLIT: usize = 12;

/** Leaves below a node, shared ones counted anew. */
export function leavesBelow(nodes: usize, node: i32): i32 {
  const at = nodes + (node as usize) * NODE;
  if (load<f32>(at) < 0) return 1;
  const low = load<f32>(at, 8) as i32;
  return leavesBelow(nodes, low) + leavesBelow(nodes, low + 1);
}

/** Where the next split and the next leaf go. */
let split: usize = 0;
let leaf: usize = 0;

/** Puts a node's splits and leaves behind those of its tree so far, from low to high; the tree's leaves begin at `leaves`. */
function layTree(nodes: usize, node: i32, leaves: usize): void {
  const at = nodes + (node as usize) * NODE;
  if (load<f32>(at) < 0) {
    store<f32>(leaf, load<f32>(at, 4));
    leaf += 4;
    return;
  }
  const low = load<f32>(at, 8) as i32;
  const first = (leaf - leaves) >> 2;
  layTree(nodes, low, leaves);
  const end = (leaf - leaves) >> 2;
  store<u32>(split, (load<f32>(at) as u32) << 5);
  store<f32>(split, load<f32>(at, 4), 4);
  // bits of the leaves on the low side: a value above the threshold rules them out
  store<u32>(split, (((1 as u64) << (end as u64)) - ((1 as u64) << (first as u64))) as u32, 8);
  split += SPLIT;
  layTree(nodes, low + 1, leaves);
}

/**
 * Lays out trees of at most 32 leaves; see `forest` for what the parts are.
 *
 * @param nodes (nodes, 3) f32, checked: children lie behind their parents
 * @param roots (count) i32
 * @param columns how many the nodes look at
 * @param trees (count) pairs of words; `byTree` and `byColumn` have room for all splits, `leaves` for all leaves
 * @param starts (columns + 1) words, zeroed
 */
export function layForest(
  nodes: usize,
  roots: usize,
  count: i32,
  columns: i32,
  trees: usize,
  byTree: usize,
  leaves: usize,
  starts: usize,
  byColumn: usize,
): void {
  split = byTree;
  leaf = leaves;
  for (let tree = trees; tree < trees + ((count as usize) << 3); tree += 8) {
    const first = leaf;
    layTree(nodes, load<i32>(roots), first);
    store<u32>(tree, split as u32);
    store<u32>(tree, first as u32, 4);
    roots += 4;
  }
  // counts of each column, then where it begins, then where its next split goes, which is in the end where it ends
  for (let at = byTree; at < split; at += SPLIT) {
    const start = starts + ((load<u32>(at) >> 3) as usize);
    store<u32>(start, load<u32>(start) + 1);
  }
  let next = byColumn as u32;
  for (let start = starts; start < starts + ((columns as usize) << 2); start += 4) {
    const many = load<u32>(start);
    store<u32>(start, next);
    next += many * (SPLIT as u32);
  }
  let at = byTree;
  for (let i = 0; i < count; i++) {
    for (const end = load<u32>(trees + ((i as usize) << 3)) as usize; at < end; at += SPLIT) {
      const start = starts + ((load<u32>(at) >> 3) as usize);
      const to = load<u32>(start) as usize;
      store<f32>(to, load<f32>(at, 4));
      store<u32>(to, (i as u32) << 2, 4);
      store<u32>(to, ~load<u32>(at, 8), 8);
      store<u32>(start, (to + SPLIT) as u32);
    }
  }
  for (let start = starts + ((columns as usize) << 2); start > starts; start -= 4) {
    store<u32>(start, load<u32>(start - 4));
  }
  store<u32>(starts, byColumn as u32);
  for (let start = starts; start < starts + ((columns as usize) << 2); start += 4) {
    sort(load<u32>(start), load<u32>(start, 4));
  }
}

/** Sorts splits by threshold (Shell 1959): in place, and never much slower than n·log n however they lie. */
function sort(from: usize, end: usize): void {
  let gap = (end - from) / SPLIT;
  while (gap > 1) {
    gap = max<usize>(1, (gap * 5) / 11);
    const step = gap * SPLIT;
    for (let at = from + step; at < end; at += SPLIT) {
      const threshold = load<f32>(at);
      const place = load<u32>(at, 4);
      const mask = load<u32>(at, 8);
      let to = at;
      for (; to >= from + step && load<f32>(to - step) > threshold; to -= step) {
        store<u32>(to, load<u32>(to - step));
        store<u64>(to, load<u64>(to - step, 4), 4);
      }
      store<f32>(to, threshold);
      store<u32>(to, place, 4);
      store<u32>(to, mask, 8);
    }
  }
}
