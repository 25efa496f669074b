import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SCHEMA } from "../test/artefact.ts";
import { mangled } from "../test/mangled.ts";
import { rowText, schemaAndRows } from "../test/rows.ts";
import { builtModule } from "../trainer/learn/engine.ts";
import { RowEncoder } from "./encode.ts";
import { RowReader } from "./row-reader.ts";
import type { Feature, Row, Schema } from "./schema.ts";

const UTF8 = new TextEncoder();
const reader = new RowReader(builtModule("rows"));

const number = (name: string): Feature => ({
  kind: "numeric",
  name,
  impute: 3,
  signedLog: false,
  center: 0,
  scale: 1,
  clip: 1e38,
});

/** Inputs by the reader; undefined where it leaves the text to JSON.parse. */
function read(schema: Schema, text: string, most = 100): Uint8Array | undefined {
  const encoder = new RowEncoder(schema);
  const around = UTF8.encode(`{[${text}]}`);
  if (!reader.read(schema, around, 2, around.length - 2, most)) return undefined;
  const inputs = new Float32Array(reader.rows * encoder.width);
  for (let i = 0; i < reader.rows; i++) encoder.encodeCells(reader, i, inputs, i * encoder.width);
  return new Uint8Array(inputs.buffer);
}

/** Inputs by JSON.parse and the encoder, to the bit; undefined where the one or the other refuses. */
function parsed(schema: Schema, text: string): Uint8Array | undefined {
  const encoder = new RowEncoder(schema);
  try {
    const rows = JSON.parse(`[${text}]`) as Row[];
    const inputs = new Float32Array(rows.length * encoder.width);
    for (const [i, row] of rows.entries()) encoder.encode(row, inputs, i * encoder.width, i);
    return new Uint8Array(inputs.buffer);
  } catch {
    return undefined;
  }
}

describe("what is read is what JSON.parse and the encoder make of it", () => {
  test("whatever the schema, the rows and what has been done to their text", () => {
    const texts = schemaAndRows.chain(({ schema, rows, order }) => {
      const text = rows.map((row, i) => rowText(schema, row, i % 2 === 0 ? order : undefined)).join(",");
      return fc.record({ schema: fc.constant(schema), text: fc.oneof(fc.constant(text), mangled(text)) });
    });
    let taken = 0;
    fc.assert(
      fc.property(texts, ({ schema, text }) => {
        const inputs = read(schema, text);
        if (!inputs) return;
        taken++;
        expect(inputs).toEqual(parsed(schema, text));
      }),
      { numRuns: 2000 },
    );
    expect(taken).toBeGreaterThan(50);
  });

  test("and rows as callers mostly write them always are", () => {
    const size = fc.double({ min: -1e18, max: 1e18, noNaN: true }).filter((x) => x === 0 || Math.abs(x) > 1e-30);
    const row = fc.tuple(
      fc.oneof(size, fc.integer(), fc.constant(null)),
      fc.oneof(size, fc.integer(), fc.constant(null)),
      fc.constantFrom("tcp", "udp", "6", 6, -17, 0, true, false, null, "", "icmp", "Ethernet II"),
      fc.constantFrom(true, false, 0, 1, null),
    );
    const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 });
    const blank = fc.constantFrom("", " ", "\n  ", "\r\n\t");
    fc.assert(
      fc.property(fc.array(fc.tuple(row, fc.option(order)), { minLength: 1, maxLength: 9 }), blank, (rows, space) => {
        const text = rows.map(([values, names]) => rowText(SCHEMA, values, names ?? undefined)).join(`${space},`);
        const spaced = `${space}${text.replaceAll(/(?<=[:,[{])|(?=[\]}])/g, space)}${space}`;
        expect(read(SCHEMA, spaced)).toEqual(parsed(SCHEMA, spaced));
        expect(parsed(SCHEMA, spaced)).toBeDefined();
      }),
      { numRuns: 1000 },
    );
  });

  test("and numbers are rounded as JSON.parse does, halfway between two doubles as well", () => {
    const schema = { features: [number("x")] };
    const check = (text: string): void => {
      const bytes = UTF8.encode(`[${text}]`);
      expect([text, reader.read(schema, bytes, 0, bytes.length, 1)]).toEqual([text, true]);
      if (!Object.is(reader.values[reader.first], JSON.parse(text))) expect.fail(text);
    };
    const digits = fc.bigInt({ min: 0n, max: 10n ** 19n - 1n });
    const mantissa = fc.bigInt({ min: 1n << 52n, max: (1n << 53n) - 1n });
    const signs = fc.constantFrom("", "-");
    const [powers, shift] = [fc.integer({ min: -64, max: 64 }), fc.integer({ min: 0, max: 3 })];
    fc.assert(
      fc.property(signs, digits, powers, mantissa, shift, (sign, w, power, m, j) => {
        check(`${sign}${w}e${power}`);
        check(`${sign}${w}E${power < 0 ? "" : "+"}${power}`);
        check(`${sign}0.${String(w).padStart(25, "0")}`);
        check(`${sign}${w}`);
        // m + ½ of a double's last bit, and a trifle to either side
        for (const off of [-1n, 0n, 1n]) check(`${sign}${(2n * m + 1n) * 5n ** BigInt(j) + off}e-${j}`);
        check(`${sign}${(Number(m) * 2 ** -52 * 10 ** (power / 2)).toExponential()}`);
      }),
      { numRuns: 5000 },
    );
    for (const text of ["0", "-0", "-0.0e-7", "0e999", "1e22", "1e23", "9999999999999999999", "1.0"]) check(text);
    check(`-0.${"0".repeat(123_456)}25e123457`);
    // halfway, with the largest power of five that nineteen digits have room for
    for (const text of ["5813567215289813125e-4", "8917685231515893125e-4"]) check(text);
  });
});

