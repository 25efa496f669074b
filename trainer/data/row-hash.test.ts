import fc from "fast-check";
import { expect, test } from "vitest";
import { HASH_RANGE, rowHashes, textHash } from "./row-hash.ts";

function hashOf(values: readonly (number | string | null)[], seed: number): number {
  const cells = values.map((value) => (typeof value === "number" ? Float64Array.of(value) : [value]));
  return rowHashes({ count: 1, cells }, seed)[0];
}

test("hashes are pinned: a change would put every row of every model on another side", () => {
  expect(hashOf([1, -2.5, "tcp", null, Number.NaN], 1)).toMatchInlineSnapshot(`1234390221994389`);
  expect(textHash("record 101", 1)).toMatchInlineSnapshot(`7734443042128696`);
});

test("a row's hash does not depend on the rows around it", () => {
  fc.assert(
    fc.property(fc.array(fc.double(), { minLength: 1 }), fc.integer(), (values, seed) => {
      const texts = values.map(String);
      const together = rowHashes({ count: values.length, cells: [Float64Array.from(values), texts] }, seed);
      expect([...together]).toEqual(values.map((value, i) => hashOf([value, texts[i]], seed)));
    }),
  );
});

test("minus zero is zero, every missing number is one, and missing text is not the text null", () => {
  expect(hashOf([-0], 7)).toBe(hashOf([0], 7));
  expect(hashOf([Number.NaN], 7)).toBe(hashOf([-Number.NaN], 7));
  expect(hashOf([null], 7)).not.toBe(hashOf(["null"], 7));
});

test("the order of columns, the seed and every cell matter", () => {
  expect(hashOf([1, 2], 7)).not.toBe(hashOf([2, 1], 7));
  expect(hashOf([1, 2], 7)).not.toBe(hashOf([1, 2], 8));
  expect(hashOf([1, 2], 7)).not.toBe(hashOf([1, 2], 7 + 2 ** 32));
  expect(hashOf(["ab", "c"], 7)).not.toBe(hashOf(["a", "bc"], 7));
});

test("a million rows of small whole numbers collide nowhere and fall evenly", () => {
  const count = 1_000_000;
  const cells = [
    Float64Array.from({ length: count }, (_, i) => i % 100),
    Float64Array.from({ length: count }, (_, i) => Math.floor(i / 100) % 100),
    Float64Array.from({ length: count }, (_, i) => Math.floor(i / 10_000)),
  ];
  const hashes = rowHashes({ count, cells }, 3).sort();
  const bins = new Int32Array(64);
  let collisions = 0;
  for (let i = 0; i < count; i++) {
    if (i > 0 && hashes[i] === hashes[i - 1]) collisions++;
    bins[Math.floor((hashes[i] / HASH_RANGE) * 64)]++;
  }
  expect(collisions).toBe(0);
  const expected = count / 64;
  const chiSquare = bins.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  expect(chiSquare).toBeLessThan(120); // 63 degrees of freedom: p of about 1e-5
  expect(hashes.every((hash) => Number.isInteger(hash) && hash >= 0 && hash < HASH_RANGE)).toBe(true);
});
