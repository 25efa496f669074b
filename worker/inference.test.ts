/** Conformance to the Open Inference Protocol, version 2, REST, as kserve/open-inference-protocol publishes it. */
import { describe, expect, test } from "vitest";
import kernel from "../build/score.wasm";
import { writeArtefact } from "../model/artefact.ts";
import { Scorer } from "../model/scorer.ts";
import { makeArtefact, SCHEMA } from "../test/fixtures/artefact.ts";
import { ask, datatypes, fault, infer, older, outputs, rows, scorer, standUp, tensors } from "./inference-asking.ts";
import { InferResponse, ModelMetadata, ModelReady, ServerMetadata } from "./inference-schemas.ts";
import { ROWS } from "./limits.ts";
import { bindings, publish } from "./test-server.ts";
import { sha256Of } from "./sha256.ts";

standUp();

describe("health and metadata", () => {
  test("server live, ready and metadata", async () => {
    expect(await (await ask("/v2/health/live")).json()).toEqual({ live: true });
    expect(await (await ask("/v2/health/ready")).json()).toMatchObject({ live: true, ready: true });
    for (const path of ["/v2", "/v2/"]) {
      const metadata = ServerMetadata.parse(await (await ask(path)).json());
      expect(metadata).toEqual({ name: "unseen", version: expect.any(String), extensions: ["binary_tensor_data"] });
    }
  });

  test("model ready, with and without a version; an unusable model is not, one there is not is an error", async () => {
    for (const path of ["/v2/models/flows/ready", "/v2/models/flows/versions/1/ready"]) {
      const response = await ask(path);
      expect(response.status).toBe(200);
      expect(ModelReady.parse(await response.json())).toEqual({ name: "flows", ready: true });
    }
    const broken = await ask("/v2/models/broken/ready");
    expect([broken.status, await broken.json()]).toEqual([503, { name: "broken", ready: false }]);
    await fault(await ask("/v2/models/none/ready"), 404);
    await fault(await ask("/v2/models/flows/versions/9/ready"), 404);
  });

  test("model metadata: versions, platform, and a tensor for each feature and output", async () => {
    for (const path of ["/v2/models/flows", "/v2/models/flows/versions/1"]) {
      const metadata = ModelMetadata.parse(await (await ask(path)).json());
      expect(metadata).toEqual({
        name: "flows",
        versions: ["2", "1"],
        platform: "unseen_safetensors",
        inputs: SCHEMA.features.map(({ name }, j) => ({ name, datatype: datatypes[j], shape: [-1] })),
        outputs: [
          { name: "score", datatype: "FP32", shape: [-1] },
          { name: "anomaly", datatype: "BOOL", shape: [-1] },
          { name: "confidence", datatype: "FP64", shape: [-1] },
          { name: "margin", datatype: "FP64", shape: [-1] },
        ],
      });
    }
    await fault(await ask("/v2/models/none"), 404);
    await fault(await ask("/v2/models/flows/versions/two"), 404);
  });
});

