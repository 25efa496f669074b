/** Wilcoxon's signed-rank test of paired differences, exact, and Holm's correction for many tests. */

/**
 * Two-sided p: the chance of sums of the ranks of positive and of negative differences, zeros left out, at least so uneven
 * if signs were coin tosses. 1 where all differences are 0. Exact also with ties: the distribution of the rank sum over
 * all choices of signs is counted, not approximated. O(n³) for n differences, which are some hundred at the most.
 */
export function signedRank(differences: readonly number[]): number {
  const sorted = differences.filter((d) => d !== 0).sort((a, b) => Math.abs(a) - Math.abs(b));
  const n = sorted.length;
  // Doubled midranks are whole numbers.
  const doubled = new Uint32Array(n);
  for (let i = 0; i < n;) {
    let end = i + 1;
    while (end < n && Math.abs(sorted[end]) === Math.abs(sorted[i])) end++;
    for (const rank = i + 1 + end; i < end; i++) doubled[i] = rank;
  }
  const positive = sorted.reduce((sum, d, i) => sum + (d > 0 ? doubled[i] : 0), 0);
  const total = n * (n + 1);
  const smaller = Math.min(positive, total - positive);
  // chance[s]: that the doubled ranks of positive signs add up to s.
  const chance = new Float64Array(total + 1);
  chance[0] = 1;
  for (const rank of doubled) {
    for (let s = total; s >= 0; s--) chance[s] = 0.5 * (chance[s] + (s >= rank ? chance[s - rank] : 0));
  }
  let tail = 0;
  for (let s = 0; s <= smaller; s++) tail += chance[s];
  return Math.min(1, 2 * tail);
}

/** p-values corrected for their number (Holm 1979): the chance of any false alarm stays below the level. */
export function holm(ps: readonly number[]): number[] {
  const order = [...ps.keys()].sort((a, b) => ps[a] - ps[b]);
  const corrected = ps.map(() => 1);
  let most = 0;
  for (const [k, i] of order.entries()) {
    most = Math.max(most, Math.min(1, (ps.length - k) * ps[i]));
    corrected[i] = most;
  }
  return corrected;
}
