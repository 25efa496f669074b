/** A body is answered alike to the byte whether its rows are read out of its bytes or by way of objects. */
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { randomRows } from "../../test/fixtures/artefact.ts";
import { mangled } from "../../test/mangled.ts";
import { ROWS } from "../limits.ts";
import { rowReader } from "../row-reader.ts";
import { ask, standUp } from "./asking.ts";
import { cell, json, names, value } from "./values.ts";

standUp();

const NAMES = ["bytes", "duration", "protocol", "tls"];
const named = (row: readonly unknown[]): object => Object.fromEntries(row.map((each, i) => [NAMES[i], each]));
const rows = randomRows(200, 3).map((row, i) => (i % 3 === 0 ? row : named(row)));

/** All of an answer but what is of one request alone. */
async function answer(path: string, type: string, body: BodyInit): Promise<unknown> {
  const response = await ask(path, { method: "POST", body, headers: { "content-type": type } });
  const headers = [...response.headers].filter(([name]) => name !== "x-request-id" && name !== "server-timing");
  const text = await response.text();
  return [response.status, headers, text.replace(/"request_id":"[^"]*"/, "")];
}

/** @returns whether the rows were read out of the bytes */
async function alike(path: string, type: string, body: BodyInit): Promise<boolean> {
  const spy = vi.spyOn(rowReader, "read");
  const straight = await answer(path, type, body);
  const read = spy.mock.results.some(({ value: could }) => could === true);
  spy.mockReturnValue(false);
  expect(straight).toEqual(await answer(path, type, body));
  spy.mockRestore();
  return read;
}

test.each([
  ["/v1/score", "application/json", `{"instances":${JSON.stringify(rows)}}`],
  ["/v1/score", "application/json", `{"instances":${JSON.stringify(rows, null, 2)},"threshold":"f1"}`],
  ["/v1/score", "application/json", `\ufeff {"threshold": 0.5 , "instances" : ${JSON.stringify(rows)} } `],
  ["/v1/score", "application/json", `{"instances":[1],"instances":${JSON.stringify(rows)}}`],
  ["/v1/models/flows:predict", "application/json", `{"signature_name":"serving_default","instances":[[1,2,"x",true]]}`],
  ["/v1/score", "application/x-ndjson", `${rows.map((row) => JSON.stringify(row)).join("\r\n")}\n`],
])("%s, %s: %#, which is read", async (path, type, body) => {
  const [status] = (await answer(path, type, body)) as [number];
  expect(status).toBe(200);
  expect(await alike(path, type, body)).toBe(!body.includes("[1],"));
});

test.each([
  ['{"instances":[[1,2,"tcp",true]],"instances":[]}', false],
  ['{"instances":[[1,2,"tcp",true]],"\\u0069nstances":[]}', false],
  ['{"instances":[[1,2,"tcp",true]],"threshold":"]"}', false],
  ['{"instances":[[1,2,"tcp",true]],"threshold":2}', true],
  ['{"instances":[[1,2,"tcp",true]],"threshold":[1]}', false],
  ['{"instances":[[1,2,"tcp",true]],"other":1}', false],
  ['{"instances":[[1,2,"tcp",true]],"explain":2}', false],
  ['{"instances":[[1,2,"tcp",true]],"explain":false}', true],
  ['{"instances":[[1,2,"tcp",true]]}}', false],
  ['{"instances":[[1,2,"tcp",true]],}', false],
  ['{"instances":[[1,2,"tcp",true],]}', false],
  ['{"x":{"instances":[[1,2,"tcp",true]]}}', false],
  ['{"threshold":"\\"instances\\":[[1,2]"}', false],
  ['{"threshold":"f1" "instances":[[1,2,"tcp",true]]}', false],
  [`{"instances":[${Array(ROWS).fill('[1,2,"tcp",true]').join(",")}]}`, true],
  [
    `{"instances":[${Array(ROWS + 1)
      .fill('[1,2,"tcp",true]')
      .join(",")}]}`,
    false,
  ],
])("%#: %.60s", async (body, read) => {
  expect(await alike("/v1/score", "application/json", body)).toBe(read);
});

test("where there is no such model, what is wrong with the rows is still said first", async () => {
  for (const [body, status] of [
    ['{"instances":[[1,2,"tcp",tru]]}', 400],
    ['{"instances":[[1,2,"tcp",true]]}', 404],
  ] as const) {
    expect(((await answer("/v1/models/none/score", "application/json", body)) as [number])[0]).toBe(status);
    await alike("/v1/models/none/score", "application/json", body);
  }
});

test("500 mangled bodies and streams of lines", async () => {
  const few = rows.slice(0, 4);
  const body = fc.oneof(
    mangled(`{"instances":${JSON.stringify(few)},"threshold":"f1"}`).map((text) => ["application/json", text] as const),
    mangled(few.map((row) => JSON.stringify(row)).join("\n")).map((text) => ["application/x-ndjson", text] as const),
  );
  let read = 0;
  await fc.assert(
    fc.asyncProperty(body, async ([type, text]) => {
      read += Number(await alike("/v1/score", type, text));
    }),
    { numRuns: 500 },
  );
  expect(read).toBeGreaterThan(10);
});

test("500 bodies of any values and names", async () => {
  const row = fc.oneof(fc.dictionary(names, cell), fc.array(cell, { minLength: 3, maxLength: 5 }), cell);
  const body = fc.record({ instances: fc.array(row, { maxLength: 3 }), threshold: value }, { requiredKeys: [] });
  await fc.assert(
    fc.asyncProperty(body, async (given) => {
      await alike("/v1/score", "application/json", json(given));
    }),
    { numRuns: 500 },
  );
});
