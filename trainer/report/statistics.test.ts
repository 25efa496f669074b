import { describe, expect, test } from "vitest";
import { chiSquareTail, rangeQuantile, rankMethods } from "./ranks.ts";
import { holm, signedRank } from "./wilcoxon.ts";

describe("ranks", () => {
  test("critical values are those of Demšar 2006, table 5 (q over √2)", () => {
    const table = [1.96, 2.343, 2.569, 2.728, 2.85, 2.949, 3.031, 3.102, 3.164];
    for (const [i, q] of table.entries()) expect(rangeQuantile(i + 2) / Math.SQRT2).toBeCloseTo(q, 2);
  });

  test("tails of χ² as tabled", () => {
    expect(chiSquareTail(3.841, 1)).toBeCloseTo(0.05, 4);
    expect(chiSquareTail(18.307, 10)).toBeCloseTo(0.05, 4);
    expect(chiSquareTail(52.62, 25)).toBeCloseTo(0.001, 4);
    expect(chiSquareTail(0, 3)).toBe(1);
    for (const x of [1, 12, 40]) expect(chiSquareTail(x, 4) / (Math.exp(-x / 2) * (1 + x / 2))).toBeCloseTo(1, 9);
  });

  test("Demšar's example of four methods on 14 data sets: ranks, χ² = 9.28, critical difference", () => {
    // Table 6 there: C4.5, C4.5+m, C4.5+cf, C4.5+m+cf.
    const values = [
      [0.763, 0.768, 0.771, 0.798],
      [0.599, 0.591, 0.59, 0.569],
      [0.954, 0.971, 0.968, 0.967],
      [0.628, 0.661, 0.654, 0.657],
      [0.882, 0.888, 0.886, 0.898],
      [0.936, 0.931, 0.916, 0.931],
      [0.661, 0.668, 0.609, 0.685],
      [0.583, 0.583, 0.563, 0.625],
      [0.775, 0.838, 0.866, 0.875],
      [1, 1, 1, 1],
      [0.94, 0.962, 0.965, 0.962],
      [0.619, 0.666, 0.614, 0.669],
      [0.972, 0.981, 0.9751, 0.975],
      [0.957, 0.978, 0.946, 0.97],
    ];
    const { ranks, p, criticalDifference } = rankMethods(values);
    expect(ranks.map((rank) => Math.round(rank * 1000) / 1000)).toEqual([3.143, 2, 2.893, 1.964]);
    expect(criticalDifference).toBeCloseTo(2.569 * Math.sqrt((4 * 5) / (6 * 14)), 3);
    expect(p).toBeLessThan(chiSquareTail(9.28, 3) + 1e-6); // ties only sharpen it
    expect(p).toBeGreaterThan(0.015);
  });

  test("methods that are all alike do not differ", () => {
    expect(
      rankMethods([
        [1, 1],
        [2, 2],
      ]),
    ).toMatchObject({ ranks: [1.5, 1.5], p: 1 });
  });
});

describe("Wilcoxon's signed ranks", () => {
  test("by hand: five positive differences have one chance in 16", () => {
    expect(signedRank([1, 2, 3, 4, 5])).toBe(2 / 32);
    expect(signedRank([-1, 2, 3, 4, 5])).toBe(4 / 32);
  });

  test("the same as going through all choices of signs, ties and zeros included", () => {
    const differences = [3, -1, 1, 0, 2, -2, 2, 5, -4, 4, 7];
    const counted = differences.filter((d) => d !== 0);
    const sizes = counted.map(Math.abs);
    const ranks = sizes.map(
      (size) => sizes.filter((s) => s < size).length + (sizes.filter((s) => s === size).length + 1) / 2,
    );
    const total = (sizes.length * (sizes.length + 1)) / 2;
    const smaller = (signs: number): number => {
      const sum = ranks.reduce((s, rank, i) => s + ((signs >> i) & 1 ? rank : 0), 0);
      return Math.min(sum, total - sum);
    };
    const given = smaller(counted.reduce((signs, d, i) => signs | (Number(d > 0) << i), 0));
    let least = 0;
    for (let signs = 0; signs < 2 ** sizes.length; signs++) {
      if (smaller(signs) <= given) least++;
    }
    expect(signedRank(differences)).toBeCloseTo(least / 2 ** sizes.length, 12);
  });

  test("no difference, no evidence; a hundred small ones in one direction, overwhelming", () => {
    expect(signedRank([0, 0])).toBe(1);
    expect(signedRank([])).toBe(1);
    expect(signedRank(Array.from({ length: 100 }, (_, i) => 1 + i / 7))).toBeLessThan(1e-25);
  });

  test("Holm by hand", () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
  });
});
