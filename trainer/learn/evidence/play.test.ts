import { expect, test } from "vitest";
import { drawFor } from "../draw.ts";
import { mixed } from "./play.ts";

test("mixed rows are normal rows, a tenth of their inputs those of other ones in the same columns", () => {
  const [rows, cols] = [50, 20];
  const data = Float32Array.from({ length: rows * cols }, (_, at) => at);
  const some = mixed({ rows, cols, data }, 3, drawFor(1, 0));
  expect(some).toMatchObject({ rows: 334, cols });
  const from = Array.from(some.data, (value, at) => {
    expect(value % cols).toBe(at % cols);
    return Math.floor(value / cols);
  });
  const strange = Array.from({ length: some.rows }, (_, i) => {
    const own = from.slice(i * cols, (i + 1) * cols);
    const counts = [...Map.groupBy(own, (row) => row).values()].map(({ length }) => length);
    return (cols - Math.max(...counts)) / cols;
  });
  expect(new Set(from).size).toBe(rows);
  expect(strange.reduce((sum, share) => sum + share, 0) / some.rows).toBeCloseTo(0.1, 1);
  expect(Math.max(...strange)).toBeLessThan(0.5);
});
