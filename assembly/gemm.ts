// Matrix multiply over packed panels: y = residual + scale · (x·Wᵀ + bias), the one hot loop of the project.
import { panels, stride } from "./layout";
import { oneRow, oneRowTwoPanels } from "./single-row";
import { fourColumns, sixRows, twoRows } from "./tiles";

/**
 * y (rows, N) = residual + scale · (x (rows, K) · Wᵀ + bias), W packed as (N/16, K, 16).
 *
 * `bias` (N, padded to panels) and `residual` (rows, N) may be 0 for none; y may be the residual itself.
 * The panel is the outer loop, so it stays in the first-level cache while the rows pass by. Every sum runs over K in
 * order, so that a row gives the same bits alone and in any batch.
 */
export function linear(
  rows: i32,
  x: usize,
  k: i32,
  w: usize,
  bias: usize,
  y: usize,
  n: i32,
  residual: usize,
  factor: f32,
): void {
  const xStride = (stride(k) as usize) << 2;
  const yStride = (stride(n) as usize) << 2;
  const step = (k as usize) << 6;
  const scale = f32x4.splat(factor);
  let left = panels(n);
  if (rows == 1) {
    for (; left >= 2; left -= 2) {
      oneRowTwoPanels(x, k, w, bias, y, residual, scale);
      w += step << 1;
      y += 128;
      if (bias) bias += 128;
      if (residual) residual += 128;
    }
  }
  // The last panel of many rows by the vectors it has; one row takes as long for a vector as for a panel.
  const vectors = rows > 1 ? ((n & 15) + 3) >> 2 : 0;
  const narrow = (vectors & 3) as bool;
  for (; left > (narrow as i32); left--) {
    let xi = x;
    let yi = y;
    let ri = residual;
    let row = 0;
    if (ASC_FEATURE_RELAXED_SIMD) {
      for (; row + 6 <= rows; row += 6) {
        for (let half: usize = 0; half < 64; half += 32) {
          sixRows(xi, xStride, k, w + half, bias ? bias + half : 0, yi + half, yStride, ri ? ri + half : 0, scale);
        }
        xi += 6 * xStride;
        yi += 6 * yStride;
        if (ri) ri += 6 * yStride;
      }
    }
    for (; row + 2 <= rows; row += 2) {
      twoRows(xi, xStride, k, w, bias, yi, yStride, ri, scale);
      xi += xStride << 1;
      yi += yStride << 1;
      if (ri) ri += yStride << 1;
    }
    if (row < rows) oneRow(xi, k, w, bias, yi, ri, scale);
    w += step;
    y += 64;
    if (bias) bias += 64;
    if (residual) residual += 64;
  }
  for (let v = 0; narrow && v < vectors; v++) {
    fourColumns(rows, x, xStride, k, w, bias, y, yStride, residual, scale);
    w += 16;
    y += 16;
    if (bias) bias += 16;
    if (residual) residual += 16;
  }
}
