/** Cholesky factors of symmetric positive definite matrices, and solving with them. */

/** Lower L with L·Lᵀ = A, both (n, n) row-major; only the lower half of A is read. @throws RangeError if A is not positive definite */
export function cholesky(a: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= lower[i * n + k] * lower[j * n + k];
      if (i !== j) lower[i * n + j] = sum / lower[j * n + j];
      else if (sum > 0) lower[i * n + i] = Math.sqrt(sum);
      else throw new RangeError(`pivot ${i} is ${sum}: the matrix is not positive definite`);
    }
  }
  return lower;
}

/** Solves L·y = b in place. @returns ‖y‖² = bᵀ·A⁻¹·b */
export function forward(lower: Float64Array, n: number, b: Float64Array): number {
  let squared = 0;
  for (let i = 0; i < n; i++) {
    let sum = b[i];
    for (let k = 0, at = i * n; k < i; k++, at++) sum -= lower[at] * b[k];
    b[i] = sum / lower[i * n + i];
    squared += b[i] * b[i];
  }
  return squared;
}

/** Solves Lᵀ·x = y in place: after `forward`, x = A⁻¹·b. */
export function backward(lower: Float64Array, n: number, y: Float64Array): void {
  for (let i = n - 1; i >= 0; i--) {
    let sum = y[i];
    for (let k = i + 1; k < n; k++) sum -= lower[k * n + i] * y[k];
    y[i] = sum / lower[i * n + i];
  }
}
