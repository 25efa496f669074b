// Tiles of one row: two panels at a time for a single request, one for what is left over of a batch.
import { madd } from "./layout";
import { finish } from "./tiles";

/** Steps of K by which the first vector of a cache line is ahead of the others, and how many of them are written out. */
const AHEAD: usize = 4;

/**
 * One row against two neighbouring panels: eight sums in flight. The first vector of each line of weights is used some
 * steps ahead of the other three, so that these find the line in the first-level cache, where all four would wait for
 * it. Each sum still runs over K in order. Four steps are written out, as in tiles.ts: an input stays in its register from
 * its load for the first vectors until the others come by, one access of ten less where each is checked (workerd).
 */
// @ts-ignore: decorator
@inline
export function oneRowTwoPanels(x: usize, k: i32, w: usize, bias: usize, y: usize, residual: usize, scale: v128): void {
  const step = (k as usize) << 6;
  let a0 = bias ? v128.load(bias) : i64x2.splat(0);
  let a1 = bias ? v128.load(bias, 16) : i64x2.splat(0);
  let a2 = bias ? v128.load(bias, 32) : i64x2.splat(0);
  let a3 = bias ? v128.load(bias, 48) : i64x2.splat(0);
  let b0 = bias ? v128.load(bias, 64) : i64x2.splat(0);
  let b1 = bias ? v128.load(bias, 80) : i64x2.splat(0);
  let b2 = bias ? v128.load(bias, 96) : i64x2.splat(0);
  let b3 = bias ? v128.load(bias, 112) : i64x2.splat(0);
  const end = w + step;
  const ahead = min(AHEAD << 6, step);
  let v = end;
  for (const start = w + ahead; w < start; ) {
    const xi = v128.load32_splat(x);
    a0 = madd(xi, v128.load(w), a0);
    b0 = madd(xi, v128.load(v), b0);
    x += 4;
    w += 64;
    v += 64;
  }
  x -= ahead >> 4;
  w -= ahead;
  v -= ahead;
  // where K is shorter than that, there is nothing to be ahead of
  const last = end - ahead;
  const rest = x + ((last - w) >> 4);
  let x0 = v128.load32_splat(x);
  let x1 = v128.load32_splat(x, 4);
  let x2 = v128.load32_splat(x, 8);
  let x3 = v128.load32_splat(x, 12);
  while (w < last) {
    const n0 = v128.load32_splat(x, 16);
    a0 = madd(n0, v128.load(w, AHEAD << 6), a0);
    b0 = madd(n0, v128.load(v, AHEAD << 6), b0);
    a1 = madd(x0, v128.load(w, 16), a1);
    a2 = madd(x0, v128.load(w, 32), a2);
    a3 = madd(x0, v128.load(w, 48), a3);
    b1 = madd(x0, v128.load(v, 16), b1);
    b2 = madd(x0, v128.load(v, 32), b2);
    b3 = madd(x0, v128.load(v, 48), b3);
    x0 = n0;
    w += 64;
    v += 64;
    if (w == last) break;
    const n1 = v128.load32_splat(x, 20);
    a0 = madd(n1, v128.load(w, AHEAD << 6), a0);
    b0 = madd(n1, v128.load(v, AHEAD << 6), b0);
    a1 = madd(x1, v128.load(w, 16), a1);
    a2 = madd(x1, v128.load(w, 32), a2);
    a3 = madd(x1, v128.load(w, 48), a3);
    b1 = madd(x1, v128.load(v, 16), b1);
    b2 = madd(x1, v128.load(v, 32), b2);
    b3 = madd(x1, v128.load(v, 48), b3);
    x1 = n1;
    w += 64;
    v += 64;
    if (w == last) break;
    const n2 = v128.load32_splat(x, 24);
    a0 = madd(n2, v128.load(w, AHEAD << 6), a0);
    b0 = madd(n2, v128.load(v, AHEAD << 6), b0);
    a1 = madd(x2, v128.load(w, 16), a1);
    a2 = madd(x2, v128.load(w, 32), a2);
    a3 = madd(x2, v128.load(w, 48), a3);
    b1 = madd(x2, v128.load(v, 16), b1);
    b2 = madd(x2, v128.load(v, 32), b2);
    b3 = madd(x2, v128.load(v, 48), b3);
    x2 = n2;
    w += 64;
    v += 64;
    if (w == last) break;
    const n3 = v128.load32_splat(x, 28);
    a0 = madd(n3, v128.load(w, AHEAD << 6), a0);
    b0 = madd(n3, v128.load(v, AHEAD << 6), b0);
    a1 = madd(x3, v128.load(w, 16), a1);
    a2 = madd(x3, v128.load(w, 32), a2);
    a3 = madd(x3, v128.load(w, 48), a3);
    b1 = madd(x3, v128.load(v, 16), b1);
    b2 = madd(x3, v128.load(v, 32), b2);
    b3 = madd(x3, v128.load(v, 48), b3);
    x3 = n3;
    w += 64;
    v += 64;
    x += 16;
  }
  x = rest;
  while (w < end) {
    const xi = v128.load32_splat(x);
    a1 = madd(xi, v128.load(w, 16), a1);
    a2 = madd(xi, v128.load(w, 32), a2);
    a3 = madd(xi, v128.load(w, 48), a3);
    b1 = madd(xi, v128.load(v, 16), b1);
    b2 = madd(xi, v128.load(v, 32), b2);
    b3 = madd(xi, v128.load(v, 48), b3);
    x += 4;
    w += 64;
    v += 64;
  }
  finish(y, 0, a0, residual, scale);
  finish(y, 16, a1, residual, scale);
  finish(y, 32, a2, residual, scale);
  finish(y, 48, a3, residual, scale);
  finish(y, 64, b0, residual, scale);
  finish(y, 80, b1, residual, scale);
  finish(y, 96, b2, residual, scale);
  finish(y, 112, b3, residual, scale);
}

/** One row against one panel: what is left over. */
// @ts-ignore: decorator
@inline
export function oneRow(x: usize, k: i32, w: usize, bias: usize, y: usize, residual: usize, scale: v128): void {
  let a0 = bias ? v128.load(bias) : i64x2.splat(0);
  let a1 = bias ? v128.load(bias, 16) : i64x2.splat(0);
  let a2 = bias ? v128.load(bias, 32) : i64x2.splat(0);
  let a3 = bias ? v128.load(bias, 48) : i64x2.splat(0);
  for (const end = w + ((k as usize) << 6); w < end; ) {
    const xi = v128.load32_splat(x);
    a0 = madd(xi, v128.load(w), a0);
    a1 = madd(xi, v128.load(w, 16), a1);
    a2 = madd(xi, v128.load(w, 32), a2);
    a3 = madd(xi, v128.load(w, 48), a3);
    x += 4;
    w += 64;
  }
  finish(y, 0, a0, residual, scale);
  finish(y, 16, a1, residual, scale);
  finish(y, 32, a2, residual, scale);
  finish(y, 48, a3, residual, scale);
}
