/** Arbitrary bodies, most of them nearly right. */
import fc from "fast-check";

/** Texts that have broken parsers before. */
const NASTY = [
  "1e999",
  "-1e999",
  "9".repeat(400),
  "-0",
  "1E-400",
  "0x10",
  "NaN",
  "Infinity",
  "01",
  "1.",
  "\\u0000",
  "\\ud800",
  "\\udfff\\ud800",
  '"__proto__"',
  '"constructor"',
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '"instances":[],',
  "null",
  "true",
  "[]",
  "{}",
  "[".repeat(5000),
  '{"a":'.repeat(5000),
  "\u0000",
  "\ufeff",
  "\u2028",
  "💥",
  "//",
  "/**/",
  "'",
  ",",
  ":",
  '"',
  "\\",
  "\n",
  "\r\n",
];

/** A valid body with pieces of it replaced, doubled, cut out or put in, so that most of it still parses. */
export const mangled = (valid: string): fc.Arbitrary<string> =>
  fc
    .array(
      fc.record({
        at: fc.nat(valid.length),
        cut: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(12) }),
        put: fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: "binary", maxLength: 4 }), fc.constant("")),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((edits) => edits.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), valid));