describe("inference", () => {
  test("id, model name and version, parameters, and all outputs by default", async () => {
    const response = await infer({ id: "42", parameters: { threshold: "f1", priority: 3 }, inputs: tensors });
    const body = InferResponse.parse(await response.clone().json());
    expect(body).toMatchObject({ id: "42", model_name: "flows", model_version: "2", parameters: { threshold: 0.5 } });
    const scores = [...scorer.scoreRows(rows)];
    expect(await outputs(response)).toEqual({
      score: scores,
      anomaly: scores.map((score) => score >= 0.5),
      confidence: scores.map((score) => Math.max(score, 1 - score)),
      margin: scores.map((score) => score - 0.5),
    });
  });

  test("without an id there is none in the answer; ids of any text come back", async () => {
    const { id: none } = InferResponse.parse(await (await infer({ inputs: tensors })).json());
    expect(none).toBe(undefined);
    for (const id of ["", '"', "\u0000\ud800é"]) {
      expect(((await (await infer({ id, inputs: tensors })).json()) as { id: string }).id).toBe(id);
    }
  });

  test("the outputs asked for, in that order; an empty list asks for all", async () => {
    const asked = await infer({ inputs: tensors, outputs: [{ name: "margin" }, { name: "score", parameters: {} }] });
    expect(Object.keys(await outputs(asked))).toEqual(["margin", "score"]);
    expect(Object.keys(await outputs(await infer({ inputs: tensors, outputs: [] })))).toHaveLength(4);
  });

  test("a version in the path", async () => {
    const response = await infer({ inputs: tensors }, "/v2/models/flows/versions/1/infer");
    expect((await outputs(response)).score).toEqual([...older.scoreRows(rows)]);
  });

  test("tensors in any order, [n] or [n, 1], flat or nested, parameters passed over", async () => {
    const wanted = [...scorer.scoreRows(rows)];
    const column = tensors.map((tensor) => ({ ...tensor, shape: [rows.length, 1], parameters: { a: 1 } }));
    const nested = column.map((tensor) => ({ ...tensor, data: tensor.data.map((value) => [value]) }));
    for (const inputs of [tensors.toReversed(), column, nested]) {
      expect((await outputs(await infer({ inputs }))).score).toEqual(wanted);
    }
  });

  test("one tensor of encoded rows, flat or nested", async () => {
    const encoded = rows.map((row) => [...scorer.encode(row)]);
    const shape = [rows.length, scorer.inputs];
    for (const datatype of ["FP32", "FP64"]) {
      for (const data of [encoded, encoded.flat()]) {
        const response = await infer({ inputs: [{ name: "encoded", shape, datatype, data }] });
        expect((await outputs(response)).score).toEqual([...scorer.scoreRows(rows)]);
      }
    }
  });

  test.each([
    ["FP32", "bytes", -2.25],
    ["FP64", "bytes", 1e300],
    ["INT8", "bytes", -128],
    ["INT16", "bytes", -32768],
    ["INT32", "bytes", -2147483648],
    ["INT64", "bytes", -9007199254740991],
    ["UINT8", "bytes", 255],
    ["UINT16", "bytes", 65535],
    ["UINT32", "bytes", 4294967295],
    ["UINT64", "bytes", 2 ** 64 - 2 ** 11],
    ["FP64", "bytes", null],
    ["BYTES", "protocol", "udp"],
    ["BYTES", "protocol", "ünknown"],
    ["INT32", "protocol", 6],
    ["BOOL", "protocol", true],
    ["BOOL", "tls", false],
    ["UINT8", "tls", 1],
    ["INT64", "tls", 0],
  ] as const)("datatype %s for %s", async (datatype, name, value) => {
    const row = ["bytes", "duration", "protocol", "tls"].map((each, j) => (each === name ? value : rows[0][j]));
    const inputs = tensors.map((tensor, j) => ({
      ...tensor,
      ...(tensor.name === name ? { datatype } : {}),
      shape: [1],
      data: [row[j]],
    }));
    expect((await outputs(await infer({ inputs }))).score).toEqual([...scorer.scoreRows([row])]);
  });

  const changed = (index: number, changes: object): object => ({
    inputs: tensors.map((tensor, j) => (j === index ? { ...tensor, ...changes } : tensor)),
  });
  const ten = Array.from({ length: 6 }, () => 1);

  test.each([
    ["no object", 1],
    ["no inputs", {}],
    ["an empty list of inputs", { inputs: [] }],
    ["inputs that are no tensors", { inputs: [1] }],
    ["an id that is no string", { id: 42, inputs: tensors }],
    ["parameters that are no scalars", { parameters: { threshold: [1] }, inputs: tensors }],
    ["an unknown threshold", { parameters: { threshold: "fpr=0.3" }, inputs: tensors }],
    ["a threshold that is true", { parameters: { threshold: true }, inputs: tensors }],
    ["an unknown output", { inputs: tensors, outputs: [{ name: "scores" }] }],
    ["an output's name that all objects have", { inputs: tensors, outputs: [{ name: "constructor" }] }],
    ["a missing tensor", { inputs: tensors.slice(1) }],
    ["a tensor twice", { inputs: [...tensors, tensors[0]] }],
    ["an unknown tensor", { inputs: [...tensors, { ...tensors[0], name: "bites" }] }],
    ["a tensor named __proto__", { inputs: [...tensors, { ...tensors[0], name: "__proto__" }] }],
    ["a datatype in small letters", changed(0, { datatype: "fp64" })],
    ["an unknown datatype", changed(0, { datatype: "BF16" })],
    ["no datatype", changed(0, { datatype: undefined })],
    ["no data", changed(0, { data: undefined })],
    ["the size of data that are not there", changed(0, { data: undefined, parameters: { binary_data_size: 48 } })],
    ["FP16 in JSON", changed(0, { datatype: "FP16", data: ten })],
    ["too few elements", changed(0, { data: [1] })],
    ["too many elements", changed(0, { data: [...ten, 1] })],
    ["another number of rows", changed(0, { shape: [1], data: [1] })],
    ["no rows", { inputs: tensors.map((tensor) => ({ ...tensor, shape: [0], data: [] })) }],
    ["no shape", changed(0, { shape: [] })],
    ["two columns", changed(0, { shape: [3, 2] })],
    ["three dimensions", changed(0, { shape: [6, 1, 1] })],
    ["a negative dimension", changed(0, { shape: [-6] })],
    ["a dimension that is no whole number", changed(0, { shape: [6.5] })],
    ["a shape of strings", changed(0, { shape: ["6"] })],
    ["nested data of another shape", changed(0, { shape: [6, 1], data: ten.map(() => [1, 2]) })],
    ["nested data too deep", changed(0, { shape: [6, 1], data: ten.map(() => [[1]]) })],
    ["a string in FP64", changed(0, { data: [...ten.slice(1), "1"] })],
    ["256 in UINT8", changed(0, { datatype: "UINT8", data: ten.map(() => 256) })],
    ["−129 in INT8", changed(0, { datatype: "INT8", data: ten.map(() => -129) })],
    ["half in INT32", changed(0, { datatype: "INT32", data: ten.map(() => 0.5) })],
    ["1e39 in FP32", changed(0, { datatype: "FP32", data: ten.map(() => 1e39) })],
    ["1 in BOOL", changed(3, { data: ten })],
    ["2 for a boolean feature", changed(3, { datatype: "INT8", data: ten.map(() => 2) })],
    ["strings for a numeric feature", changed(0, { datatype: "BYTES", data: ten.map(() => "a") })],
    ["an object in the data", changed(2, { data: ten.map(() => ({})) })],
    ["encoded rows of another width", { inputs: [{ name: "encoded", shape: [1, 7], datatype: "FP32", data: ten }] }],
    ["encoded rows in one dimension", { inputs: [{ name: "encoded", shape: [6], datatype: "FP32", data: ten }] }],
    ["encoded rows that are integers", { inputs: [{ name: "encoded", shape: [1, 6], datatype: "INT8", data: ten }] }],
    [
      "encoded rows with a gap",
      { inputs: [{ name: "encoded", shape: [1, 6], datatype: "FP32", data: [null, ...ten.slice(1)] }] },
    ],
    [
      "encoded rows beyond all bounds",
      { inputs: [{ name: "encoded", shape: [1, 6], datatype: "FP64", data: ten.map(() => 1e300) }] },
    ],
    ["encoded rows beside a feature", { inputs: [{ ...tensors[0], name: "encoded" }, tensors[0]] }],
  ])("%s is a 400 with an error", async (_, body) => {
    // what is wrong, and what to do about it
    expect(await fault(await infer(body), 400)).toMatch(/.{10}\. [A-Z]/);
  });

  test("a feature's name may be as long as models have them", async () => {
    const { artefact } = makeArtefact(kernel, 6);
    const name = "How often in the last year ".repeat(20);
    const features = SCHEMA.features.map((feature, j) => (j === 1 ? { ...feature, name } : feature));
    const golden = { rows: [], scores: [] };
    await publish("wordy", writeArtefact({ ...artefact, schema: { features }, golden }));
    const inputs = tensors.map((tensor, j) => (j === 1 ? { ...tensor, name } : tensor));
    const answer = await infer({ inputs }, "/v2/models/wordy/infer");
    expect((await outputs(answer)).score).toEqual([...scorer.scoreRows(rows)]);
  });

  test("features may encode to what a model lets them, beyond the bounds of encoded rows", async () => {
    const { artefact } = makeArtefact(kernel, 6);
    const features = SCHEMA.features.map((feature) =>
      feature.kind === "numeric" ? { ...feature, clip: 1e8 } : feature,
    );
    const wide = { ...artefact, schema: { features }, golden: { rows: [], scores: [] } };
    await publish("wide", writeArtefact(wide));
    const far = [[1e6, 1e8, "tcp", true]];
    const inputs = tensors.map((tensor, j) => ({ ...tensor, shape: [1], data: [far[0][j]] }));
    const answer = await infer({ inputs }, "/v2/models/wide/infer");
    expect((await outputs(answer)).score).toEqual([...new Scorer(wide, kernel).scoreRows(far)]);
  });

  test("a parameter's name appears in an error shortened and escaped", async () => {
    for (const [name, shown] of [
      ["x".repeat(100_000), "xxx…"],
      ["a\n\u001b[31m", String.raw`a\n\u001b[31m`],
    ]) {
      const error = await fault(await infer({ inputs: tensors, parameters: { [name]: [1] } }), 400);
      expect(error).toContain(`${shown}" is not as the protocol has it.`);
      expect(error.length).toBeLessThan(200);
    }
  });

  test("other errors have the same form", async () => {
    await fault(await infer({ inputs: tensors }, "/v2/models/none/infer"), 404);
    await fault(await infer({ inputs: tensors }, "/v2/models/flows/versions/3/infer"), 404);
    await fault(await infer({ inputs: tensors }, "/v2/models/broken/infer"), 503);
    const query = await infer({ inputs: tensors }, "/v2/models/flows/infer?threshold=f1");
    expect(await fault(query, 400)).toMatch("Put threshold into the parameters");
    await fault(await ask("/v2/models/flows/explain"), 404);
    await fault(await ask("/v2/models/flows/infer"), 405);
    await fault(await ask("/v2/models/flows/infer", { method: "POST", body: "{" }), 415);
    const headers = { "content-type": "application/json" };
    await fault(await ask("/v2/models/flows/infer", { method: "POST", body: "{", headers }), 400);
    const times = (many: number): Promise<Response> => {
      const data = (value: unknown): unknown[] => Array.from({ length: many }, () => value);
      return infer({ inputs: tensors.map((tensor) => ({ ...tensor, shape: [many], data: data(tensor.data[0]) })) });
    };
    await fault(await times(ROWS + 1), 413);
    expect((await outputs(await times(ROWS))).score).toHaveLength(ROWS);
    const locked = { ...bindings, ENVIRONMENT: "production", API_KEY_SHA256: await sha256Of("secret") };
    await fault(await ask("/v2/models/flows", {}, locked), 401);
    await fault(await ask("/v2/models/flows", { headers: { "x-api-key": "guess" } }, locked), 403);
    expect((await ask("/v2", {}, locked)).status).toBe(200);
  });
});
