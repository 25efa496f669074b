/** A cap on rows shared over domains or families as evenly as their sizes allow. */

/** How many of each of `sizes` to take so that there are `most` in all, or all of them: equal shares, small parts whole. */
export function evenShares(most: number, sizes: readonly number[]): number[] {
  const shares = sizes.map(() => 0);
  const order = [...sizes.keys()].sort((a, b) => sizes[a] - sizes[b] || a - b);
  let left = most;
  for (const [k, i] of order.entries()) {
    shares[i] = Math.min(sizes[i], Math.floor(left / (order.length - k)));
    left -= shares[i];
  }
  return shares;
}
