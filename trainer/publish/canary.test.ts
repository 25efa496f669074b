import { expect, test } from "vitest";
import { versionsText } from "../commands/canary.ts";
import { after, numbers, published, step } from "./testing.ts";

test("a canary stands beside the current version until it is promoted", () => {
  const trial = after(published("a"), published("b", 10));
  expect(numbers(trial)).toEqual({ current: 1, canary: [2, 10], history: [] });
  const grown = after(published("a"), published("b", 10), step({ share: 50 }));
  expect(numbers(grown)).toEqual({ current: 1, canary: [2, 50], history: [] });
  const promoted = after(published("a"), published("b", 10), step("promote"));
  expect(numbers(promoted)).toEqual({ current: 2, canary: undefined, history: [1] });
  expect("percent" in promoted.current).toBe(false);
  expect(numbers(after(published("a"), published("b", 10), published("b")))).toEqual(numbers(promoted));
});

test("a canary given up, or replaced by another, is marked so that nothing falls back to it", () => {
  expect(numbers(after(published("a"), published("b", 10), step("abandon")))).toEqual({
    current: 1,
    canary: undefined,
    history: [-2],
  });
  expect(numbers(after(published("a"), published("b", 10), published("c", 5)))).toEqual({
    current: 1,
    canary: [3, 5],
    history: [-2],
  });
  expect(numbers(after(published("a"), published("b", 10), published("b", 20)))).toEqual({
    current: 1,
    canary: [2, 20],
    history: [],
  });
});

test("a version published while a canary runs leaves it running", () => {
  const urgent = after(published("a"), published("b", 10), published("c"));
  expect(numbers(urgent)).toEqual({ current: 3, canary: [2, 10], history: [1] });
});

test("what a canary leaves to the current version is told without the noise of fractions", () => {
  expect(versionsText(after(published("a"), published("b", 99.9)))).toContain("current, 0.1 % of the callers");
});
