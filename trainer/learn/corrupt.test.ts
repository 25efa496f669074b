import { expect, test } from "vitest";
import type { Matrix } from "../data/matrix.ts";
import { corrupted } from "./corrupt.ts";
import { drawFor } from "./draw.ts";

const [ROWS, COLS, COUNT] = [30, 40, 2000];

/** Its numbers say of which domain, row and column they are; a thousand times as far apart as noise is large. */
const domain = (index: number): Matrix => ({
  rows: ROWS,
  cols: COLS,
  data: Float32Array.from({ length: ROWS * COLS }, (_, at) => 1e3 * (index * ROWS + Math.floor(at / COLS))),
});

test("a corrupted row is a normal one of any domain, of whose columns some are another row's or noisy, half of the rows each", () => {
  const { rows, cols, data } = corrupted([domain(0), domain(1), domain(2)], COUNT, drawFor(1, 0));
  expect([rows, cols, data.length]).toEqual([COUNT, COLS, COUNT * COLS]);
  const seen = { same: 0, mixed: 0, noisy: 0 };
  const domains = new Set<number>();
  const spoilt: number[] = [];
  for (let i = 0; i < COUNT; i++) {
    const row = data.subarray(i * COLS, (i + 1) * COLS);
    const counts = Map.groupBy(row, (x) => Math.round(x / 1e3));
    const [[most, own], ...others] = [...counts].toSorted(([, a], [, b]) => b.length - a.length);
    domains.add(Math.floor(most / ROWS));
    const noisy = own.filter((x) => x % 1e3 !== 0).length;
    for (const [other] of others) expect(Math.floor(other / ROWS)).toBe(Math.floor(most / ROWS));
    expect(others.length).toBeLessThanOrEqual(noisy > 0 ? 0 : 1);
    if (noisy > 0) seen.noisy++;
    else if (others.length > 0) seen.mixed++;
    else seen.same++;
    if (noisy > 0 || others.length > 0) spoilt.push(noisy || others[0][1].length);
  }
  expect(domains.size).toBe(3);
  // the other row may be the same one
  expect(seen.same / COUNT).toBeLessThan(0.05);
  expect(seen.mixed / COUNT).toBeCloseTo(1 / 2, 1);
  expect(seen.noisy / COUNT).toBeCloseTo(1 / 2, 1);
  // shares from 0.05 to 0.5, evenly
  expect(spoilt.reduce((sum, many) => sum + many, 0) / spoilt.length / COLS).toBeCloseTo(0.28, 1);
});

test("however few columns there are, one is spoilt, by noise of up to four scales", () => {
  const one: Matrix = { rows: 1, cols: 1, data: Float32Array.of(1e3) };
  const off = [...corrupted([one], COUNT, drawFor(2, 0)).data].map((x) => Math.abs(x - 1e3)).filter((x) => x > 0);
  expect(off.length / COUNT).toBeCloseTo(1 / 2, 1);
  // |gaussian| is 0.8 on average, times 2.5 scales
  expect(off.reduce((sum, x) => sum + x, 0) / off.length).toBeCloseTo(2, 0);
});
