// Backward passes that only training needs: weights and bias of a linear layer, sums of activations.
import { madd, panels, stride } from "./layout";

/** Rows taken at a time: two 64-byte columns of that many rows stay in the first-level cache. */
const BLOCK: i32 = 64;

/** dW panel (rows i and i+1 of K) += Σ_row x[row, i..i+1] · scale·dy[row, panel]. */
// @ts-ignore: decorator
@inline
function twoColumns(rows: i32, x: usize, xStride: usize, dy: usize, yStride: usize, dw: usize): void {
  let a0 = v128.load(dw);
  let a1 = v128.load(dw, 16);
  let a2 = v128.load(dw, 32);
  let a3 = v128.load(dw, 48);
  let b0 = v128.load(dw, 64);
  let b1 = v128.load(dw, 80);
  let b2 = v128.load(dw, 96);
  let b3 = v128.load(dw, 112);
  for (let row = 0; row < rows; row++) {
    const d0 = v128.load(dy);
    const d1 = v128.load(dy, 16);
    const d2 = v128.load(dy, 32);
    const d3 = v128.load(dy, 48);
    const xi = v128.load32_splat(x);
    a0 = madd(xi, d0, a0);
    a1 = madd(xi, d1, a1);
    a2 = madd(xi, d2, a2);
    a3 = madd(xi, d3, a3);
    const xj = v128.load32_splat(x, 4);
    b0 = madd(xj, d0, b0);
    b1 = madd(xj, d1, b1);
    b2 = madd(xj, d2, b2);
    b3 = madd(xj, d3, b3);
    x += xStride;
    dy += yStride;
  }
  v128.store(dw, a0);
  v128.store(dw, a1, 16);
  v128.store(dw, a2, 32);
  v128.store(dw, a3, 48);
  v128.store(dw, b0, 64);
  v128.store(dw, b1, 80);
  v128.store(dw, b2, 96);
  v128.store(dw, b3, 112);
}

/**
 * Six rows of half a dW panel: twelve sums, for where a product and its sum are one instruction; see `sixRows` of tiles.ts.
 */
// @ts-ignore: decorator
@inline
function sixColumns(rows: i32, x: usize, xStride: usize, dy: usize, yStride: usize, dw: usize): void {
  let a0 = v128.load(dw);
  let a1 = v128.load(dw, 16);
  let b0 = v128.load(dw, 64);
  let b1 = v128.load(dw, 80);
  let c0 = v128.load(dw, 128);
  let c1 = v128.load(dw, 144);
  let d0 = v128.load(dw, 192);
  let d1 = v128.load(dw, 208);
  let e0 = v128.load(dw, 256);
  let e1 = v128.load(dw, 272);
  let f0 = v128.load(dw, 320);
  let f1 = v128.load(dw, 336);
  for (let row = 0; row < rows; row++) {
    const y0 = v128.load(dy);
    const y1 = v128.load(dy, 16);
    const xa = v128.load32_splat(x);
    a0 = madd(xa, y0, a0);
    a1 = madd(xa, y1, a1);
    const xb = v128.load32_splat(x, 4);
    b0 = madd(xb, y0, b0);
    b1 = madd(xb, y1, b1);
    const xc = v128.load32_splat(x, 8);
    c0 = madd(xc, y0, c0);
    c1 = madd(xc, y1, c1);
    const xd = v128.load32_splat(x, 12);
    d0 = madd(xd, y0, d0);
    d1 = madd(xd, y1, d1);
    const xe = v128.load32_splat(x, 16);
    e0 = madd(xe, y0, e0);
    e1 = madd(xe, y1, e1);
    const xf = v128.load32_splat(x, 20);
    f0 = madd(xf, y0, f0);
    f1 = madd(xf, y1, f1);
    x += xStride;
    dy += yStride;
  }
  v128.store(dw, a0);
  v128.store(dw, a1, 16);
  v128.store(dw, b0, 64);
  v128.store(dw, b1, 80);
  v128.store(dw, c0, 128);
  v128.store(dw, c1, 144);
  v128.store(dw, d0, 192);
  v128.store(dw, d1, 208);
  v128.store(dw, e0, 256);
  v128.store(dw, e1, 272);
  v128.store(dw, f0, 320);
  v128.store(dw, f1, 336);
}

