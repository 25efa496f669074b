import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Matrix } from "../../data/matrix.ts";
import { drawFor, gaussian } from "../draw.ts";
import { departures, nearness, pointsOf } from "./points.ts";
import { fitReferences } from "./references.ts";

function normalRows(rows: number, cols: number, seed: number): Matrix {
  const draw = drawFor(seed, 0);
  return { rows, cols, data: Float32Array.from({ length: rows * cols }, () => gaussian(draw)) };
}

const row = ({ data, cols }: Matrix, i: number): number[] => [...data.subarray(i * cols, (i + 1) * cols)];
const apart = (a: readonly number[], b: readonly number[]): number => Math.hypot(...a.map((x, j) => x - b[j]));

describe("the nearest of some points", () => {
  test("is the one that comparing with every point finds", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9 }), fc.nat(1e6), (k, cols, seed) => {
        const centres = normalRows(k, cols, seed);
        const points = pointsOf(centres, normalRows(30, cols, seed + 1));
        const rows = normalRows(20, cols, seed + 2);
        const [near, from] = [nearness(points, rows), departures(points, rows)];
        for (let i = 0; i < rows.rows; i++) {
          const distances = Array.from({ length: k }, (_, p) => apart(row(rows, i), row(centres, p)));
          const best = distances.indexOf(Math.min(...distances));
          expect(near[i] / (distances[best] * points.scale[best])).toBeCloseTo(1, 4);
          expect(row(from, i)).toEqual(row(rows, i).map((x, j) => Math.abs(Math.fround(x - row(centres, best)[j]))));
        }
      }),
      { numRuns: 50 },
    );
  });

  test("is judged by what is usual around it: a step off a dense crowd is farther than off a sparse one", () => {
    const rows = normalRows(400, 2, 1);
    // the first half a tenth as wide as the second, which lies far away
    rows.data.forEach((x, at) => (rows.data[at] = at < 400 ? x / 10 : x + 100));
    const points = pointsOf({ rows: 2, cols: 2, data: Float32Array.of(0, 0, 100, 100) }, rows);
    const [dense, sparse] = nearness(points, { rows: 2, cols: 2, data: Float32Array.of(0, 1, 100, 101) });
    expect(dense).toBeGreaterThan(3 * sparse);
  });
});

describe("references", () => {
  test("are normal rows as they are, the first of those that take part, and none is placed at itself", () => {
    const normal = normalRows(301, 4, 2);
    const { centres, rows, placed } = fitReferences(normal, drawFor(3, 0));
    const text = (matrix: Matrix): string[] => Array.from({ length: matrix.rows }, (_, i) => row(matrix, i).join());
    expect(text(rows).sort()).toEqual(text(normal).sort());
    expect(text(centres)).toEqual(text(rows));
    for (let i = 0; i < 301; i++) {
      const others = Array.from({ length: 301 }, (_, k) => (k === i ? Infinity : apart(row(rows, i), row(rows, k))));
      expect(placed.distance[i]).toBeCloseTo(Math.min(...others), 5);
    }
  });

  test("beyond the most of them, rows are placed among the references alone", () => {
    const { centres, rows, placed } = fitReferences(normalRows(9000, 2, 6), drawFor(3, 0));
    expect([centres.rows, rows.rows]).toEqual([8192, 9000]);
    expect(Math.max(...placed.member)).toBeLessThan(8192);
    expect([...placed.member.subarray(0, 8192)].every((member, i) => member !== i)).toBe(true);
  });

  test("take a megabyte however wide the table, and a single row is its own", () => {
    expect(fitReferences(normalRows(3000, 512, 4), drawFor(3, 0)).centres.rows).toBe(512);
    const one = fitReferences(normalRows(1, 3, 5), drawFor(3, 0));
    expect([one.centres.rows, one.rows.rows]).toEqual([1, 1]);
    expect(one.scale.every(Number.isFinite)).toBe(true);
  });
});
