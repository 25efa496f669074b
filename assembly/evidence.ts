// What a row is judged by besides the encoder: how far it lies from the normal manifold, and what trees say of it.
import { log } from "./elementary";
import { stride } from "./layout";

/**
 * out (rows, P) = clamp((x[column] − from)·scale, 0, 1): the piecewise-linear encoding of x (rows, n).
 *
 * @param pieces (P) of four words: column, from (f32), scale (f32), unused
 */
export function expand(rows: i32, x: usize, n: i32, pieces: usize, p: i32, out: usize): void {
  const step = (stride(n) as usize) << 2;
  const outStep = (stride(p) as usize) << 2;
  for (let row = 0; row < rows; row++) {
    let piece = pieces;
    for (let i: usize = 0; i < (p as usize) << 2; i += 4) {
      const value = load<f32>(x + (load<u32>(piece) << 2));
      store<f32>(out + i, min<f32>(1, max<f32>(0, (value - load<f32>(piece, 4)) * load<f32>(piece, 8))));
      piece += 16;
    }
    x += step;
    out += outStep;
  }
}

/** out (rows) = ln(1 + ‖x‖²/n), x (rows, n). */
export function logMeanSquare(rows: i32, x: usize, n: i32, out: usize): void {
  const step = (stride(n) as usize) << 2;
  for (let row = 0; row < rows; row++) {
    let sum: f64 = 0;
    for (let i: usize = 0; i < (n as usize) << 2; i += 4) {
      const value = load<f32>(x + i) as f64;
      sum += value * value;
    }
    store<f32>(out + (row << 2), log(1 + sum / n) as f32);
    x += step;
  }
}

/**
 * out (rows) = √((x − μ)ᵀ·P·(x − μ)), from x (rows, n) and its conditional residuals r = (P·(x − μ))/√diag(P).
 *
 * @param mean μ (n)
 * @param weight √diag(P) (n)
 */
export function mahalanobis(rows: i32, x: usize, r: usize, n: i32, mean: usize, weight: usize, out: usize): void {
  const step = (stride(n) as usize) << 2;
  for (let row = 0; row < rows; row++) {
    let sum: f64 = 0;
    for (let i: usize = 0; i < (n as usize) << 2; i += 4) {
      const offset = (load<f32>(x + i) - load<f32>(mean + i)) as f64;
      sum += offset * (load<f32>(r + i) as f64) * (load<f32>(weight + i) as f64);
    }
    store<f32>(out + (row << 2), Math.sqrt(max<f64>(0, sum)) as f32);
    x += step;
    r += step;
  }
}

/**
 * out (rows) = distance of x (rows, n) to the nearest of K prototypes: found by the largest of x·p − ‖p‖²/2, then worked
 * out from the differences, since the short cut cancels where it matters.
 *
 * @param affinity x·p − ‖p‖²/2 (rows, K)
 * @param prototypes (K, n), row-major and unpadded
 */
export function nearest(rows: i32, x: usize, n: i32, affinity: usize, k: i32, prototypes: usize, out: usize): void {
  const step = (stride(n) as usize) << 2;
  const affinityStep = (stride(k) as usize) << 2;
  for (let row = 0; row < rows; row++) {
    let best = 0;
    let most = load<f32>(affinity);
    for (let i = 1; i < k; i++) {
      const value = load<f32>(affinity + (i << 2));
      if (value > most) {
        most = value;
        best = i;
      }
    }
    const prototype = prototypes + (((best * n) as usize) << 2);
    let sum: f64 = 0;
    for (let i: usize = 0; i < (n as usize) << 2; i += 4) {
      const offset = (load<f32>(x + i) - load<f32>(prototype + i)) as f64;
      sum += offset * offset;
    }
    store<f32>(out + (row << 2), Math.sqrt(sum) as f32);
    x += step;
    affinity += affinityStep;
  }
}

/**
 * The child of a node for a row at `x`, as an address; a leaf's own. Without a branch: which way a row goes cannot be
 * foretold, and four rows walk side by side instead.
 */
// @ts-ignore: decorator
@inline
function child(nodes: usize, node: usize, x: usize, n: i32, beside: usize): usize {
  const column = load<i32>(node);
  const value = load<f32>(x + ((column as usize) << 2) + select<usize>(beside, 0, column >= n));
  return nodes + (load<u32>(node, 8) as usize) + (((value > load<f32>(node, 4)) as usize) << 4);
}

