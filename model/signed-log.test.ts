import { expect, test } from "vitest";
import { signedLog } from "./signed-log.ts";
import { DIGEST, digest } from "./testing.ts";

test("as Math.log1p has it, to one unit in the last place, and odd", () => {
  const values = [
    0,
    Number.MIN_VALUE,
    1e-300,
    2 ** -30,
    1e-7,
    0.4142,
    0.41422,
    1,
    3,
    1e5,
    2 ** 53,
    1e20,
    Number.MAX_VALUE,
  ];
  for (let i = 0; i < 10_000; i++) values.push(Math.exp((i % 1400) / 2 - 20) * (1 + i / 10_000), i, i / 7919);
  for (const x of values) {
    const wanted = Math.log1p(x);
    expect(Math.abs(signedLog(x) - wanted)).toBeLessThanOrEqual(2 ** -52 * wanted);
    expect(signedLog(-x)).toBe(-signedLog(x));
  }
});

test("of what is beyond all numbers, itself", () => {
  expect([signedLog(Infinity), signedLog(-Infinity)]).toEqual([Infinity, -Infinity]);
});

test("the same bits here as in every other engine", () => {
  expect(digest(signedLog)).toBe(DIGEST);
});
