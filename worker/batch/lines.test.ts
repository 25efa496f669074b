import fc from "fast-check";
import { expect, test } from "vitest";
import { linesOf } from "./lines.ts";

/** All lines of an object cut into parts of `partBytes`, each read up to `window` bytes behind its end. */
function inParts(object: Uint8Array, partBytes: number, window: number): (string | undefined)[] {
  const lines: (string | undefined)[] = [];
  const size = object.length;
  for (let from = 0; from < size; from += partBytes) {
    const to = Math.min(size, from + partBytes);
    const start = Math.max(0, from - 1);
    const bytes = object.subarray(start, Math.min(size, to + window));
    for (const line of linesOf(bytes, { start, from, to, size })) {
      lines.push(line.bytes && new TextDecoder().decode(line.bytes));
    }
  }
  return lines;
}

const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "\n", "\n"), maxLength: 30 }), { maxLength: 6 });

test("cut anywhere, every line is in exactly one part, in order", () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 40 }), (pieces, partBytes) => {
      const text = pieces.join("");
      const wanted = text.split("\n");
      // A last newline ends a line and begins none.
      if (wanted.at(-1) === "") wanted.pop();
      expect(inParts(new TextEncoder().encode(text), partBytes, text.length)).toEqual(wanted);
    }),
    { numRuns: 2000 },
  );
});

test("a line longer than what is read behind a part has no bytes, and no neighbour is lost", () => {
  const object = new TextEncoder().encode(`ab\n${"x".repeat(50)}\ncd\n`);
  expect(inParts(object, 4, 8)).toEqual(["ab", undefined, "cd"]);
});
