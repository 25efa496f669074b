import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SCHEMA } from "../test/artefact.ts";
import { rowText, schemaAndRows } from "../test/rows.ts";
import { inputNames, inputWidth, RowEncoder } from "./encode.ts";
import { UnseenError } from "./errors.ts";
import type { Feature, Row, Schema } from "./schema.ts";
import { signedLog } from "./signed-log.ts";

/** What model/schema.ts says, word by word and with no thought for speed. */
function naive(schema: Schema, row: readonly unknown[]): number[] {
  return schema.features.flatMap((feature, i) => {
    const value = row[i];
    if (feature.kind === "categorical") {
      const text = value === null ? undefined : String(value);
      const known = feature.values.map((each) => (each === text ? 1 : 0));
      return [...known, known.some((bit) => bit === 1) ? 0 : 1];
    }
    let x = value === null ? feature.impute : Number(value);
    if (feature.kind === "boolean") return [Math.fround((x - feature.center) / feature.scale)];
    if (feature.signedLog === true) x = signedLog(x);
    else if (feature.signedLog) x = signedLog((x - feature.signedLog.origin) / feature.signedLog.unit);
    const scaled = (x - feature.center) / feature.scale;
    return [Math.fround(Math.min(Math.max(scaled, -feature.clip), feature.clip))];
  });
}

function encode(schema: Schema, row: unknown): number[] {
  const encoder = new RowEncoder(schema);
  const out = new Float32Array(encoder.width + 2).fill(7);
  encoder.encode(row as Row, out, 1, 3);
  expect([out[0], out.at(-1)]).toEqual([7, 7]);
  return [...out.subarray(1, -1)];
}

function refusal(schema: Schema, row: unknown): UnseenError {
  try {
    encode(schema, row);
  } catch (error) {
    if (error instanceof UnseenError) return error;
    throw error;
  }
  throw new Error("the row was encoded");
}

/** Named values in any order, made by JSON.parse as the Worker's are, so "__proto__" is a name like others. */
function named(schema: Schema, row: readonly unknown[], order: readonly number[]): unknown {
  return JSON.parse(rowText(schema, row, order));
}

