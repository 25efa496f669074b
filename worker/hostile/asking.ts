/** A Worker to be hostile to, and what holds of all its answers. */
import { afterAll, afterEach, beforeAll, expect, vi } from "vitest";
import kernel from "../../build/score.wasm";
import { makeArtefact } from "../../test/fixtures/artefact.ts";
import { publish, serve } from "../test-server.ts";

export const { bytes } = makeArtefact(kernel, 9);
export const ask = serve();

/** A feature's value that must come out nowhere. */
export const SECRET = "7c9e6679f3b94e4a";

/** Publishes a model before the tests of a file; after each, nothing is polluted and no value stands in the log. */
export function standUp(): void {
  const known = Reflect.ownKeys(Object.prototype);
  beforeAll(() => publish("flows", bytes));
  // thousands of lines of log say nothing here
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  afterEach(() => {
    expect(Reflect.ownKeys(Object.prototype)).toEqual(known);
    for (const spy of [log, error]) {
      for (const call of spy.mock.calls) if (String(call[0]).includes(SECRET)) expect.fail(String(call[0]));
      spy.mockClear();
    }
  });
  afterAll(() => vi.restoreAllMocks());
}

/** What holds for every answer, whatever was asked. */
export async function good(response: Response, head = false): Promise<void> {
  const body = new TextDecoder().decode(await response.arrayBuffer());
  // 501: batches are not bound here
  if (response.status >= 500 && response.status !== 501) expect.fail(`${response.status}: ${body}`);
  expect(response.headers.get("x-request-id")).toMatch(/^[\w-]{8,64}$/);
  expect(response.headers.get("access-control-allow-origin")).toBe(null);
  if (response.status < 400 || head) return;
  const fault = JSON.parse(body) as { error: string; code?: string; status?: number };
  expect(fault.error.length).toBeGreaterThan(5);
  expect(body.length).toBeLessThan(3000);
  if (body.includes(SECRET) || /\n\s+at |\.ts:|worker\//.test(body)) expect.fail(body);
  if (response.headers.get("content-type") === "application/problem+json") expect(fault.status).toBe(response.status);
}

export const PATHS = [
  "/v1/score",
  "/v1/models/flows/score",
  "/v1/models/flows:predict",
  "/v1/models/flows/versions/1/score",
  "/v2/models/flows/infer",
  "/v1/batches",
];
export const TYPES = ["application/json", "application/x-ndjson", "application/octet-stream"];
