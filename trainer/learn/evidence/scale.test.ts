import { expect, test } from "vitest";
import { EVIDENCE } from "../../../model/evidence.ts";
import { scalesOf, table } from "./scale.ts";
import type { Columns } from "./parts.ts";

const columns = (values: readonly number[]): Columns =>
  Object.fromEntries(EVIDENCE.map((name) => [name, Float32Array.from(values)])) as unknown as Columns;

const upTo = (most: number): Columns => columns(Array.from({ length: most + 1 }, (_, i) => i));
const slopeOf =
  (scales: ReturnType<typeof scalesOf>) =>
  (s: number): number =>
    (table(columns([s + 0.01]), scales).data[0] - table(columns([s - 0.01]), scales).data[0]) / 0.02;

test("evidence is 0 at the median normal row, counts a tenth below it, and eight times far beyond the last one", () => {
  const scales = scalesOf(upTo(100));
  const z = (s: number): number => table(columns([s]), scales).data[0];
  expect(z(50)).toBe(0);
  expect(z(95)).toBeCloseTo(Math.asinh(1), 6);
  expect(z(5) / z(95)).toBeCloseTo(-0.1, 6);
  const far = 50 + 45 * Math.sinh(1.25 * z(100));
  const slope = slopeOf(scales);
  expect(slope(101) / slope(99)).toBeCloseTo(1, 1);
  expect(slope(far + 0.02) / slope(far - 0.02)).toBeCloseTo(8, 1);
});

test("nothing is far beyond few normal rows", () => {
  const slope = slopeOf(scalesOf(upTo(98)));
  expect(slope(1e4 + 1) / slope(1e4 - 1)).toBeCloseTo(1, 2);
});

test("normal rows that are all alike make a scale of numbers", () => {
  const scales = scalesOf(columns(Array.from({ length: 200 }, () => 3)));
  expect(scales[0]).toMatchObject({ centre: 3, far: 0 });
  expect(Number.isFinite(table(columns([4]), scales).data[0])).toBe(true);
});
