import { expect, test } from "vitest";
import type { Matrix } from "../data/matrix.ts";
import { drawFor } from "./draw.ts";
import { atMost, beside, drawRows, rowsWhere, stacked } from "./select.ts";

/** Rows of two inputs, each another number. */
const rowsFrom = (first: number, rows: number): Matrix => ({
  rows,
  cols: 2,
  data: Float32Array.from({ length: 2 * rows }, (_, i) => first + i),
});

test("rows are stacked, put side by side and picked whole", () => {
  const [four, two] = [rowsFrom(0, 4), rowsFrom(8, 2)];
  expect(stacked([four, two], 2)).toEqual(rowsFrom(0, 6));
  expect(stacked([], 2)).toEqual(rowsFrom(0, 0));
  expect(rowsWhere(four, (i) => i % 2 === 1)).toEqual({ rows: 2, cols: 2, data: Float32Array.of(2, 3, 6, 7) });
  const sides = beside(two, { rows: 2, cols: 1, data: Float32Array.of(-1, -2) });
  expect(sides).toEqual({ rows: 2, cols: 3, data: Float32Array.of(8, 9, -1, 10, 11, -2) });
});

test("every order of drawn rows is as likely as any other, and no row is drawn twice", () => {
  const draw = drawFor(1, 0);
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const pair = drawRows(4, 2, draw).join();
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  expect(counts.size).toBe(12);
  for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(100);
  expect(drawRows(3, 9, draw).toSorted()).toEqual(Int32Array.of(0, 1, 2));
});

test("a matrix that is small enough stays as it is; of a larger one some rows stay, in their order", () => {
  const rows = rowsFrom(0, 50);
  expect(atMost(rows, 50, drawFor(1, 0))).toBe(rows);
  const some = atMost(rows, 20, drawFor(1, 0));
  expect(some.rows).toBe(20);
  expect(some).toEqual(rowsWhere(rows, (i) => some.data.includes(2 * i)));
});
