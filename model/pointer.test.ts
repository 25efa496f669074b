import { expect, test } from "vitest";
import { type Pointer, readPointer, versionFor, versionsOf, writtenPointer } from "./pointer.ts";

const version = (number: number) => ({
  version: number,
  sha256: String(number).repeat(64).slice(0, 64),
  publishedAt: "2026-01-01T00:00:00.000Z",
});
const plain: Pointer = { name: "flows", current: version(2), history: [version(1)] };
const trial = (percent: number, number = 3): Pointer => ({ ...plain, canary: { ...version(number), percent } });

test("a pointer reads back as written, and one of before there were formats is still read", () => {
  const dated = { ...plain, writtenAt: "2026-02-01T00:00:00.000Z" };
  for (const pointer of [plain, dated, trial(12.5), { ...plain, history: [{ ...version(1), abandoned: true }] }]) {
    expect(readPointer(writtenPointer(pointer))).toEqual(pointer);
  }
  expect(readPointer(JSON.stringify(plain))).toEqual(plain);
  expect(versionsOf(trial(10)).map((each) => each.version)).toEqual([2, 3, 1]);
});

test("what is no pointer, or of a later format, is none", () => {
  const wrong: unknown[] = [
    3,
    null,
    [],
    { ...plain, format: 3 },
    { ...plain, format: "2" },
    { ...plain, name: "../x" },
    { ...plain, current: { ...version(2), sha256: "zz" } },
    { ...plain, history: {} },
    { ...plain, history: [{ ...version(1), abandoned: "yes" }] },
    { ...plain, canary: version(3) },
    { ...plain, canary: null },
    { ...plain, writtenAt: 3 },
    { ...plain, writtenAt: "soon" },
    trial(0),
    trial(101),
    trial(Number.NaN),
  ];
  for (const value of wrong) expect(readPointer(JSON.stringify(value))).toBeUndefined();
  expect(readPointer("{")).toBeUndefined();
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
