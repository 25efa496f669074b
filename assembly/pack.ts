// Matrices as the kernel multiplies by them: panels of 16 outputs, and those of the transpose for backward passes.

/** The first `many` columns of the four rows a, b, c, d, as rows of a panel. */
// @ts-ignore: decorator
@inline
function storeTurned(a: v128, b: v128, c: v128, d: v128, to: usize, many: i32): void {
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5));
  if (many > 1) v128.store(to, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7), 64);
  if (many > 2) v128.store(to, v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5), 128);
  if (many > 3) v128.store(to, v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7), 192);
}

/**
 * Packs W (N, K), row-major, into panels (N/16, K, 16), four rows at a time; columns beyond N are not written. Lane by
 * lane, since a model is packed once, by code that V8 has compiled in one quick pass: that takes long over shuffles.
 */
export function pack(w: usize, n: i32, k: i32, packed: usize): void {
  const step = (k as usize) << 2;
  for (let row = 0; row < n; row += 4) {
    let to = packed + (((row >> 4) * k * 16 + (row & 15)) << 2);
    const many = min(4, n - row);
    for (const end = w + step; w < end; w += 4) {
      if (many == 4) {
        let column = v128.load32_zero(w);
        column = v128.load_lane<f32>(w + step, column, 1);
        column = v128.load_lane<f32>(w + 2 * step, column, 2);
        v128.store(to, v128.load_lane<f32>(w + 3 * step, column, 3));
      } else for (let j = 0; j < many; j++) store<f32>(to + ((j as usize) << 2), load<f32>(w + (j as usize) * step));
      to += 64;
    }
    w += 3 * step;
  }
}

/**
 * Packs Wᵀ for the backward pass: from panels of W (N/16, K, 16) to panels of Wᵀ (K/16, N, 16),
 * four by four values at a time.
 */
export function packTransposed(packed: usize, n: i32, k: i32, transposed: usize): void {
  packTransposedRows(packed, n, k, transposed, 0, n);
}

/** The rows of W from `first`, a multiple of 4, to `last` of it. */
export function packTransposedRows(packed: usize, n: i32, k: i32, transposed: usize, first: i32, last: i32): void {
  const full = k & ~3;
  for (let row = first; row < last; row += 4) {
    const from = packed + (((row >> 4) * k * 16 + (row & 15)) << 2);
    const many = min(4, n - row);
    for (let i = 0; i < full; i += 4) {
      const a = v128.load(from + (i << 6));
      const b = v128.load(from + (i << 6), 64);
      const c = v128.load(from + (i << 6), 128);
      const d = v128.load(from + (i << 6), 192);
      const to = transposed + (((i >> 4) * n * 16 + row * 16 + (i & 15)) << 2);
      storeTurned(a, b, c, d, to, many);
    }
    for (let j = 0; j < many; j++) {
      const to = transposed + (((full >> 4) * n * 16 + (row + j) * 16) << 2);
      for (let i = full; i < k; i++) store<f32>(to + ((i & 15) << 2), load<f32>(from + (i << 6) + (j << 2)));
    }
  }
}
