/** No body makes the Worker fail, hang or leak. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BODY_BYTES, NESTED_BRACKETS, NESTED_DEPTH } from "../limits.ts";
import { ask, good, PATHS, standUp, TYPES } from "./asking.ts";
import { mangled } from "../../test/mangled.ts";
import { inChunks } from "../test-server.ts";
import { cell, json, names, value } from "./values.ts";

standUp();

describe("bodies", () => {
  const rows = '{"instances":[{"bytes":1,"duration":2,"protocol":"tcp","tls":true},[1,2,"udp",false]],"explain":2}';
  const lines = '{"bytes":1,"duration":2,"protocol":"tcp","tls":true}\n[1,2,"udp",false]\n[null,null,null,null]\n';
  const tensors = JSON.stringify({
    id: "1",
    parameters: { threshold: "f1" },
    inputs: ["bytes", "duration", "protocol", "tls"].map((name, i) => ({
      name,
      shape: [1],
      datatype: ["FP64", "INT8", "BYTES", "BOOL"][i],
      data: [[1], [2], ["tcp"], [true]][i],
    })),
    outputs: [{ name: "score" }],
  });
  const send = (path: string, type: string, body: BodyInit): Promise<Response> =>
    ask(path, { method: "POST", body, headers: { "content-type": type } });

  test.each([
    ["/v1/score", "application/json", rows],
    ["/v1/models/flows:predict", "application/json", rows],
    ["/v1/score?explain=1", "application/x-ndjson", lines],
    ["/v2/models/flows/infer", "application/json", tensors],
  ])("1,000 mangled ones for %s as %s", async (path, type, valid) => {
    await fc.assert(
      fc.asyncProperty(mangled(valid), async (body) => good(await send(path, type, body))),
      { numRuns: 1000 },
    );
  });

  test("1,500 of random bytes for any route and type, in chunks", async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...PATHS), fc.constantFrom(...TYPES), chunks, async (path, type, given) =>
        good(await send(path, type, inChunks(given))),
      ),
      { numRuns: 1500 },
    );
  });

  test("1,000 rows of any values and names", async () => {
    const row = fc.oneof(fc.dictionary(names, cell), fc.array(cell, { maxLength: 5 }), cell);
    const body = fc.record(
      { instances: fc.array(row, { maxLength: 3 }), threshold: value, explain: value, ["__proto__"]: value },
      { requiredKeys: ["instances"] },
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...PATHS), body, async (path, given) =>
        good(await send(path, "application/json", json(given))),
      ),
      { numRuns: 1000 },
    );
  });

  test("1,000 tensors of any kind", async () => {
    const input = fc.record({
      name: fc.oneof(names, fc.constant("encoded")),
      shape: fc.oneof(fc.constantFrom([1], [1, 6], [2, 1], [2 ** 53], [0], [1e308]), value),
      datatype: fc.constantFrom("FP32", "FP64", "BYTES", "BOOL", "INT8", "UINT64", "__proto__"),
      data: fc.oneof(fc.array(cell, { maxLength: 6 }), cell),
    });
    const body = fc.record({ inputs: fc.array(input, { maxLength: 5 }), outputs: value, id: value, parameters: value });
    await fc.assert(
      fc.asyncProperty(body, fc.boolean(), async ({ inputs, ...rest }, full) =>
        good(await send("/v2/models/flows/infer", "application/json", json(full ? { inputs, ...rest } : { inputs }))),
      ),
      { numRuns: 1000 },
    );
  });

  test("1,000 tensors of any kind behind the JSON, in any number of bytes", async () => {
    const size = fc.oneof({ weight: 4, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: value });
    const input = fc.record({
      name: fc.oneof(names, fc.constant("encoded")),
      shape: fc.constantFrom([1], [1, 6], [2, 1], [2 ** 53], [0]),
      datatype: fc.constantFrom("FP16", "FP32", "FP64", "BYTES", "BOOL", "INT8", "UINT64"),
      parameters: fc.record({ binary_data_size: size }),
    });
    const length = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(input, { maxLength: 4 }),
        fc.boolean(),
        fc.uint8Array({ maxLength: 60 }),
        length,
        async (inputs, all, behind, off) => {
          const head = new TextEncoder().encode(json({ inputs, parameters: { binary_data_output: all } }));
          const headers = { "inference-header-content-length": String(head.length + off) };
          const body = new Uint8Array([...head, ...behind]);
          await good(await ask("/v2/models/flows/infer", { method: "POST", body, headers }));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("features named __proto__ and constructor are unknown features, and what they hold is nothing", async () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const body = `{"instances":[{"bytes":1,"duration":2,"protocol":"tcp","${name}":{"tls":true}}]}`;
      const response = await send("/v1/score", "application/json", body);
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([422, "feature-unknown"]);
    }
    const body = '{"__proto__":{"threshold":0},"instances":[[1,2,"tcp",true]]}';
    expect((await send("/v1/score", "application/json", body)).status).toBe(422);
  });

  test("of two fields of one name the last counts, and a byte order mark is passed over", async () => {
    const score = async (row: string): Promise<unknown> =>
      (await send("/v1/score", "application/json", `${row}`)).json();
    const once = '{"instances":[{"bytes":7,"duration":2,"protocol":"tcp","tls":true}]}';
    const twice =
      '\ufeff{"instances":[],"instances":[{"bytes":1e999,"bytes":7,"duration":2,"protocol":"tcp","tls":true}]}';
    expect(await score(twice)).toEqual(await score(once));
  });

  test("4 MiB of brackets, of one string, of one number, of blanks and of line feeds", async () => {
    const long = (text: string, bytes = BODY_BYTES - 64): string => text.repeat(Math.floor(bytes / text.length));
    const half = BODY_BYTES / 2 - 64;
    for (const [body, status, code] of [
      [long("["), 400, "body-too-deep"],
      [long('{"a":'), 400, "body-too-deep"],
      [`{"instances":${long("[", half)}${long("]", half)}}`, 400, "body-too-deep"],
      [`{"instances":[["${long("[")}",1,"tcp",true]]}`, 422, "value-wrong-type"],
      [`{"instances":[["${long('\\"[')}",1,"tcp",true]]}`, 422, "value-wrong-type"],
      [`{"instances":[[${long("9")},1,"tcp",true]]}`, 422, "value-not-finite"],
      [long("[]"), 400, "body-malformed"],
      [long(" "), 400, "body-malformed"],
      [long("\n"), 400, "body-malformed"],
      [long("\\"), 400, "body-malformed"],
      [long('"'), 400, "body-malformed"],
    ] as const) {
      const response = await send("/v1/score", "application/json", body);
      const problem = (await response.clone().json()) as { code: string };
      expect([body.slice(0, 20), response.status, problem.code]).toEqual([body.slice(0, 20), status, code]);
      await good(response);
    }
    for (const body of [long("["), long("\n".repeat(64)), long("0")]) {
      await good(await send("/v1/score", "application/x-ndjson", body));
    }
  });

  test("of the depth only the brackets outside of strings count, and only where there are many", async () => {
    const row = (value: string): string => `{"instances":[[1,2,${value},true]],"threshold":"f1"}`;
    const nested = (deep: number): string => `${"[".repeat(deep)}0${"]".repeat(deep)}`;
    // beside lists enough to be looked through
    const among = (value: string): string => `[${"[],".repeat(NESTED_BRACKETS)}${value}]`;
    const ask = async (body: string): Promise<unknown[]> => {
      const response = await send("/v1/score", "application/json", body);
      return [response.status, ((await response.json()) as { code?: string }).code];
    };
    for (const [value, wanted] of [
      [`"${"[{".repeat(NESTED_BRACKETS)}"`, [200, undefined]],
      [`"\\"${"[{".repeat(NESTED_BRACKETS)}\\\\"`, [200, undefined]],
      // the envelope, the list of rows, the row and the list of lists are four
      [among(nested(NESTED_DEPTH - 4)), [422, "value-wrong-type"]],
      [among(nested(NESTED_DEPTH - 3)), [400, "body-too-deep"]],
      [nested(5000), [422, "value-wrong-type"]],
    ] as const) {
      expect(await ask(row(value))).toEqual(wanted);
    }
  });

  test("over the limit, with a true length, a false one, and none", async () => {
    const body = new Uint8Array(BODY_BYTES + 1);
    for (const length of [String(body.length), "1", "-1", "1e9", "x", undefined]) {
      const headers = { "content-type": "application/json", ...(length ? { "content-length": length } : {}) };
      const chunks = Array.from({ length: 65 }, (_, i) => body.subarray(i << 16, (i + 1) << 16));
      const response = await ask("/v1/score", { method: "POST", headers, body: inChunks(chunks) });
      expect(response.status).toBe(413);
    }
  });

  test("types that are none", async () => {
    for (const type of ["text/html", "application/jsonx", "/", "application/json/x", "multipart/form-data"]) {
      const response = await ask("/v1/score", { method: "POST", headers: { "content-type": type }, body: rows });
      expect([response.status, response.headers.get("accept-post")]).toEqual([415, TYPES.join(", ")]);
    }
  });

  test("in other encodings than UTF-8", async () => {
    const utf16 = new Uint8Array(new Uint16Array([...rows].map((c) => c.charCodeAt(0))).buffer);
    const latin1 = Uint8Array.from([...'{"instances":[[1,2,"é",true]]}'].map((c) => c.charCodeAt(0)));
    const surrogate = Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22);
    for (const body of [utf16, latin1, surrogate, Uint8Array.of(0xc0, 0xaf), Uint8Array.of(0xff, 0xfe)]) {
      expect((await send("/v1/score", "application/json", body)).status).toBe(400);
    }
  });
});