/** The last row of dW where K is odd. */
// @ts-ignore: decorator
@inline
function oneColumn(rows: i32, x: usize, xStride: usize, dy: usize, yStride: usize, dw: usize): void {
  for (let row = 0; row < rows; row++) {
    const xi = v128.load32_splat(x);
    for (let j: usize = 0; j < 64; j += 16) v128.store(dw + j, madd(xi, v128.load(dy + j), v128.load(dw + j)));
    x += xStride;
    dy += yStride;
  }
}

/** scaled (rows, n) = f · dy: what `linearGradient` takes where f is not 1. */
export function scale(rows: i32, dy: usize, n: i32, factor: f32, scaled: usize): void {
  const f = f32x4.splat(factor);
  const end = ((rows * stride(n)) as usize) << 2;
  for (let i: usize = 0; i < end; i += 16) v128.store(scaled + i, f32x4.mul(f, v128.load(dy + i)));
}

/**
 * Of y = x·Wᵀ + b: rows `first` to `last` of K, `first` even, of dW (packed panels (N/16, K, 16)) += dyᵀ·x. Each is
 * summed over the rows in their order, however K is shared out.
 */
export function linearGradient(
  rows: i32,
  x: usize,
  k: i32,
  dy: usize,
  n: i32,
  dw: usize,
  first: i32,
  last: i32,
): void {
  const xStride = (stride(k) as usize) << 2;
  const yStride = (stride(n) as usize) << 2;
  x += (first as usize) << 2;
  dw += (first as usize) << 6;
  for (let p = 0; p < panels(n); p++) {
    for (let row = 0; row < rows; row += BLOCK) {
      const many = min(BLOCK, rows - row);
      const yi = dy + (row as usize) * yStride + ((p as usize) << 6);
      let xi = x + (row as usize) * xStride;
      let to = dw;
      let i = first;
      if (ASC_FEATURE_RELAXED_SIMD) {
        for (; i + 6 <= last; i += 6) {
          sixColumns(many, xi, xStride, yi, yStride, to);
          sixColumns(many, xi, xStride, yi + 32, yStride, to + 32);
          xi += 24;
          to += 384;
        }
      }
      for (; i + 2 <= last; i += 2) {
        twoColumns(many, xi, xStride, yi, yStride, to);
        xi += 8;
        to += 128;
      }
      if (i < last) oneColumn(many, xi, xStride, yi, yStride, to);
    }
    dw += (k as usize) << 6;
  }
}

/** db += Σ dy, (rows, n), for the panels `first` to `last` of n. */
export function biasGradient(rows: i32, dy: usize, n: i32, db: usize, first: i32, last: i32): void {
  const yStride = (stride(n) as usize) << 2;
  for (let i = (first as usize) << 6; i < (last as usize) << 6; i += 16) {
    let sum = v128.load(db + i);
    for (let row: usize = 0; row < (rows as usize); row++) sum = f32x4.add(sum, v128.load(dy + row * yStride + i));
    v128.store(db + i, sum);
  }
}

/**
 * dγ += Σ dy·x̂ and dβ += Σ dy of a LayerNorm, x and dy (rows, n), for the panels `first` to `last` of n.
 *
 * @param stats mean and 1/√(var + ε) of every row
 */
export function normGradient(
  rows: i32,
  x: usize,
  n: i32,
  stats: usize,
  dy: usize,
  dGamma: usize,
  dBeta: usize,
  first: i32,
  last: i32,
): void {
  const step = (stride(n) as usize) << 2;
  const end = min((last as usize) << 6, ((n as usize) << 2) + 15 & ~15);
  for (let i = (first as usize) << 6; i < end; i += 16) {
    let gamma = v128.load(dGamma + i);
    let beta = v128.load(dBeta + i);
    let xi = x + i;
    let di = dy + i;
    let at = stats;
    for (let row = 0; row < rows; row++) {
      const d = v128.load(di);
      const normal = f32x4.mul(f32x4.sub(v128.load(xi), v128.load32_splat(at)), v128.load32_splat(at, 4));
      gamma = madd(d, normal, gamma);
      beta = f32x4.add(beta, d);
      xi += step;
      di += step;
      at += 8;
    }
    v128.store(dGamma + i, gamma);
    v128.store(dBeta + i, beta);
  }
}

/** y (rows, n) += x: gradients that meet. */
export function accumulate(rows: i32, x: usize, n: i32, y: usize): void {
  for (let i: usize = 0; i < ((rows * stride(n)) as usize) << 2; i += 16) {
    v128.store(y + i, f32x4.add(v128.load(x + i), v128.load(y + i)));
  }
}