test.each([
  ["a number of over 19 digits", "[12345678901234567890,1,null,null]"],
  ["a number of over 19 digits around its point", "[5000.1234567812345678,1,null,null]"],
  ["a number whose exponent no word holds", "[1e4294967297,1,null,null]"],
  [
    "a number whose exponent has more digits than are counted, behind many zeros",
    `[0.${"0".repeat(42_950)}1e42949672,1,null,null]`,
  ],
  ["a number over the powers there are", "[1e65,1,null,null]"],
  ["a number under the powers there are", "[1e-65,1,null,null]"],
  ["a number that is none", "[01,1,null,null]"],
  ["a colon, which is next to nine, among digits", "[1:3,1,null,null]"],
  ["a letter for a number", "[x,1,null,null]"],
  ["a number with two points", "[1.5.5,1,null,null]"],
  ["a sign without its number", "[-,1,null,null]"],
  ["a number without digits behind its point", "[1.,1,null,null]"],
  ["a number of several digits without any behind its point", "[12.,1,null,null]"],
  ["a number without digits in its exponent", "[1e,1,null,null]"],
  ["a number without digits behind its exponent's sign", "[1e+,1,null,null]"],
  ["a number that no double holds", "[1e999,1,null,null]"],
  ["a name that is escaped", '{"\\u0062ytes":1,"ttl":1,"protocol":null,"syn":null}'],
  ["a name that is there twice", '{"bytes":1,"bytes":1,"ttl":1,"protocol":null,"syn":null}'],
  ["a name in the place of another", '{"bytes":1,"bytes":1,"protocol":null,"syn":null}'],
  ["a name too few", '{"bytes":1,"ttl":1,"protocol":null}'],
  ["a name that is unknown", '{"bytes":1,"ttl":1,"protocol":null,"syn":null,"x":1}'],
  ["a text that is escaped", '[1,1,"t\\u0063p",null]'],
  ["an unknown text of another alphabet", '[1,1,"é",null]'],
  ["a number that String would write otherwise", "[1,1,6.0,null]"],
  ["a category behind a zero", "[1,1,06,null]"],
  ["no category", "[1,1,,null]"],
  ["a text for a number", '["1",1,null,null]'],
  ["a boolean that is neither 0 nor 1", "[1,1,null,2]"],
  ["a value too many", "[1,1,null,null,1]"],
  ["a value too few", "[1,1,null]"],
  ["a list in the place of a value", "[1,1,null,[null]]"],
  ["something behind the rows", "[1,1,null,null] x"],
  ["a comma behind the rows", "[1,1,null,null],"],
  ["a bracket that is missing", "[1,1,null,null"],
  ["no row", ""],
  ["a row that is none", "1"],
  ["a row behind another bracket", "(1,1,null,null]"],
  ["a row before another bracket", "[1,1,null,null}"],
  ["named values before another bracket", '{"bytes":1,"ttl":1,"protocol":null,"syn":null]'],
  ["values parted by another sign", "[1;1,null,null]"],
  ["a word that ends as false does", "[1,1,null,Xalse]"],
  ["a text with a control character", '[1,1,"\u001f",null]'],
  ["a blank that JSON does not know", "[1,\u000b1,null,null]"],
  ["a zero byte", "[1,1,null,\u0000null]"],
])("%s is left to JSON.parse", (_, text) => {
  expect(read(SCHEMA, `[1,1,null,null],${text}`)).toBeUndefined();
});

test.each(["0", "-0", "9007199254740993", "12345678901234567", "999999999999999", "-7"])(
  "%s is the category that String makes of it",
  (text) => {
    const values = [text, String(Number(text))].filter((value, i, all) => all.indexOf(value) === i);
    const schema: Schema = { features: [{ kind: "categorical", name: "x", values }] };
    const inputs = read(schema, `[${text}]`);
    if (inputs) expect(inputs).toEqual(parsed(schema, `[${text}]`));
  },
);

test("a byte of an unknown text that is no character by itself is left to the decoder, whichever it is", () => {
  const bytes = UTF8.encode('[1,1,"?",null]');
  for (let byte = 0x80; byte <= 0xff; byte++) {
    bytes[6] = byte;
    expect([byte, reader.read(SCHEMA, bytes, 0, bytes.length, 1)]).toEqual([byte, false]);
  }
});

