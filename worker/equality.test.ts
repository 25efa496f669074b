/** A row has the same score to the last bit in whatever form it comes, alone or among others. */
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { SCHEMA } from "../test/fixtures/artefact.ts";
import { ask, datatypes, infer, outputs, scorer, standUp } from "./inference-asking.ts";
import { BINARY_TYPE, JSON_TYPE, LINES_TYPE } from "./media.ts";
import type { Prediction } from "./schemas.ts";
import { inChunks } from "./test-server.ts";

standUp();

type Row = readonly (number | string | boolean | null)[];

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.double({ min: -1e4, max: 1e4, noNaN: true }),
  fc.constantFrom(null, 0, 0.1, 5e-324, 1e308, 2 ** 53, 123456789012345680000),
);
const text = fc.string({ unit: "grapheme", maxLength: 9 });
const category = fc.oneof(fc.constantFrom("tcp", "udp", null, "", "TCP", 6, true), text);
const rows: fc.Arbitrary<Row[]> = fc.array(fc.tuple(number, number, category, fc.constantFrom(true, false, null)), {
  minLength: 1,
  maxLength: 40,
});
const names = SCHEMA.features.map(({ name }) => name);
const named = (row: Row): object => Object.fromEntries(row.map((value, i) => [names[i], value]));

const post = async (path: string, type: string, body: BodyInit, accept = "*/*"): Promise<Response> => {
  const response = await ask(path, { method: "POST", body, headers: { "content-type": type, accept } });
  expect([path, type, response.status]).toEqual([path, type, 200]);
  return response;
};
const json = async (path: string, body: object): Promise<number[]> => {
  const { predictions } = (await (await post(path, JSON_TYPE, JSON.stringify(body))).json()) as {
    predictions: Prediction[];
  };
  return predictions.map(({ score }) => score);
};
const lines = async (query: string, given: string, size: number): Promise<number[]> => {
  const bytes = new TextEncoder().encode(given);
  const many = Math.ceil(bytes.length / size);
  const chunks = Array.from({ length: many }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
  const answer = await (await post(`/v1/score${query}`, LINES_TYPE, inChunks(chunks))).arrayBuffer();
  const answers = new TextDecoder().decode(answer).trim().split("\n");
  return answers.map((line) => (JSON.parse(line) as Prediction).score);
};
const bare = async (type: string, body: BodyInit): Promise<number[]> => [
  ...new Float32Array(await (await post("/v1/score", type, body, BINARY_TYPE)).arrayBuffer()),
];
const tensors = async (inputs: readonly object[]): Promise<unknown> => (await outputs(await infer({ inputs }))).score;

test("200 lists of rows in eleven forms", async () => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 1, max: 99 }), async (given, size) => {
      const wanted = given.map((row) => scorer.scoreRows([row])[0]);
      const instances = given.map(named);
      const encoded = Float32Array.from(given.flatMap((row) => [...scorer.encode(row)]));
      const columns = names.map((name, j) => {
        const data = given.map((row) => (j === 2 && row[j] !== null ? String(row[j]) : row[j]));
        return { name, shape: [given.length], datatype: datatypes[j], data };
      });
      const nested = columns.map((each) => ({
        ...each,
        shape: [given.length, 1],
        data: each.data.map((one) => [one]),
      }));
      const shape = [given.length, scorer.inputs];
      const forms = [
        await json("/v1/score", { instances: given }),
        await json("/v1/models/flows/score", { instances, explain: 1 }),
        await json("/v1/models/flows:predict", { instances }),
        (await Promise.all(given.map((row) => json("/v1/score", { instances: [row] })))).flat(),
        await lines("", given.map((row) => JSON.stringify(row)).join("\n"), size),
        await lines("?explain=1", instances.map((row) => `${JSON.stringify(row)}\r\n`).join("\n"), size),
        await bare(JSON_TYPE, JSON.stringify({ instances })),
        await bare(BINARY_TYPE, encoded),
        await tensors(columns),
        await tensors(nested.toReversed()),
        await tensors([{ name: "encoded", shape, datatype: "FP32", data: [...encoded] }]),
      ];
      for (const [i, scores] of forms.entries()) expect([i, scores]).toEqual([i, wanted]);
    }),
    { numRuns: 200 },
  );
});