describe("values", () => {
  test("agree with a naive twin to the bit, by position and by name in any order", () => {
    fc.assert(
      fc.property(schemaAndRows, ({ schema, rows, order }) => {
        const encoder = new RowEncoder(schema);
        expect(encoder.width).toBe(inputWidth(schema));
        expect(inputNames(schema)).toHaveLength(encoder.width);
        const out = new Float32Array(encoder.width);
        for (const [i, row] of rows.entries()) {
          const expected = naive(schema, row).map((x) => x + 0);
          const variants = [row, named(schema, row, order), named(schema, row, [...order.keys()])] as Row[];
          for (const variant of variants) {
            encoder.encode(variant, out.fill(9), 0, i);
            expect(Array.from(out, (x) => x + 0)).toEqual(expected);
          }
          expect(out.every(Number.isFinite)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("are laid out as documented", () => {
    expect(inputNames(SCHEMA)).toEqual([
      "bytes",
      "ttl",
      ...["tcp", "udp", "6", "true", "(other)"].map((value) => `protocol=${value}`),
      "syn",
    ]);
    const log = Math.fround((Math.log1p(100) - 4.5) / 1.25);
    expect(encode(SCHEMA, [100, 64.5, "udp", true])).toEqual([log, 5, 0, 1, 0, 0, 0, 1.5]);
    expect(encode(SCHEMA, [-1e308, 1e308, 6, 0])).toEqual([-8, 10, 0, 0, 1, 0, 0, -0.5]);
    expect(encode(SCHEMA, [0, 64, true, null]).slice(2)).toEqual([0, 0, 0, 1, 0, 0]);
    expect(encode(SCHEMA, [0, 64, null, 1]).slice(2)).toEqual([0, 0, 0, 0, 1, 1.5]);
  });

  test("are logged from an origin and in a unit where the schema has them", () => {
    const log = { origin: -0.2, unit: 1e-3 };
    const x = { kind: "numeric", name: "x", impute: -0.2, signedLog: log, center: 2, scale: 0.5, clip: 20 } as const;
    const of = (value: number) => Math.fround((Math.log1p((value + 0.2) / 1e-3) - 2) / 0.5);
    expect(encode({ features: [x] }, [0.8])[0]).toBeCloseTo(of(0.8), 5);
    expect(encode({ features: [x] }, [null])).toEqual([-4]);
    expect(encode({ features: [x] }, [-1.2])[0]).toBeCloseTo(-of(0.8) - 8, 5);
  });

  test("stay finite when the difference to the center overflows", () => {
    const wide = { kind: "numeric", name: "x", impute: 0, signedLog: false, center: -1e308, scale: 1e-9, clip: 5 };
    expect(encode({ features: [wide as Feature] }, [1.7e308])).toEqual([5]);
  });
});

describe("rows", () => {
  const row = { bytes: 1, ttl: 2, protocol: "tcp", syn: true };

  test("may have any prototype, but only their own names count", () => {
    const expected = encode(SCHEMA, row);
    expect(encode(SCHEMA, Object.assign(Object.create(null), row))).toEqual(expected);
    expect(encode(SCHEMA, Object.assign(Object.create({ other: 1 }), row))).toEqual(expected);
    expect(refusal(SCHEMA, Object.create(row)).code).toBe("feature-missing");
  });

  test("do not see names on Object.prototype", () => {
    const encoder = new RowEncoder(SCHEMA);
    const out = new Float32Array(encoder.width);
    let refused: unknown;
    // nothing else runs while the prototype is spoilt
    Object.defineProperty(Object.prototype, "syn", { value: true, enumerable: true, configurable: true });
    try {
      encoder.encode(JSON.parse(JSON.stringify(row)), out, 0, 0);
      encoder.encode({ bytes: 1, ttl: 2, protocol: "tcp" }, new Float32Array(encoder.width), 0, 3);
    } catch (error) {
      refused = error;
    } finally {
      Reflect.deleteProperty(Object.prototype, "syn");
    }
    expect([...out]).toEqual(encode(SCHEMA, [1, 2, "tcp", true]));
    expect(refused).toMatchObject({ code: "feature-missing", place: { row: 3, feature: "syn" } });
  });

  test.each([
    ["__proto__", '{"__proto__":{"bytes":1},"bytes":1,"ttl":2,"protocol":"tcp","syn":true}'],
    ["constructor", '{"bytes":1,"constructor":1,"ttl":2,"protocol":"tcp","syn":true}'],
  ])("with the name %s are refused and do no harm", (name, text) => {
    const refused = refusal(SCHEMA, JSON.parse(text));
    expect([refused.code, refused.place]).toEqual(["feature-unknown", { row: 3, feature: name }]);
    expect(({} as Record<string, unknown>).bytes).toBeUndefined();
  });
});

describe("refusals name the row and the feature", () => {
  const refusals: [code: string, row: unknown, feature: string | undefined, words: RegExp][] = [
    ["feature-missing", { bytes: 1, syn: true }, "ttl", /row 3 lacks features "ttl", "protocol"$/],
    ["feature-missing", {}, "bytes", /row 3/],
    ["feature-missing", new Date(), "bytes", /row 3/],
    ["feature-unknown", { byte: 1 }, "byte", /row 3 .*"byte"/],
    ["row-wrong-length", [1, 2], undefined, /row 3 has 2 values.* 4 /],
    ["row-wrong-length", [1, 2, "tcp", true, 5], undefined, /row 3 has 5 values/],
    ["row-wrong-shape", "1,2", undefined, /row 3 is a string/],
    ["row-wrong-shape", null, undefined, /row 3 is null/],
    ["row-wrong-shape", undefined, undefined, /row 3 is nothing/],
    ["row-wrong-shape", 4, undefined, /row 3/],
    ["value-not-finite", [NaN, 2, "tcp", true], "bytes", /row 3, feature "bytes": NaN/],
    ["value-not-finite", { bytes: 1, ttl: -Infinity, protocol: "", syn: 0 }, "ttl", /-Infinity/],
    ["value-not-finite", [1, 2, Infinity, true], "protocol", /Infinity/],
    ["value-not-finite", [1, 2, "tcp", NaN], "syn", /NaN/],
    ["value-wrong-type", ["1", 2, "tcp", true], "bytes", /expected a number, found a string/],
    ["value-wrong-type", [true, 2, "tcp", true], "bytes", /found a boolean/],
    ["value-wrong-type", [1, undefined, "tcp", true], "ttl", /found nothing/],
    ["value-wrong-type", [1, 2n, "tcp", true], "ttl", /found a bigint/],
    ["value-wrong-type", [1, 2, ["tcp"], true], "protocol", /found an array/],
    ["value-wrong-type", [1, 2, {}, true], "protocol", /found an object/],
    ["value-wrong-type", [1, 2, "tcp", 2], "syn", /true, false, 0 or 1, found another number/],
    ["value-wrong-type", [1, 2, "tcp", "true"], "syn", /found a string/],
  ];
  test.each(refusals)("%s: %o", (code, row, feature, words) => {
    const refused = refusal(SCHEMA, row);
    expect(refused.code).toBe(code);
    expect(refused.place).toEqual(feature === undefined ? { row: 3 } : { row: 3, feature });
    expect(refused.message).toMatch(words);
    if (feature) expect(refused.message).toContain(JSON.stringify(feature));
    expect(refused.remedy).not.toBe("");
  });

  test("near names are offered, at most five missing names listed, long names cut", () => {
    expect(refusal(SCHEMA, { protocl: 1 }).remedy).toMatch(/^Did you mean "protocol"\?/);
    expect(refusal(SCHEMA, { zzzzzz: 1 }).remedy).toContain('the model reads "bytes", "ttl"');
    const features = Array.from({ length: 9 }, (_, i): Feature => ({ kind: "categorical", name: `c${i}`, values: [] }));
    expect(refusal({ features }, { c0: 1 }).message).toMatch(/"c1", "c2", "c3", "c4", "c5" and 3 more$/);
    const long = refusal(SCHEMA, { ["x".repeat(1e6)]: 1 });
    expect(long.message.length + long.remedy.length + (long.place.feature ?? "").length).toBeLessThan(500);
  });

  test("a place outside the output is the caller's mistake", () => {
    const encoder = new RowEncoder(SCHEMA);
    expect(() => encoder.encode([1, 2, "tcp", true], new Float32Array(8), 1, 0)).toThrow(RangeError);
  });
});
