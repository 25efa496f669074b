import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Tensor } from "./artefact.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";
import { ELEMENT_BYTES, floatTensor, tensorValues } from "./tensor.ts";

const dtypes = Object.keys(ELEMENT_BYTES) as Tensor["dtype"][];
const name = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("__proto__", "constructor", "0", "10", "2", 'a"\\b', "dtype"),
);
const tensor = fc
  .record({ dtype: fc.constantFrom(...dtypes), shape: fc.array(fc.nat(4), { maxLength: 4 }) })
  .chain(({ dtype, shape }) => {
    const length = shape.reduce((product, size) => product * size, ELEMENT_BYTES[dtype]);
    const bytes = fc.uint8Array({ minLength: length, maxLength: length });
    return bytes.map((values): Tensor => ({ dtype, shape, bytes: values }));
  });
const tensors = fc.uniqueArray(fc.tuple(name, tensor), { selector: ([each]) => each, maxLength: 8 });
const metadata = fc.uniqueArray(fc.tuple(name, fc.string({ unit: "binary" })), { selector: ([each]) => each });

/** A record that takes "__proto__" for a name like others. */
function record(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  const made: Record<string, string> = Object.create(null);
  for (const [key, value] of pairs) made[key] = value;
  return made;
}

function headerOf(file: Uint8Array): { length: number; text: string } {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return { length, text: new TextDecoder().decode(file.subarray(8, 8 + length)) };
}

