/** Files that break the safetensors format, each in one way, with the code they must be refused with. */
import type { ErrorCode } from "../../model/errors.ts";

export interface HostileFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly code: ErrorCode;
}

const CAP = 4 * 2 ** 20;

/** A file from its parts; `announced` is the header length it claims. */
export function file(header: string | Uint8Array, data = 0, announced?: bigint): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, announced ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

function tensor(dtype: unknown, shape: unknown, offsets: unknown): string {
  return JSON.stringify({ dtype, shape, data_offsets: offsets });
}

const ONE = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';

/** All of them; built anew at each call, none larger than a few megabytes. */
export function hostileFiles(): HostileFile[] {
  const files: HostileFile[] = [];
  const group = (code: ErrorCode, cases: Record<string, Uint8Array>): void => {
    for (const [name, bytes] of Object.entries(cases)) files.push({ name, bytes, code });
  };
  group("artefact-truncated", {
    nothing: new Uint8Array(),
    "seven bytes": new Uint8Array(7),
    "a header longer than the file": file(`{"x":${ONE}}`, 4, 1000n),
    "a header one byte longer than the file": file("{}", 0, 3n),
    "a header at the cap that is not there": file("{}", 0, BigInt(CAP)),
    "half a header": file(`{"x":${ONE}}`, 4).subarray(0, 20),
    "a tensor without its last byte": file(`{"x":${ONE}}`, 3),
    "a tensor without bytes": file(`{"x":${ONE}}`),
    "a tensor that ends at 2⁵³ − 1": file(`{"x":${tensor("U8", [2 ** 53 - 1], [0, 2 ** 53 - 1])}}`, 4),
  });
  group("artefact-too-large", {
    "a header over the cap": file(`{}${" ".repeat(CAP - 1)}`),
    "a thousand and more tensors": file(
      `{${Array.from({ length: 1025 }, (_, i) => `"${i}":${tensor("F32", [0], [0, 0])}`).join()}}`,
    ),
  });
  group("artefact-malformed", headers());
  group("artefact-malformed", entries());
  group("artefact-malformed", ranges());
  return files;
}

/** Headers that are no JSON object in UTF-8, or hold a name twice. */
function headers(): Record<string, Uint8Array> {
  const invalid = (...bytes: number[]): Uint8Array => {
    const text = [...new TextEncoder().encode('{"__metadata__":{"x":"'), ...bytes, ...new TextEncoder().encode('"}}')];
    return file(Uint8Array.from(text));
  };
  return {
    "eight zero bytes": new Uint8Array(8),
    zeros: new Uint8Array(64),
    "a header length of 0": file("", 16),
    "a header length of 2⁶⁴ − 1": file("{}", 0, 2n ** 64n - 1n),
    "a header length of 2⁶³": file("{}", 0, 2n ** 63n),
    "a header length of 2⁵³ + 1": file("{}", 0, 2n ** 53n + 1n),
    "a header length of 2³²": file("{}", 0, 2n ** 32n),
    "a header of blanks": file("        "),
    "a blank before the header": file(" {}"),
    "a byte order mark before the header": file("\ufeff{}"),
    "a header that is an array": file("[]"),
    "a header that is a string": file('"{}"'),
    "a header that is null": file("null"),
    "an unclosed header": file("{"),
    "an unclosed string": file('{"x'),
    "a header cut within its JSON": file(`{"x":${ONE}`, 4),
    "two headers": file("{}{}"),
    "text after the header": file("{}x"),
    "a zero byte after the header": file("{}\0"),
    "a comment in the header": file("{/**/}"),
    "a trailing comma": file(`{"x":${ONE},}`, 4),
    "a name without quotes": file(`{x:${ONE}}`, 4),
    "NaN in the header": file('{"x":NaN}'),
    "a lone continuation byte": invalid(0x80),
    "an overlong slash": invalid(0xc0, 0xaf),
    "a surrogate in UTF-8": invalid(0xed, 0xa0, 0x80),
    "a cut UTF-8 sequence": invalid(0xe2, 0x82),
    "a byte that is never UTF-8": invalid(0xff),
    "a code point over 0x10FFFF": invalid(0xf4, 0x90, 0x80, 0x80),
    "UTF-16": file(new Uint8Array(new Uint16Array([..."{}"].map((c) => c.charCodeAt(0))).buffer)),
    "a surrogate escaped in a tensor's name": file(`{"\\ud800":${ONE}}`, 4),
    "a surrogate escaped in metadata": file('{"__metadata__":{"x":"\\ud800"}}'),
    "a surrogate escaped in a metadata name": file('{"__metadata__":{"\\udfff":"x"}}'),
    "a tensor twice": file(`{"x":${ONE},"x":${ONE}}`, 4),
    "a tensor twice, once escaped": file(`{"x":${ONE},"\\u0078" :${ONE}}`, 4),
    "a tensor named by escaped quotes twice": file(`{"\\\\\\"":${ONE},"\\u005c\\u0022":${ONE}}`, 4),
    "metadata twice": file('{"__metadata__":{"a":"b"},"__metadata__":{}}'),
    "a metadata name twice": file('{"__metadata__":{"a":"{","a":"}"}}'),
    "a shape twice": file('{"x":{"dtype":"F32","shape":[9],"shape":[1],"data_offsets":[0,4]}}', 4),
    "__proto__ twice": file(`{"__proto__":${ONE},"__proto__":${ONE}}`, 4),
    "arrays in arrays, a million deep": file(`{"x":${"[".repeat(1e6)}${"]".repeat(1e6)}}`),
    "objects in objects, 100,000 deep": file(`${'{"x":'.repeat(1e5)}1${"}".repeat(1e5)}`),
    "arrays opened and never closed": file(`{"x":${"[".repeat(1e6)}`),
    "a million backslashes": file(`{"x":"${"\\".repeat(1e6)}"}`),
    "a million and one backslashes": file(`{"x":"${"\\".repeat(1e6 + 1)}"}`),
    "a million quotes": file(`{"x":"${'\\"'.repeat(1e6)}","x":1}`),
  };
}

