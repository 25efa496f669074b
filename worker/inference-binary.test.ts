/** The binary tensor data extension of the inference protocol, as Triton and KServe define it. */
import { expect, test } from "vitest";
import { SCHEMA } from "../test/fixtures/artefact.ts";
import { ask, fault, infer, outputs, rows, scorer, standUp, tensors } from "./inference-asking.ts";
import { InferResponse } from "./inference-schemas.ts";
import { BODY_BYTES } from "./limits.ts";
import { BINARY_TYPE, JSON_TYPE } from "./media.ts";

standUp();

type Bytes = Uint8Array<ArrayBuffer>;
/** Fixed-size elements, little-endian. */
const packed = (size: number, values: readonly unknown[], write: (view: DataView, value: never) => void): Bytes => {
  const bytes = new Uint8Array(size * values.length);
  for (const [i, value] of values.entries()) write(new DataView(bytes.buffer, size * i), value as never);
  return bytes;
};
const strings = (values: readonly unknown[]): Bytes => {
  const texts = values.map((value) => new TextEncoder().encode(String(value)));
  const sizes = texts.map(({ length }) => packed(4, [length], (view, size: number) => view.setUint32(0, size, true)));
  return Uint8Array.from(texts.flatMap((text, i) => [...sizes[i], ...text]));
};
/** As clients write each datatype. */
const PACK: Readonly<Record<string, (values: readonly unknown[]) => Bytes>> = {
  BOOL: (values) => packed(1, values, (view, value: boolean) => view.setUint8(0, Number(value))),
  UINT8: (values) => packed(1, values, (view, value: number) => view.setUint8(0, value)),
  UINT16: (values) => packed(2, values, (view, value: number) => view.setUint16(0, value, true)),
  UINT32: (values) => packed(4, values, (view, value: number) => view.setUint32(0, value, true)),
  UINT64: (values) => packed(8, values, (view, value: number) => view.setBigUint64(0, BigInt(value), true)),
  INT8: (values) => packed(1, values, (view, value: number) => view.setInt8(0, value)),
  INT16: (values) => packed(2, values, (view, value: number) => view.setInt16(0, value, true)),
  INT32: (values) => packed(4, values, (view, value: number) => view.setInt32(0, value, true)),
  INT64: (values) => packed(8, values, (view, value: number) => view.setBigInt64(0, BigInt(value), true)),
  // halves of 1.5 × 2ⁿ: sign 0, exponent n + 15, fraction of its first bit
  FP16: (values) =>
    packed(2, values, (view, value: number) =>
      view.setUint16(0, ((Math.log2(value / 1.5) + 15) << 10) | (1 << 9), true),
    ),
  FP32: (values) => packed(4, values, (view, value: number) => view.setFloat32(0, value, true)),
  FP64: (values) => packed(8, values, (view, value: number) => view.setFloat64(0, value, true)),
  BYTES: strings,
};
type Input = { name: string; shape: number[]; datatype: string; data?: unknown; parameters?: object };

/** One body of a JSON part and what follows it; the header says `length`, where not the truth. */
const send = (
  json: object,
  behind: readonly Bytes[],
  { length, type, path = "/v2/models/flows/infer" }: { length?: string; type?: string; path?: string } = {},
): Promise<Response> => {
  const head = new TextEncoder().encode(JSON.stringify(json));
  const headers: Record<string, string> = { "inference-header-content-length": length ?? String(head.length) };
  if (type !== undefined) headers["content-type"] = type;
  return ask(path, { method: "POST", headers, body: new Blob([head, ...behind]) });
};
/** A tensor without its elements, and those. */
const split = ({ data, ...rest }: (typeof tensors)[number]): [Input, Bytes] => {
  const bytes = PACK[rest.datatype](data);
  return [{ ...rest, parameters: { binary_data_size: bytes.length } }, bytes];
};
const full = rows.map((row) => row.map((value, j) => value ?? [1, 2, "tcp", true][j]));
const columns = tensors.map((tensor, j) => ({ ...tensor, data: full.map((row) => row[j]) }));
const wanted = [...scorer.scoreRows(full as typeof rows)];

