import { expect, test } from "vitest";
import { EVIDENCE } from "../../../model/evidence.ts";
import { scalesOf, table } from "./scale.ts";
import type { Columns } from "./parts.ts";

const columns = (values: readonly number[]): Columns =>
  Object.fromEntries(EVIDENCE.map((name) => [name, Float32Array.from(values)])) as unknown as Columns;

test("evidence is 0 at the median normal row, counts a tenth below it, and four times beyond the last one", () => {
  const normal = columns(Array.from({ length: 101 }, (_, i) => i));
  const scales = scalesOf(normal);
  const z = (s: number): number => table(columns([s]), scales).data[0];
  const slope = (s: number): number => (z(s + 0.01) - z(s - 0.01)) / 0.02;
  expect(z(50)).toBe(0);
  expect(z(95)).toBeCloseTo(Math.asinh(1), 6);
  expect(z(100)).toBeCloseTo(scales[0].far, 6);
  expect(z(5) / z(95)).toBeCloseTo(-0.1, 6);
  expect(slope(100.1) / slope(99.9)).toBeCloseTo(4, 1);
});

test("normal rows that are all alike make no scale that is no number", () => {
  const [{ centre, scale, far }] = scalesOf(columns([3, 3, 3]));
  expect([centre, far]).toEqual([3, 0]);
  expect(scale).toBeGreaterThan(0);
  expect(Number.isFinite(table(columns([4]), scalesOf(columns([3, 3, 3]))).data[0])).toBe(true);
});
