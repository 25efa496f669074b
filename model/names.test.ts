import fc from "fast-check";
import { expect, test } from "vitest";
import { list, nearest, quote } from "./names.ts";

/** Edit distance by its definition. */
function distance(a: string, b: string): number {
  if (a === "" || b === "") return a.length + b.length;
  const rest = distance(a.slice(1), b.slice(1));
  if (a[0] === b[0]) return rest;
  return 1 + Math.min(rest, distance(a.slice(1), b), distance(a, b.slice(1)));
}

test("near names are those within a third of the length", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const near = distance(a, b) <= Math.ceil(a.length / 3);
      const within = (a.length >= 3 && b.includes(a)) || (b.length >= 3 && a.includes(b));
      expect(nearest(a, [b])).toEqual(near || within ? [b] : []);
    }),
  );
});

test("the nearest come first, three at most, whatever their case", () => {
  expect(nearest("flow duraton", ["Idle", "Flow Direction", "Flow Duration", "duration"])[0]).toBe("Flow Duration");
  expect(nearest("port", ["portal", "ports", "sport", "Port", "dport"])).toHaveLength(3);
  expect(nearest("", ["a", "b"])).toEqual([]);
});

test("names in messages are escaped and cut", () => {
  expect(quote('a"\n\u0000')).toBe('"a\\"\\n\\u0000"');
  expect(quote("x".repeat(100))).toBe(`"${"x".repeat(64)}…"`);
  expect(list(["a", "b", "c"], 2)).toBe('"a", "b" and 1 more');
  expect(list(["a", "b"], 2)).toBe('"a", "b"');
});
