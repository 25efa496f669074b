/** Mutual information from Gram matrices: matrix-based Rényi entropy of order 2 (Sánchez Giraldo, Rao & Príncipe 2015). */

/**
 * I₂(x; z) = S₂(A) + S₂(B) − S₂(A∘B), in nats, with S₂(A) = −log tr A² of Gaussian Gram matrices A of x and B of z,
 * scaled to trace 1. Kernel widths are the batch's root mean squared distances, so that the measure does not change with
 * the scale of x or z.
 *
 * @param x (n, ·) and z (n, ·)
 * @param weight times the gradient to z is added to `dz`
 * @returns the information, without the weight
 */
export function mutualInformation(
  x: Float32Array,
  z: Float32Array,
  n: number,
  weight: number,
  dz: Float32Array,
): number {
  const a = gram(x, n);
  const b = gram(z, n);
  let [ofX, ofZ, joint] = [0, 0, 0];
  for (let i = 0; i < n * n; i++) {
    ofX += a.kernel[i] ** 2;
    ofZ += b.kernel[i] ** 2;
    joint += (a.kernel[i] * b.kernel[i]) ** 2;
  }
  const width = z.length / n;
  const pairs = new Float64Array(n * n);
  let toWidth = 0;
  for (let at = 0; at < pairs.length; at++) {
    const k = b.kernel[at];
    // dI/dK, K being B before its scaling by 1/n; then K = exp(−d/(2σ²)): dK/dd = −K/(2σ²), dK/dσ² = −K·log K/σ²
    const slope = -2 * (k / ofZ - (a.kernel[at] ** 2 * k) / joint);
    pairs[at] = (-slope * k) / (2 * b.squaredWidth);
    toWidth -= (slope * k * b.exponent[at]) / b.squaredWidth;
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      // z_i moves d_ij, d_ji and, as the mean of all d, σ²; each d by 2·(z_i − z_j)
      const factor = 4 * weight * (pairs[i * n + j] + toWidth / (n * n));
      for (let k = 0; k < width; k++) dz[i * width + k] += factor * (z[i * width + k] - z[j * width + k]);
    }
  }
  const square = n * n;
  return -Math.log(ofX / square) - Math.log(ofZ / square) + Math.log(joint / square);
}

/** exp(−d/(2σ²)) of the squared distances d of all pairs of n rows, σ² their mean; and the exponents themselves. */
function gram(rows: Float32Array, n: number): { kernel: Float64Array; exponent: Float64Array; squaredWidth: number } {
  const width = rows.length / n;
  const squares = new Float64Array(n * n);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      let squared = 0;
      for (let k = 0; k < width; k++) squared += (rows[i * width + k] - rows[j * width + k]) ** 2;
      squares[i * n + j] = squares[j * n + i] = squared;
      sum += 2 * squared;
    }
  }
  const squaredWidth = Math.max(sum / (n * n), 1e-12);
  const exponent = squares.map((squared) => -squared / (2 * squaredWidth));
  return { kernel: exponent.map((value) => Math.exp(value)), exponent, squaredWidth };
}
