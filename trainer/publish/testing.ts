/** Pointers for tests, made by one publication, step or rollback after another. */
import { expect } from "vitest";
import { type Pointer, readPointer, versionsOf, writtenPointer } from "../../model/pointer.ts";
import { stepped } from "./canary.ts";
import { withVersion } from "./publish.ts";

const file = (letter: string) => ({
  name: "flows",
  sha256: letter.repeat(64),
  publishedAt: "2026-01-01T00:00:00.000Z",
});

/** One publication or step after another; a pointer must be readable after each. */
export function after(...steps: ((before: Pointer | undefined) => Pointer)[]): Pointer {
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

export const published =
  (letter: string, percent?: number) =>
  (before: Pointer | undefined): Pointer =>
    withVersion(before, file(letter), percent);

export const step =
  (what: Parameters<typeof stepped>[2]) =>
  (before: Pointer | undefined): Pointer => {
    if (!before?.canary) throw new RangeError("no canary");
    return stepped(before, before.canary, what);
  };

/** A pointer's versions in short: those given up below zero, those rolled back from with a word. */
export const numbers = ({ current, canary, history }: Pointer) => ({
  current: current.version,
  canary: canary && [canary.version, canary.percent],
  history: history.map(({ version, abandoned, rolledBack }) =>
    abandoned ? -version : rolledBack ? `left ${version}` : version,
  ),
});
