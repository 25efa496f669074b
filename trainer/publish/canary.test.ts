import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { versionsText } from "../commands/canary.ts";
import { servedBefore } from "../../model/pointer.ts";
import { errorOf } from "../data/testing.ts";
import { stepCanary } from "./canary.ts";
import { changePointer } from "./stored-pointer.ts";
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

test("the version to go back to stays in the history, however many canaries were given up since", () => {
  const trials = Array.from("cdefabcdefabcdefabcdefabcdef", (letter) => [published(letter, 10), step("abandon")]);
  const { history } = after(published("a"), published("b"), ...trials.flat());
  expect(history).toHaveLength(20);
  expect([history[0].version, servedBefore({ history })?.version]).toEqual([30, 1]);
});

test("a version published while a canary runs leaves it running", () => {
  const urgent = after(published("a"), published("b", 10), published("c"));
  expect(numbers(urgent)).toEqual({ current: 3, canary: [2, 10], history: [1] });
});

test("what a canary leaves to the current version is told without the noise of fractions", () => {
  expect(versionsText(after(published("a"), published("b", 99.9)))).toContain("current, 0.1 % of the callers");
});

test("a canary whose weights are gone from KV is not promoted, and goes on as it was", async () => {
  const persistTo = mkdtempSync(join(tmpdir(), "unseen-canary-"));
  onTestFinished(() => rmSync(persistTo, { recursive: true, force: true }));
  const trial = after(published("a"), published("b", 10));
  await changePointer({ persistTo }, "flows", () => trial);
  const refused = await errorOf(() => stepCanary({ name: "flows", step: "promote", persistTo }));
  expect([refused.code, refused.message]).toEqual(["version-unknown", expect.stringContaining("weights of version 2")]);
  expect(numbers(await stepCanary({ name: "flows", persistTo }))).toEqual(numbers(trial));
});