/** Entries that are not as the format has them. */
function entries(): Record<string, Uint8Array> {
  const cases: Record<string, Uint8Array> = {
    "metadata that are a list": file('{"__metadata__":["a"]}'),
    "metadata that are null": file('{"__metadata__":null}'),
    "metadata that are a string": file('{"__metadata__":"a"}'),
    "a tensor under the metadata's name": file(`{"__metadata__":${ONE}}`, 4),
    "no dtype": file('{"x":{"shape":[1],"data_offsets":[0,4]}}', 4),
    "no shape": file('{"x":{"dtype":"F32","data_offsets":[0,4]}}', 4),
    "no offsets": file('{"x":{"dtype":"F32","shape":[1]}}', 4),
    "fields inherited by __proto__": file(`{"x":{"__proto__":${ONE}}}`, 4),
    "a field too many": file('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}', 4),
    "a shape of two million ones": file(
      `{"x":${tensor("U8", new Array<number>(0), [0, 1]).replace("[]", `[${"1,".repeat(1e6)}1]`)}}`,
      1,
    ),
  };
  for (const value of ["1", "null", "true", '"F32"', "[]", "{}", '{"a":{}}']) {
    cases[`a tensor that is ${value}`] = file(`{"x":${value}}`);
    cases[`a metadata value that is ${value}`] = file(`{"__metadata__":{"x":${value === '"F32"' ? "0" : value}}}`);
  }
  for (const dtype of [
    "F31",
    "f32",
    "",
    " F32",
    "__proto__",
    "constructor",
    "toString",
    "BF16",
    "F4",
    32,
    null,
    ["F32"],
  ]) {
    cases[`a dtype of ${JSON.stringify(dtype)}`] = file(`{"x":${tensor(dtype, [1], [0, 4])}}`, 4);
  }
  for (const shape of [
    null,
    "1",
    1,
    { 0: 1, length: 1 },
    ["1"],
    [null],
    [[1]],
    [-1],
    [-1, -1],
    [0.5, 2],
    [true],
    [1e308],
  ]) {
    cases[`a shape of ${JSON.stringify(shape)}`] = file(`{"x":${tensor("F32", shape, [0, 4])}}`, 4);
  }
  for (const offsets of [
    null,
    "0,4",
    4,
    [],
    [4],
    [0, 4, 4],
    ["0", "4"],
    [0, null],
    [-4, 0],
    [-0.5, 3.5],
    [0, 2 ** 53],
    { 0: 0, 1: 4 },
  ]) {
    cases[`offsets of ${JSON.stringify(offsets)}`] = file(`{"x":${tensor("F32", [1], offsets)}}`, 4);
  }
  cases["offsets of 1e400"] = file('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,1e400]}}', 4);
  return cases;
}

/** Byte ranges that do not tile the data, and shapes that do not fit theirs. */
function ranges(): Record<string, Uint8Array> {
  const two = (a: number[], b: number[], data: number): Uint8Array => {
    const one = (range: number[]): string => tensor("U8", [Math.max(0, range[1] - range[0])], range);
    return file(`{"a":${one(a)},"b":${one(b)}}`, data);
  };
  const shaped = (dtype: string, shape: number[], length: number): Uint8Array =>
    file(`{"x":${tensor(dtype, shape, [0, length])}}`, length);
  return {
    "data that no tensor has": file("{}", 1),
    "a byte after the last tensor": file(`{"x":${ONE}}`, 5),
    "the same bytes twice": two([0, 4], [0, 4], 4),
    "an overlap of one byte": two([0, 4], [3, 8], 8),
    "a tensor within another": two([0, 8], [2, 6], 8),
    "a hole of one byte": two([0, 4], [5, 8], 8),
    "a hole before the first": two([1, 4], [4, 8], 8),
    "an end before its begin": two([0, 4], [4, 2], 4),
    "an empty tensor beyond a hole": two([0, 4], [6, 6], 4),
    "an empty tensor inside another": two([0, 4], [2, 2], 4),
    "a first tensor at the very end": file(`{"x":${tensor("F32", [1], [2 ** 53 - 5, 2 ** 53 - 1])}}`, 4),
    "too few bytes for the shape": shaped("F32", [2], 4),
    "too many bytes for the shape": shaped("F32", [2], 12),
    "bytes for another type": shaped("F64", [2], 8),
    "bytes that are no whole element": shaped("F32", [1], 5),
    "a scalar without bytes": shaped("F32", [], 0),
    "a shape of zero with bytes": shaped("F32", [0], 4),
    "a product of 2⁶⁴, 0 modulo 2⁶⁴": shaped("U8", [2 ** 32, 2 ** 32], 0),
    "a product of 2⁶⁴ + 4": shaped("U8", [2 ** 32, 2 ** 32, 4], 4),
    "a product over 2⁵³ only with the element size": shaped("F64", [2 ** 51], 8),
    "an overflow before a zero": shaped("F32", [2 ** 40, 2 ** 40, 0], 0),
    "a size over 2⁵³": shaped("U8", [2 ** 53], 0),
  };
}
