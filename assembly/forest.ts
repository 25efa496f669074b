// Trees without walks: every node rules out leaves by a mask of bits, and the first leaf left is the row's.
// After QuickScorer (Lucchese et al., 2015): no branch depends on which way a row goes.
import { stride } from "./layout";

/** Rows side by side in two vectors. */
const LANES: i32 = 8;

/** x (rows from `row` on) or r turned over: columns of eight rows each, so that a node reads its column at once. */
// @ts-ignore: decorator
@inline
function turn(many: i32, x: usize, step: usize, n: i32, to: usize): void {
  for (let lane: usize = 0; lane < (many as usize) << 2; lane += 4) {
    for (let i: usize = 0; i < (n as usize); i++) store<f32>(to + (i << 5) + lane, load<f32>(x + (i << 2)));
    x += step;
  }
}

/** What the row's leaf adds: the leaf of the lowest bit left. */
// @ts-ignore: decorator
@inline
function leaf(leaves: usize, left: u32): f32 {
  return load<f32>(leaves + ((ctz<u32>(left) as usize) << 2));
}

/** Eight rows through all trees; sums of leaves are added to `out`. */
// @ts-ignore: decorator
@inline
function eight(turned: usize, trees: usize, end: usize, nodes: usize, start: v128, out: usize): void {
  let low = start;
  let high = start;
  for (; trees < end; trees += 8) {
    let a = i32x4.splat(-1);
    let b = a;
    for (const last = load<u32>(trees) as usize; nodes < last; nodes += 12) {
      const column = turned + (load<u32>(nodes) as usize);
      const threshold = v128.load32_splat(nodes, 4);
      const ruledOut = v128.load32_splat(nodes, 8);
      a = v128.andnot(a, v128.and(f32x4.gt(v128.load(column), threshold), ruledOut));
      b = v128.andnot(b, v128.and(f32x4.gt(v128.load(column, 16), threshold), ruledOut));
    }
    const leaves = load<u32>(trees, 4) as usize;
    low = f32x4.add(
      low,
      f32x4(
        leaf(leaves, i32x4.extract_lane(a, 0)),
        leaf(leaves, i32x4.extract_lane(a, 1)),
        leaf(leaves, i32x4.extract_lane(a, 2)),
        leaf(leaves, i32x4.extract_lane(a, 3)),
      ),
    );
    high = f32x4.add(
      high,
      f32x4(
        leaf(leaves, i32x4.extract_lane(b, 0)),
        leaf(leaves, i32x4.extract_lane(b, 1)),
        leaf(leaves, i32x4.extract_lane(b, 2)),
        leaf(leaves, i32x4.extract_lane(b, 3)),
      ),
    );
  }
  v128.store(out, low);
  v128.store(out, high, 16);
}

/**
 * One row through all trees: for each column, only the nodes whose threshold it exceeds, which come first.
 *
 * @param starts address of each column's first node, and after the last column's of the end
 */
function one(
  x: usize, n: i32, r: usize, columns: i32, starts: usize, trees: usize, end: usize, masks: usize, sum: f32,
): f32 {
  memory.fill(masks, 255, (end - trees) >> 1);
  let node = load<u32>(starts) as usize;
  for (let i = 0; i < columns; i++) {
    starts += 4;
    const last = load<u32>(starts) as usize;
    const value = load<f32>((i < n ? x : r - ((n as usize) << 2)) + ((i as usize) << 2));
    for (; node < last && load<f32>(node) < value; node += 12) {
      const mask = masks + (load<u32>(node, 4) as usize);
      store<u32>(mask, load<u32>(mask) & load<u32>(node, 8));
    }
    node = last;
  }
  for (; trees < end; trees += 8) {
    sum += leaf(load<u32>(trees, 4) as usize, load<u32>(masks));
    masks += 4;
  }
  return sum;
}

/**
 * out (rows, padded to eight) = start + the sum of one leaf of every tree, by the columns of x (rows, n), and after those
 * of r (rows, as far apart as those of x). x ≤ threshold goes low.
 *
 * @param table words: columns looked at (n, or more with r); trees from and to, pairs of words (end of its nodes, its
 * leaves); their nodes (column in bytes of eight rows, threshold, leaves ruled out above it); the same nodes by column
 * (`starts` of `one`; threshold, its tree's mask in bytes, leaves left above it); scratch for masks; scratch for columns
 */
export function forest(rows: i32, x: usize, n: i32, r: usize, table: usize, start: f32, out: usize): void {
  const step = (stride(n) as usize) << 2;
  const columns = load<i32>(table);
  const trees = load<u32>(table, 4) as usize;
  const end = load<u32>(table, 8) as usize;
  const turned = load<u32>(table, 24) as usize;
  for (let row = 0; row < rows; row += LANES) {
    const many = min(LANES, rows - row);
    if (many > 3) {
      turn(many, x, step, n, turned);
      if (columns > n) turn(many, r, step, columns - n, turned + ((n as usize) << 5));
      eight(turned, trees, end, load<u32>(table, 12), f32x4.splat(start), out);
    } else {
      for (let i: usize = 0; i < (many as usize); i++) {
        const at = i * step;
        const sum = one(x + at, n, r + at, columns, load<u32>(table, 16), trees, end, load<u32>(table, 20), start);
        store<f32>(out + (i << 2), sum);
      }
    }
    x += (LANES as usize) * step;
    r += (LANES as usize) * step;
    out += LANES << 2;
  }
}
