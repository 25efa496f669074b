/** A Worker that speaks the inference protocol, to be asked by tests, and what its answers must be. */
import { beforeAll, expect } from "vitest";
import kernel from "../build/score.wasm";
import { Scorer } from "../model/scorer.ts";
import { makeArtefact, randomRows, SCHEMA } from "../test/fixtures/artefact.ts";
import { InferFault, InferResponse } from "./inference-schemas.ts";
import { publish, serve } from "./test-server.ts";

const artefacts = [5, 6].map((seed) => makeArtefact(kernel, seed));
/** Of versions 1 and 2. */
export const [older, scorer] = artefacts.map(({ artefact }) => new Scorer(artefact, kernel));
export const ask = serve();

/** Publishes a model of two versions and a broken one before the tests of a file. */
export function standUp(): void {
  beforeAll(async () => {
    await publish("flows", ...artefacts.map(({ bytes }) => bytes));
    await publish("broken", new Uint8Array(8));
  });
}

export const infer = (body: unknown, path = "/v2/models/flows/infer"): Promise<Response> =>
  ask(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });

export const rows = randomRows(6, 3);
export const datatypes = ["FP64", "FP64", "BYTES", "BOOL"];
/** One tensor a feature, as a client makes them out of columns. */
export const tensors = SCHEMA.features.map(({ name }, j) => ({
  name,
  shape: [rows.length],
  datatype: datatypes[j],
  data: rows.map((row) => row[j]),
}));

/** The outputs by name, after checking the answer against the protocol's schema. */
export async function outputs(response: Response): Promise<Record<string, readonly (number | boolean)[]>> {
  const body = InferResponse.parse(await response.json());
  expect(response.status).toBe(200);
  return Object.fromEntries(
    body.outputs.map(({ name, shape, data }) => {
      if (!data) return expect.fail(`${name} has no data`);
      expect(shape).toEqual([data.length]);
      return [name, data];
    }),
  );
}

export async function fault(response: Response, status: number): Promise<string> {
  const body: unknown = await response.json();
  expect([response.status, response.headers.get("content-type")]).toEqual([status, "application/json"]);
  expect(Object.keys(body as object)).toEqual(["error"]);
  return InferFault.parse(body).error;
}
