/** Mean ranks of methods over many tasks, and how far apart they must be to differ (Friedman and Nemenyi tests). */

export interface Ranking {
  /** Mean rank of each method, 1 the best; ties share the mean of their ranks. */
  readonly ranks: readonly number[];
  /** Chance of ranks at least so uneven if all methods were alike (Friedman's χ² test). */
  readonly p: number;
  /** Two mean ranks farther apart than this differ at the 5 % level (Nemenyi's test). */
  readonly criticalDifference: number;
}

/**
 * @param values (tasks, methods), higher is better; at least two tasks and two methods
 * @see Demšar: Statistical comparisons of classifiers over multiple data sets, 2006
 */
export function rankMethods(values: readonly (readonly number[])[]): Ranking {
  const tasks = values.length;
  const methods = values[0].length;
  const sums = new Float64Array(methods);
  // Σ (t³ − t) over groups of ties, of Friedman's correction for them.
  let tied = 0;
  for (const row of values) {
    const order = [...row.keys()].sort((a, b) => row[b] - row[a]);
    for (let i = 0; i < methods;) {
      let end = i + 1;
      while (end < methods && row[order[end]] === row[order[i]]) end++;
      tied += (end - i) ** 3 - (end - i);
      for (const rank = (i + 1 + end) / 2; i < end; i++) sums[order[i]] += rank;
    }
  }
  const ranks = Array.from(sums, (sum) => sum / tasks);
  const spread = ranks.reduce((sum, rank) => sum + (rank - (methods + 1) / 2) ** 2, 0);
  const correction = 1 - tied / (tasks * (methods ** 3 - methods));
  const chi = correction > 0 ? (12 * tasks * spread) / (methods * (methods + 1)) / correction : 0;
  return {
    ranks,
    p: chiSquareTail(chi, methods - 1),
    criticalDifference: rangeQuantile(methods) * Math.sqrt((methods * (methods + 1)) / (12 * tasks)),
  };
}

/** q so that the range of `k` standard normal draws exceeds it with chance 5 %. */
export function rangeQuantile(k: number): number {
  let [low, high] = [0, 20];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (rangeBelow(middle, k) < 0.95) low = middle;
    else high = middle;
  }
  return high;
}

/** P(range < q) = k ∫ φ(z)·(Φ(z) − Φ(z − q))^(k−1) dz, by the trapezoidal rule, which is exact enough for φ. */
function rangeBelow(q: number, k: number): number {
  const step = 0.05;
  let sum = 0;
  for (let z = -8; z <= 8 + q; z += step) {
    sum += (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * (normalBelow(z) - normalBelow(z - q)) ** (k - 1);
  }
  return k * step * sum;
}

/** Φ, by the incomplete gamma function: erf(x) = P(½, x²). */
function normalBelow(z: number): number {
  const upper = 0.5 * chiSquareTail(z * z, 1);
  return z > 0 ? 1 - upper : upper;
}

/** P(χ² > x) with `degrees` of freedom: the regularised upper incomplete gamma function Q(degrees/2, x/2). */
export function chiSquareTail(x: number, degrees: number): number {
  const [a, y] = [degrees / 2, x / 2];
  const front = Math.exp(a * Math.log(y) - y - logGamma(a));
  if (y < a + 1) {
    let [term, sum] = [1 / a, 1 / a];
    for (let n = 1; n < 1000 && term > 1e-17 * sum; n++) sum += term *= y / (a + n);
    return 1 - front * sum;
  }
  // Lentz's continued fraction.
  let b = y + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let n = 1; n < 1000; n++) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return front * h;
}

/** ln Γ of half a whole number, exactly by the recurrence from Γ(½) = √π and Γ(1) = 1. */
function logGamma(a: number): number {
  let sum = a % 1 === 0 ? 0 : Math.log(Math.PI) / 2;
  for (let x = a % 1 === 0 ? 1 : 0.5; x < a; x++) sum += Math.log(x);
  return sum;
}