/**
 * out (rows) = start + the sum of one leaf of every tree, walked over the columns of x (rows, n), and after those of r.
 * Trees outside, rows inside: a tree's nodes stay in the first-level cache.
 *
 * @param r (rows, n), or any address where no node looks beyond column n − 1
 * @param nodes four words each: column, threshold (f32), the low child's place in bytes, what a leaf adds (f32). The
 * high child follows the low one; x ≤ threshold goes low. A leaf has threshold +∞ and is its own low child.
 * @param roots (trees) pairs of words: the root's place in bytes, and the depth of its tree
 */
export function forest(
  rows: i32, x: usize, n: i32, r: usize, nodes: usize, roots: usize, trees: i32, start: f32, out: usize,
): void {
  const step = (stride(n) as usize) << 2;
  const beside = r - x - ((n as usize) << 2);
  const fours = rows & ~3;
  const end = roots + (trees << 3);
  for (let row = 0; row < rows; row++) store<f32>(out + (row << 2), start);
  for (let tree = roots; tree < end && fours > 0; tree += 8) {
    const root = nodes + (load<u32>(tree) as usize);
    const depth = load<i32>(tree, 4);
    let at = x;
    for (let row = 0; row < fours; row += 4) {
      let a = root;
      let b = root;
      let c = root;
      let d = root;
      for (let level = 0; level < depth; level++) {
        a = child(nodes, a, at, n, beside);
        b = child(nodes, b, at + step, n, beside);
        c = child(nodes, c, at + 2 * step, n, beside);
        d = child(nodes, d, at + 3 * step, n, beside);
      }
      const place = out + (row << 2);
      const leaves = f32x4(load<f32>(a, 12), load<f32>(b, 12), load<f32>(c, 12), load<f32>(d, 12));
      v128.store(place, f32x4.add(v128.load(place), leaves));
      at += 4 * step;
    }
  }
  for (let row = fours; row < rows; row++) {
    store<f32>(out + (row << 2), alone(x + (row as usize) * step, n, beside, nodes, roots, end, start));
  }
}

/** One row through all trees, four of them side by side; a leaf reached early waits for the deepest. */
function alone(x: usize, n: i32, beside: usize, nodes: usize, tree: usize, end: usize, start: f32): f32 {
  let sum = start;
  for (; tree + 32 <= end; tree += 32) {
    let a = nodes + (load<u32>(tree) as usize);
    let b = nodes + (load<u32>(tree, 8) as usize);
    let c = nodes + (load<u32>(tree, 16) as usize);
    let d = nodes + (load<u32>(tree, 24) as usize);
    const depth = max(max(load<i32>(tree, 4), load<i32>(tree, 12)), max(load<i32>(tree, 20), load<i32>(tree, 28)));
    for (let level = 0; level < depth; level++) {
      a = child(nodes, a, x, n, beside);
      b = child(nodes, b, x, n, beside);
      c = child(nodes, c, x, n, beside);
      d = child(nodes, d, x, n, beside);
    }
    sum += load<f32>(a, 12);
    sum += load<f32>(b, 12);
    sum += load<f32>(c, 12);
    sum += load<f32>(d, 12);
  }
  for (; tree < end; tree += 8) {
    let node = nodes + (load<u32>(tree) as usize);
    const depth = load<i32>(tree, 4);
    for (let level = 0; level < depth; level++) node = child(nodes, node, x, n, beside);
    sum += load<f32>(node, 12);
  }
  return sum;
}

/** What of evidence beyond its limit still counts. */
const BEYOND: f64 = 0.1;

/**
 * Column `to` of evidence: z = arcsinh((s − centre)·scale), of what lies beyond `limit` only a tenth; s (rows) lies `from`
 * floats apart, results `apart` floats.
 */
export function standardise(
  rows: i32, s: usize, from: i32, centre: f32, scale: f32, limit: f32, to: usize, apart: i32,
): void {
  const most = limit as f64;
  for (let row = 0; row < rows; row++) {
    const u = ((load<f32>(s) as f64) - (centre as f64)) * (scale as f64);
    const size = log(abs(u) + Math.sqrt(u * u + 1));
    const z = u < 0 ? -size : size;
    store<f32>(to, (z > most ? most + BEYOND * (z - most) : z) as f32);
    s += (from as usize) << 2;
    to += (apart as usize) << 2;
  }
}
