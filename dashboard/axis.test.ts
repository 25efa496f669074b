import { expect, test } from "vitest";
import { positionOf, REACHES, scoreAt, ticksOf } from "./axis.ts";
import { percent, score } from "./numbers.ts";

test.each(["odds", "score"] as const)("places on the %s axis are scores and back, in order", (kind) => {
  const axis = { kind, reach: REACHES[0] };
  const positions = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
  for (const at of positions) expect(positionOf(scoreAt(at, axis), axis)).toBeCloseTo(at, 12);
  const scores = positions.map((at) => scoreAt(at, axis));
  expect(scores.toSorted((a, b) => a - b)).toEqual(scores);
  expect([positionOf(0, axis), positionOf(1, axis), scoreAt(0, axis), scoreAt(1, axis)]).toEqual([0, 1, 0, 1]);
  for (const label of ticksOf(axis)) expect(positionOf(Number(label), axis)).toBeLessThanOrEqual(1);
});

test("numbers keep what tells them from nothing", () => {
  expect([0, 0.0004, 0.001, 0.01, 0.044, 0.5].map(percent)).toEqual(["0 %", "0.04 %", "0.1 %", "1 %", "4.4 %", "50 %"]);
  expect([0, 0.5, 0.9987, 0.00012, 0.99998, 1].map(score)).toEqual([
    "0",
    "0.500",
    "0.9987",
    "0.00012",
    "0.999980",
    "1",
  ]);
});