test("all tensors behind the JSON, one of them, or one of encoded rows; by any of the types clients send", async () => {
  const pairs = columns.map(split);
  const inputs = pairs.map(([input]) => input);
  for (const type of [BINARY_TYPE, JSON_TYPE, undefined]) {
    const response = await send(
      { id: "b", inputs },
      pairs.map(([, bytes]) => bytes),
      type ? { type } : {},
    );
    expect(response.headers.get("content-type")).toBe(JSON_TYPE);
    expect((await outputs(response)).score).toEqual(wanted);
  }
  const mixed = [columns[0], columns[1], pairs[2][0], columns[3]];
  expect((await outputs(await send({ inputs: mixed }, [pairs[2][1]]))).score).toEqual(wanted);
  const encoded = full.map((row) => [...scorer.encode(row as (typeof rows)[number])]).flat();
  for (const datatype of ["FP32", "FP64"]) {
    const bytes = PACK[datatype](encoded);
    const parameters = { binary_data_size: bytes.length };
    const input = { name: "encoded", shape: [full.length, scorer.inputs], datatype, parameters };
    expect((await outputs(await send({ inputs: [input] }, [bytes]))).score).toEqual(wanted);
  }
});

test.each([
  ["FP16", "bytes", 1.5 * 2 ** 7],
  ["FP32", "bytes", -2.25],
  ["FP64", "bytes", 1e300],
  ["INT8", "bytes", -128],
  ["INT16", "bytes", -32768],
  ["INT32", "bytes", -2147483648],
  ["INT64", "bytes", -9007199254740991],
  ["UINT8", "bytes", 255],
  ["UINT16", "bytes", 65535],
  ["UINT32", "bytes", 4294967295],
  ["UINT64", "bytes", 9007199254740991],
  ["BYTES", "protocol", "udp"],
  ["BYTES", "protocol", "ünknown"],
  ["BYTES", "protocol", ""],
  ["INT32", "protocol", 6],
  ["BOOL", "tls", false],
  ["UINT8", "tls", 1],
] as const)("datatype %s for %s: %s", async (datatype, name, value) => {
  const row = full[0].map((each, j) => (SCHEMA.features[j].name === name ? value : each));
  const pairs = columns.map((tensor, j) =>
    split({ ...tensor, datatype: tensor.name === name ? datatype : tensor.datatype, shape: [1], data: [row[j]] }),
  );
  const response = await send(
    { inputs: pairs.map(([input]) => input) },
    pairs.map(([, bytes]) => bytes),
  );
  expect((await outputs(response)).score).toEqual([...scorer.scoreRows([row as (typeof rows)[number]])]);
});

test("outputs binary: all of them, those that say so, or all but those that say not", async () => {
  const scores = Float32Array.from(wanted);
  const values: Readonly<Record<string, Float32Array | Float64Array | Uint8Array>> = {
    score: scores,
    anomaly: Uint8Array.from(scores, (score) => Number(score >= 0.5)),
    confidence: Float64Array.from(scores, (score) => Math.max(score, 1 - score)),
    margin: Float64Array.from(scores, (score) => score - 0.5),
  };
  const all = { threshold: "f1", binary_data_output: true };
  const says = (name: string, binary: boolean): object => ({ name, parameters: { binary_data: binary } });
  for (const [request, binary, listed] of [
    [{ parameters: all }, ["score", "anomaly", "confidence", "margin"], []],
    [{ parameters: all, outputs: [says("margin", true), { name: "score" }] }, ["margin", "score"], []],
    [{ parameters: all, outputs: [says("margin", false), { name: "anomaly" }] }, ["anomaly"], ["margin"]],
    [{ parameters: { threshold: "f1" }, outputs: [{ name: "score" }, says("anomaly", true)] }, ["anomaly"], ["score"]],
  ] as const) {
    const response = await infer({ ...request, inputs: columns });
    expect(response.headers.get("content-type")).toBe(BINARY_TYPE);
    const body = new Uint8Array(await response.arrayBuffer());
    const length = Number(response.headers.get("inference-header-content-length"));
    const json: unknown = JSON.parse(new TextDecoder().decode(body.subarray(0, length)));
    let at = length;
    const found: string[][] = [[], []];
    for (const { name, shape, parameters, data } of InferResponse.parse(json).outputs) {
      expect(shape).toEqual([full.length]);
      const expected = values[name];
      found[parameters ? 0 : 1].push(name);
      if (!parameters) expect(data).toEqual([...expected]);
      else {
        expect([data, parameters.binary_data_size]).toEqual([undefined, expected.byteLength]);
        expect(body.slice(at, (at += expected.byteLength))).toEqual(new Uint8Array(expected.buffer));
      }
    }
    expect([found, at]).toEqual([[binary, listed], body.length]);
  }
});