test("names and texts of many bytes are told apart by each of their bytes", () => {
  const long = "abcdefghijklmnopqrstuvwxyz";
  for (let i = 0; i < long.length; i++) {
    const other = `${long.slice(0, i)}_${long.slice(i + 1)}`;
    const schema: Schema = {
      features: [number(other), number(long), { kind: "categorical", name: "x", values: [long] }],
    };
    const text = [other, long].map((value) => rowText(schema, [1, 2, value], [1, 2, 0])).join(",");
    expect(read(schema, text)).toEqual(parsed(schema, text));
    expect(parsed(schema, text)).toBeDefined();
  }
});

test("up to the number of rows that is asked for", () => {
  const text = Array(7).fill("[1,1,null,null]").join(",");
  expect(read(SCHEMA, text, 7)).toEqual(parsed(SCHEMA, text));
  expect(read(SCHEMA, text, 6)).toBeUndefined();
});

test("schemas take turns, and memory grows with the text", () => {
  const wide = { features: Array.from({ length: 300 }, (_, i) => number(`feature ${i}`)) };
  const text = Array.from({ length: 99 }, (_, j) => rowText(wide, Array(300).fill(j + 0.5))).join(",");
  for (let turn = 0; turn < 3; turn++) {
    expect(read(wide, text)).toEqual(parsed(wide, text));
    expect(read(SCHEMA, "[1,2,6,true]")).toEqual(parsed(SCHEMA, "[1,2,6,true]"));
  }
  expect(reader.bytes).toBeLessThan(3 << 20);
});

test("a text is read wherever it lies among the bytes, and memory grows by as much as it takes", () => {
  const schema = { features: [number("x")] };
  for (const blanks of [0, 1_999_999, 3_333_333]) {
    const fresh = new RowReader(builtModule("rows"));
    const text = `${" ".repeat(blanks)}[7]`;
    for (const [before, behind] of [
      ["", " ".repeat(9_999_999)],
      ["[8],", ",[9]"],
      ["[8],", ""],
    ]) {
      const bytes = UTF8.encode(before + text + behind);
      expect(fresh.read(schema, bytes, before.length, before.length + text.length, 5)).toBe(true);
      expect([fresh.rows, fresh.values[fresh.first]]).toEqual([1, 7]);
    }
    expect(fresh.bytes).toBeLessThan(2 * blanks + (4 << 20));
  }
});

test("another order of names is learnt, over some calls where there are many", () => {
  const wide = { features: Array.from({ length: 1000 }, (_, i) => number(`feature ${i}`)) };
  const order = [...wide.features.keys()].toReversed();
  const text = rowText(wide, [...wide.features.keys()], order);
  let calls = 1;
  for (; calls < 100 && !read(wide, text); calls++);
  expect(calls).toBeGreaterThan(1);
  expect(calls).toBeLessThan(10);
  expect(read(wide, text)).toEqual(parsed(wide, text));
});

test("a row leaves no garbage", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const features = Array.from({ length: 50 }, (_, i) => number(`feature ${i}`));
  const schema = { features: [...features, SCHEMA.features[2], SCHEMA.features[3]] };
  const [rows, encoder] = [64, new RowEncoder(schema)];
  const values = [...features.map((_, i) => Math.fround(Math.sin(i))), "udp", true];
  const bytes = UTF8.encode(
    Array(rows)
      .fill(rowText(schema, values, [...values.keys()]))
      .join(","),
  );
  const inputs = new Float32Array(encoder.width * rows);
  const straight = (): void => {
    if (!reader.read(schema, bytes, 0, bytes.length, rows)) throw new Error("not read");
    for (let i = 0; i < rows; i++) encoder.encodeCells(reader, i, inputs, i * encoder.width);
  };
  const text = new TextDecoder();
  const throughObjects = (): void => {
    const read = JSON.parse(`[${text.decode(bytes)}]`) as Row[];
    for (const [i, row] of read.entries()) encoder.encode(row, inputs, i * encoder.width, i);
  };
  /** Bytes of heap that a row takes, the least of some tries: V8 compiles beside, and may collect the rest of it. */
  const garbage = (run: () => void, warm: number, calls: number): number => {
    for (let call = 0; call < warm; call++) run();
    const tries = Array.from({ length: 5 }, () => {
      collect();
      const before = getHeapStatistics().used_heap_size;
      for (let call = 0; call < calls; call++) run();
      return (getHeapStatistics().used_heap_size - before) / (calls * rows);
    });
    return Math.min(...tries.filter((bytes) => bytes >= 0));
  };
  // what a call takes, divided by its rows, is less than two values of a row would be as objects
  expect(garbage(straight, 1000, 20)).toBeLessThan(32);
  // one call, lest V8 collect it
  expect(garbage(throughObjects, 100, 1)).toBeGreaterThan(16 * features.length);
});
