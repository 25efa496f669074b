import { expect, test } from "vitest";
import { EVIDENCE } from "../../../model/evidence.ts";
import { scalesOf, table } from "./scale.ts";
import type { Columns } from "./parts.ts";

const columns = (values: readonly number[]): Columns =>
  Object.fromEntries(EVIDENCE.map((name) => [name, Float32Array.from(values)])) as unknown as Columns;

const upTo = (most: number): Columns => columns(Array.from({ length: most + 1 }, (_, i) => i));

test("evidence is 0 at the median normal row, counts a tenth below it, and is far a quarter beyond the last one", () => {
  const scales = scalesOf(upTo(100));
  const z = (s: number): number => table(columns([s]), scales).data[0];
  expect(z(50)).toBe(0);
  expect(z(95)).toBeCloseTo(Math.asinh(1), 6);
  expect(z(5) / z(95)).toBeCloseTo(-0.1, 6);
  expect(scales[0].far).toBeCloseTo(1.25 * z(100), 6);
});

test("nothing is far beyond fewer than a hundred normal rows", () => {
  expect(scalesOf(upTo(98))[0].far).toBeGreaterThan(1e29);
  expect(scalesOf(upTo(99))[0].far).toBeLessThan(200);
});

test("where told so, nothing is far", () => {
  expect(scalesOf(upTo(100), false)[0].far).toBeGreaterThan(1e29);
});

test("normal rows that are all alike make a scale of numbers", () => {
  const scales = scalesOf(columns(Array.from({ length: 200 }, () => 3)));
  expect(scales[0]).toMatchObject({ centre: 3, far: 0 });
  expect(Number.isFinite(table(columns([4]), scales).data[0])).toBe(true);
});