describe("writing and reading", () => {
  test("give back what went in, and the same bytes in any order", () => {
    fc.assert(
      fc.property(tensors, metadata, (pairs, notes) => {
        const file = writeSafetensors(new Map(pairs), record(notes));
        const back = readSafetensors(file);
        expect(new Map([...back.tensors].toSorted())).toEqual(new Map(pairs.toSorted()));
        expect(Object.entries(back.metadata).toSorted()).toEqual(Object.entries(record(notes)).toSorted());
        expect(writeSafetensors(new Map(pairs.toReversed()), record(notes.toReversed()))).toEqual(file);
        expect(writeSafetensors(back.tensors, back.metadata)).toEqual(file);
        const { length, text } = headerOf(file);
        expect(length % 8).toBe(0);
        expect(text).toMatch(/^\{.*\} {0,7}$/s);
        for (const { dtype, bytes } of back.tensors.values()) {
          expect(bytes.byteOffset % ELEMENT_BYTES[dtype]).toBe(0);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("read a file that does not begin where its buffer does", () => {
    const values = Float32Array.of(1, -2.5, 3e38);
    const file = writeSafetensors(new Map([["x", floatTensor(values, [3])]]));
    for (let shift = 0; shift < 5; shift++) {
      const shifted = new Uint8Array(file.length + shift);
      shifted.set(file, shift);
      const found = readSafetensors(shifted.subarray(shift)).tensors.get("x");
      expect(found && tensorValues(found)).toEqual(values);
    }
  });

  test("follow the published format byte by byte", () => {
    const tensorsIn = new Map<string, Tensor>([
      ["small", { dtype: "U8", shape: [3], bytes: Uint8Array.of(7, 8, 9) }],
      ["b", floatTensor(Float32Array.of(1, -2), [1, 2])],
      ["a", floatTensor(Float32Array.of(0.5), [])],
      ["none", { dtype: "I64", shape: [0, 4], bytes: new Uint8Array() }],
    ]);
    const header =
      '{"__metadata__":{"who":"me","é":"\\""},' +
      '"none":{"dtype":"I64","shape":[0,4],"data_offsets":[0,0]},' +
      '"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},' +
      '"b":{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]},' +
      '"small":{"dtype":"U8","shape":[3],"data_offsets":[12,15]}}';
    const encoded = [...new TextEncoder().encode(header)];
    while (encoded.length % 8 > 0) encoded.push(0x20);
    const size = encoded.length;
    const data = [0, 0, 0, 0x3f, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 7, 8, 9];
    const expected = [size & 255, size >> 8, 0, 0, 0, 0, 0, 0, ...encoded, ...data];
    expect([...writeSafetensors(tensorsIn, { who: "me", é: '"' })]).toEqual(expected);
  });

  test("what is no such file at all is called so", () => {
    const csv = new TextEncoder().encode("duration,bytes\n1,2\n");
    expect(() => readSafetensors(csv)).toThrow(expect.objectContaining({ code: "artefact-malformed" }));
  });

  test("take an empty file, and entries in any order", () => {
    expect([...writeSafetensors(new Map())]).toEqual([8, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode("{}      ")]);
    expect(readSafetensors(writeSafetensors(new Map())).tensors.size).toBe(0);
    const header =
      '{"b":{"data_offsets":[1,2],"shape":[1],"dtype":"I8"},"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}';
    const text = new TextEncoder().encode(header);
    const file = Uint8Array.of(text.length, 0, 0, 0, 0, 0, 0, 0, ...text, 5, 6);
    expect([...readSafetensors(file).tensors]).toEqual([
      ["a", { dtype: "U8", shape: [], bytes: Uint8Array.of(5) }],
      ["b", { dtype: "I8", shape: [1], bytes: Uint8Array.of(6) }],
    ]);
  });
});

describe("the writer refuses", () => {
  const one: Tensor = { dtype: "U8", shape: [1], bytes: Uint8Array.of(1) };
  test.each<[string, Map<string, Tensor>, Record<string, string>]>([
    ["bytes that do not fit the shape", new Map([["x", { ...one, shape: [2] }]]), {}],
    ["a shape that is no shape", new Map([["x", { ...one, shape: [-1] }]]), {}],
    ["an element type that does not exist", new Map([["x", { ...one, dtype: "U4" as "U8" }]]), {}],
    ["a tensor in place of the metadata", new Map([["__metadata__", one]]), {}],
    ["half a surrogate pair in a name", new Map([["\ud800", one]]), {}],
    ["half a surrogate pair in a value", new Map(), { x: "\udc00" }],
  ])("%s", (_, given, notes) => {
    expect(() => writeSafetensors(given, notes)).toThrow(expect.objectContaining({ code: "artefact-malformed" }));
  });

  test.each<[string, Map<string, Tensor>, Record<string, string>]>([
    ["more tensors than are read", new Map(Array.from({ length: 1025 }, (_, i) => [`${i}`, one])), {}],
    ["a header longer than is read", new Map(), { x: "x".repeat(4 * 2 ** 20) }],
  ])("%s", (_, given, notes) => {
    expect(() => writeSafetensors(given, notes)).toThrow(expect.objectContaining({ code: "artefact-too-large" }));
  });
});

describe("values", () => {
  afterEach(() => vi.unstubAllGlobals());

  test.each([globalThis.Float16Array, undefined])("of every half float are exact (%#)", (halves) => {
    vi.stubGlobal("Float16Array", halves);
    const bytes = new Uint8Array(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer);
    const values = tensorValues({ dtype: "F16", shape: [65536], bytes });
    for (let bits = 0; bits < 65536; bits++) {
      const exponent = (bits >> 10) & 31;
      const fraction = bits & 1023;
      const size =
        exponent === 31
          ? fraction > 0
            ? NaN
            : Infinity
          : exponent === 0
            ? fraction * 2 ** -24
            : (1 + fraction / 1024) * 2 ** (exponent - 15);
      if (!Object.is(values[bits], bits & 0x8000 ? -size : size)) expect.fail(`half ${bits} became ${values[bits]}`);
    }
  });

  test("are those of the tensor where its bytes lie askew in a buffer of Node, whose slices are views", () => {
    const file = Buffer.from([9, 0, 0x3c, 0, 0, 0x80, 0x3f, 9]);
    expect([...tensorValues({ dtype: "F16", shape: [1], bytes: file.subarray(1, 3) })]).toEqual([1]);
    expect([...tensorValues({ dtype: "F32", shape: [1], bytes: file.subarray(3, 7) })]).toEqual([1]);
  });

  test("of other types are refused, and a shape must fit its values", () => {
    const whole: Tensor = { dtype: "I32", shape: [], bytes: new Uint8Array(4) };
    expect(() => tensorValues(whole)).toThrow(expect.objectContaining({ code: "artefact-malformed" }));
    expect(() => floatTensor(new Float32Array(3), [2])).toThrow(RangeError);
  });
});
