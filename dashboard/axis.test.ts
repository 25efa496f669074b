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
});

test("places of the score axis are marked from 0 to 1 by even steps", () => {
  expect(ticksOf({ kind: "score", reach: REACHES[0] }).map(Number)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
});

test.each([
  [REACHES[0], "0.001", 7],
  [REACHES[1], "0.0001", 9],
])("log odds reach %d either way, from %s on; what lies beyond stands at the edge", (reach, least, labels) => {
  const axis = { kind: "odds", reach } as const;
  const ticks = ticksOf(axis);
  expect([ticks[0], ticks.length]).toEqual([least, labels]);
  expect([Number(least), 0.5, 1 - Number(least)].map((score) => positionOf(score, axis))).toEqual(
    [0, 0.5, 1].map((at) => expect.closeTo(at, 9)),
  );
  expect([1e-6, 1 - 1e-6].map((score) => positionOf(score, axis))).toEqual([0, 1]);
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
