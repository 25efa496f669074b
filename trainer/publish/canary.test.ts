import { expect, test } from "vitest";
import { type Pointer, readPointer, versionsOf, writtenPointer } from "../../model/pointer.ts";
import { stepped } from "./canary.ts";
import { withVersion } from "./publish.ts";

const file = (letter: string) => ({
  name: "flows",
  sha256: letter.repeat(64),
  publishedAt: "2026-01-01T00:00:00.000Z",
});

/** One publication or step after another; a pointer must be readable after each. */
function after(...steps: ((before: Pointer | undefined) => Pointer)[]): Pointer {
  let pointer: Pointer | undefined;
  for (const step of steps) {
    pointer = step(pointer);
    expect(readPointer(writtenPointer(pointer))).toEqual(pointer);
    const numbers = versionsOf(pointer).map(({ version }) => version);
    expect(new Set(numbers).size).toBe(numbers.length);
  }
  if (!pointer) throw new RangeError("no step");
  return pointer;
}

const published =
  (letter: string, percent?: number) =>
  (before: Pointer | undefined): Pointer =>
    withVersion(before, file(letter), percent).pointer;
const step =
  (what: Parameters<typeof stepped>[2]) =>
  (before: Pointer | undefined): Pointer => {
    if (!before?.canary) throw new RangeError("no canary");
    return stepped(before, before.canary, what);
  };
const numbers = ({ current, canary, history }: Pointer) => ({
  current: current.version,
  canary: canary && [canary.version, canary.percent],
  history: history.map(({ version, abandoned }) => (abandoned ? -version : version)),
});

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
