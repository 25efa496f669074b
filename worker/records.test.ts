/** What a request leaves behind: one line in the log and one point in Analytics Engine, neither with anything of its rows. */
import type { AnalyticsEngineDataPoint } from "@cloudflare/workers-types";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import kernel from "../build/score.wasm";
import { makeArtefact } from "../test/fixtures/artefact.ts";
import { development, publish, serve } from "./test-server.ts";
import { sha256Of } from "./sha256.ts";

/** Bytes that Analytics Engine takes of an index, and doubles of a point. */
const MOST = { index: 96, doubles: 20 };
const SECRET = "s3cret-of-a-caller";
/** With values that nothing else has. */
const ROW = [98765.4321, 0.4321, "tcp", true];

const points: AnalyticsEngineDataPoint[] = [];
const lines: string[] = [];
const ANALYTICS = { writeDataPoint: (point: AnalyticsEngineDataPoint) => void points.push(point) };

beforeEach(() => {
  points.length = 0;
  lines.length = 0;
  const take = (text: string): void => void lines.push(text);
  vi.spyOn(console, "log").mockImplementation(take);
  vi.spyOn(console, "error").mockImplementation(take);
});
afterEach(() => vi.restoreAllMocks());

test("a request is one line and one point: what was asked, what came of it, and how much of it there was", async () => {
  const name = "a-name-as-long-as-a-name-may-be.a-name-as-long-as-a-name-may-be";
  await publish(name, makeArtefact(kernel, 3).bytes);
  const given = { ...development, ANALYTICS, API_KEY_SHA256: await sha256Of(SECRET) };
  const ask = serve();
  const send = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    ask(
      path,
      {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", "x-api-key": SECRET, ...headers },
      },
      given,
    );
  const wrong = [98765.4321, SECRET, "tcp", true];
  const id = { "x-request-id": "from-the-caller" };
  const answers = [
    await send(`/v1/models/${name}/score`, { instances: [ROW, ROW] }, id),
    await send(`/v1/models/${name}/score`, { instances: [ROW, wrong] }),
    await send(`/v1/models/${name}/score`, { instances: [{ [SECRET]: 1 }] }),
    await send(`/v1/models/${SECRET}/score`, { instances: [ROW] }, { "x-unseen-caller": SECRET }),
    await send(`/${SECRET}`, { [SECRET]: SECRET }),
    await send(`/v1/models/${name}/score`, { instances: [ROW] }, { "x-api-key": `${SECRET}-guessed` }),
  ];
  const model = `${name}@1`;
  const route = "/v1/models/:model/score";
  const wanted = [
    { route, status: 200, model, rows: 2 },
    { route, status: 422, code: "value-wrong-type", model },
    { route, status: 422, code: "feature-unknown", model },
    { route, status: 404, code: "model-unknown" },
    { route: "/*", status: 404, code: "route-unknown" },
    { route, status: 403, code: "key-wrong" },
  ];
  expect(lines.map((line) => ({ ...JSON.parse(line), requestId: undefined, ms: undefined }))).toEqual(
    wanted.map((each) => ({ method: "POST", ...each, requestId: undefined, ms: undefined })),
  );
  expect(lines.map((line) => JSON.parse(line).requestId)).toEqual(
    answers.map(({ headers }) => headers.get("x-request-id")),
  );
  expect(JSON.parse(lines[0])).toMatchObject({ requestId: "from-the-caller", ms: expect.any(Number) });
  expect(points).toEqual(
    wanted.map(({ route: of, status, code = "", model: by = "", rows = 0 }) => ({
      indexes: [by],
      blobs: ["request", "POST", of, String(status), code, by],
      doubles: [rows, expect.any(Number)],
    })),
  );
  for (const { indexes = [], doubles = [] } of points) {
    expect(new TextEncoder().encode(String(indexes[0])).length).toBeLessThanOrEqual(MOST.index);
    expect(doubles.length).toBeLessThanOrEqual(MOST.doubles);
  }
  expect(JSON.stringify([lines, points])).not.toContain(SECRET);
  expect(JSON.stringify([lines, points])).not.toContain(".4321");
});
