import fc from "fast-check";
import { expect, test } from "vitest";
import { evenShares } from "./share.ts";

test("small parts are whole, the rest is shared evenly", () => {
  expect(evenShares(100, [10, 1000, 500])).toEqual([10, 45, 45]);
  expect(evenShares(7, [5, 5, 5])).toEqual([2, 2, 3]);
  expect(evenShares(100, [3, 4])).toEqual([3, 4]);
  expect(evenShares(Infinity, [3, 4])).toEqual([3, 4]);
  expect(evenShares(5, [])).toEqual([]);
});

test("shares add up to the cap or to all there is, and none that is cut short is smaller than another by 2", () => {
  fc.assert(
    fc.property(fc.nat(200), fc.array(fc.nat(60), { minLength: 1, maxLength: 8 }), (most, sizes) => {
      const shares = evenShares(most, sizes);
      const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
      expect(sum(shares)).toBe(Math.min(most, sum(sizes)));
      const largest = Math.max(...shares);
      for (const [i, share] of shares.entries()) if (share < sizes[i]) expect(largest - share).toBeLessThan(2);
    }),
  );
});
