import { expect, test } from "vitest";
import { isOfLaterFormat, type Pointer, readPointer, versionFor, versionsOf, writtenPointer } from "./pointer.ts";

const version = (number: number) => ({
  version: number,
  sha256: String(number).repeat(64).slice(0, 64),
  publishedAt: "2026-01-01T00:00:00.000Z",
});
const plain: Pointer = { name: "flows", current: version(2), history: [version(1)] };
const trial = (percent: number, number = 3): Pointer => ({ ...plain, canary: { ...version(number), percent } });

test("a pointer reads back as written", () => {
  const dated = { ...plain, writtenAt: "2026-02-01T00:00:00.000Z" };
  const marked = {
    ...plain,
    history: [
      { ...version(1), abandoned: true },
      { ...version(3), rolledBack: true },
    ],
  };
  for (const pointer of [plain, dated, trial(12.5), marked]) {
    expect(readPointer(writtenPointer(pointer))).toEqual(pointer);
  }
  expect(versionsOf(trial(10)).map((each) => each.version)).toEqual([2, 3, 1]);
});

test("what is no pointer, or of another format, is none", () => {
  const sound = { ...plain, format: 2 };
  expect(readPointer(JSON.stringify(sound))).toEqual(plain);
  const wrong: unknown[] = [
    3,
    null,
    [],
    plain,
    { ...sound, format: 3 },
    { ...sound, format: "2" },
    { ...sound, name: "../x" },
    { ...sound, name: "x/../y" },
    { ...sound, current: { ...version(2), version: 0 } },
    { ...sound, current: { ...version(2), sha256: "zz" } },
    { ...sound, history: {} },
    { ...sound, history: [{ ...version(1), abandoned: "yes" }] },
    { ...sound, history: [{ ...version(1), rolledBack: 1 }] },
    { ...sound, canary: version(3) },
    { ...sound, canary: null },
    { ...sound, writtenAt: 3 },
    { ...sound, writtenAt: "soon" },
    { ...sound, ...trial(0) },
    { ...sound, ...trial(101) },
    { ...sound, ...trial(Number.NaN) },
  ];
  for (const value of wrong) expect(readPointer(JSON.stringify(value))).toBeUndefined();
  expect(readPointer("{")).toBeUndefined();
});

test("a pointer of a later format is told from one that is damaged", () => {
  expect(isOfLaterFormat(JSON.stringify({ ...plain, format: 3 }))).toBe(true);
  const damaged = ["{", "null", "3", "{}", writtenPointer(plain), '{"format":1}', '{"format":"3"}'];
  for (const text of damaged) expect(isOfLaterFormat(text)).toBe(false);
});

test("a canary answers its share of the callers, each always alike, and more of the same as it grows", () => {
  const callers = Array.from({ length: 20_000 }, (_, i) => `device-${i}`);
  const chosen = (pointer: Pointer) => new Set(callers.filter((caller) => versionFor(pointer, caller).version !== 2));
  const ten = chosen(trial(10));
  expect(ten.size / callers.length).toBeCloseTo(0.1, 2);
  expect(chosen(trial(10))).toEqual(ten);
  const thirty = chosen(trial(30));
  expect(thirty.size / callers.length).toBeCloseTo(0.3, 1);
  expect([...ten].every((caller) => thirty.has(caller))).toBe(true);
  const next = chosen(trial(10, 4));
  expect([...ten].filter((caller) => next.has(caller)).length / ten.size).toBeLessThan(0.2);
  expect(chosen(trial(100)).size).toBe(callers.length);
  expect(versionFor(trial(100), undefined).version).toBe(2);
  expect(versionFor(plain, "device-1").version).toBe(2);
});
