import { expect, test } from "vitest";
import type { UnseenError } from "../../model/errors.ts";
import type { Pointer } from "../../model/pointer.ts";
import { servedAgain, versionTo } from "./rollback.ts";
import { after, numbers, published, step } from "./testing.ts";

/** A rollback to a version, or to the one served before. */
const back =
  (to?: number) =>
  (before: Pointer | undefined): Pointer => {
    if (!before) throw new RangeError("nothing to go back to");
    return servedAgain(before, versionTo(before, to));
  };

test("a rollback goes to the version served before, whatever its number", () => {
  const trial = [published("a"), published("b", 10), published("c"), step("promote")];
  expect(numbers(after(...trial))).toEqual({ current: 2, canary: undefined, history: [3, 1] });
  expect(numbers(after(...trial, back()))).toEqual({ current: 3, canary: undefined, history: ["left 2", 1] });
});

test("one rollback after another goes further back, never to and fro", () => {
  const three = [published("a"), published("b"), published("c")];
  const once = after(...three, back());
  expect([once.current.version, numbers(once).history]).toEqual([2, ["left 3", 1]]);
  const twice = after(...three, back(), back());
  expect([twice.current.version, numbers(twice).history]).toEqual([1, ["left 2", "left 3"]]);
  expect(() => versionTo(twice, undefined)).toThrow("none to go back to from 1");
  const next = after(...three, back(), published("d"));
  expect([next.current.version, numbers(next).history]).toEqual([4, [2, "left 3", 1]]);
  expect(after(...three, back(), published("d"), back(), back()).current.version).toBe(1);
});

test("where there is none to go back to, other versions are named, and never the one that serves", () => {
  const remedyOf = (...steps: Parameters<typeof after>): string => {
    try {
      versionTo(after(...steps), undefined);
    } catch (fault) {
      return (fault as UnseenError).remedy;
    }
    throw new RangeError("there is one to go back to");
  };
  expect(remedyOf(published("a"))).toBe("Publish another version first.");
  const left = "Others are version 2 (rolled back). Choose one with --to.";
  expect(remedyOf(published("a"), published("b"), back())).toBe(left);
  const trial = [published("a"), published("b", 10), step("abandon"), published("c", 10)];
  expect(remedyOf(...trial)).toBe("Others are version 3 (canary), version 2 (canary given up). Choose one with --to.");
});

test("going back to a number leaves all that was served since; going forward again can be taken back", () => {
  const three = [published("a"), published("b"), published("c")];
  const first = after(...three, back(1));
  expect([first.current.version, numbers(first).history]).toEqual([1, ["left 3", "left 2"]]);
  const forward = after(...three, back(1), back(2));
  expect([forward.current.version, numbers(forward).history]).toEqual([2, [1, "left 3"]]);
  expect(after(...three, back(1), back(2), back()).current.version).toBe(1);
});

test("a canary goes on through a rollback, unless it is what is served, and one given up stays so", () => {
  const running = after(published("a"), published("b"), published("c", 10), back());
  expect(numbers(running)).toEqual({ current: 1, canary: [3, 10], history: ["left 2"] });
  const taken = after(published("a"), published("b", 10), back(2));
  expect(numbers(taken)).toEqual({ current: 2, canary: undefined, history: [1] });
  const given = after(published("a"), published("b", 10), step("abandon"), published("c"), back());
  expect(numbers(given)).toEqual({ current: 1, canary: undefined, history: ["left 3", -2] });
  expect(numbers(after(published("a"), published("b", 10), step("abandon"), back(2))).history).toEqual([1]);
});