const [pair] = [split(columns[0])];
const sized = (size: unknown, index = 0): object => ({
  ...columns[index],
  data: undefined,
  parameters: { binary_data_size: size },
});
const others = columns.slice(1);
const seven = packed(8, [7], (view, value: number) => view.setFloat64(0, value, true));
const column = (datatype: string, bytes: Bytes, index = 0): [object, Bytes[]] => {
  const input = { ...columns[index], datatype, data: undefined, parameters: { binary_data_size: bytes.length } };
  return [{ inputs: [input, ...columns.filter((_, j) => j !== index)] }, [bytes]];
};

test.each<[string, object, readonly Bytes[], string?]>([
  ["bytes that are no input's", { inputs: [pair[0], ...others] }, [pair[1], seven]],
  ["bytes that are missing", { inputs: [pair[0], ...others] }, [pair[1].slice(1)]],
  ["bytes without an input", { inputs: columns }, [seven]],
  ["both forms", { inputs: [{ ...sized(48), data: columns[0].data }, ...others] }, [pair[1]]],
  ["a size of another shape", { inputs: [sized(40), ...others] }, [pair[1].slice(8)]],
  [
    "sizes that are no whole numbers",
    { inputs: [sized(48.5), sized(47.5, 1), ...columns.slice(2)] },
    [pair[1], split(columns[1])[1]],
  ],
  ["a size below nothing", { inputs: [sized(-48), ...others] }, [pair[1]]],
  ["a size that is a string", { inputs: [sized("48"), ...others] }, [pair[1]]],
  ["a size beyond all numbers", { inputs: [sized(1e300), ...others] }, [pair[1]]],
  [
    "NaN",
    ...column(
      "FP64",
      packed(8, full, (view) => view.setFloat64(0, Number.NaN, true)),
    ),
  ],
  [
    "infinity in FP16",
    ...column(
      "FP16",
      packed(2, full, (view) => view.setUint16(0, 0x7c00, true)),
    ),
  ],
  [
    "2 in BOOL",
    ...column(
      "BOOL",
      packed(1, full, (view) => view.setUint8(0, 2)),
      3,
    ),
  ],
  ["strings that are cut off", ...column("BYTES", strings(full.map(() => "tcp")).slice(0, -1), 2)],
  ["a string too few", ...column("BYTES", strings(full.slice(1)), 2)],
  ["a string too many", ...column("BYTES", strings([...full, "tcp"]), 2)],
  ["strings of no UTF-8", ...column("BYTES", strings(full.map(() => "a")).fill(0xff, 4, 5), 2)],
  [
    "a string of 4 GiB",
    ...column(
      "BYTES",
      packed(4, full, (view) => view.setUint32(0, 2 ** 32 - 1, true)),
      2,
    ),
  ],
  ["a header beyond the body", { inputs: columns }, [], "100000"],
  ["a header that is no number", { inputs: columns }, [], "1e2"],
  ["a header below nothing", { inputs: columns }, [], "-1"],
  ["a header of nothing", { inputs: columns }, [], "0"],
])("%s is a 400 with an error", async (_, json, behind, length) => {
  const response = await send(json, behind, { type: BINARY_TYPE, ...(length === undefined ? {} : { length }) });
  expect((await fault(response, 400)).length).toBeGreaterThan(10);
});

test("bytes without the header are no JSON; other types are not taken with it; rows are limited all the same", async () => {
  const headers = { "content-type": BINARY_TYPE };
  await fault(await ask("/v2/models/flows/infer", { method: "POST", headers, body: new Uint8Array(9) }), 415);
  await fault(await send({ inputs: columns }, [], { type: "application/x-www-form-urlencoded" }), 415);
  const shape = [BODY_BYTES / 2];
  const parameters = { binary_data_size: BODY_BYTES / 2 };
  const input = { ...columns[3], data: undefined, shape, parameters };
  await fault(await send({ inputs: [input, ...columns.slice(0, 3)] }, [new Uint8Array(BODY_BYTES / 2)]), 413);
});
