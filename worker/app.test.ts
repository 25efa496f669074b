import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, describe, expect, test, vi } from "vitest";
import kernel from "../build/score.wasm";
import { explain } from "../model/explain.ts";
import { pointerKey, weightsKey, writtenPointer } from "../model/pointer.ts";
import { Scorer } from "../model/scorer.ts";
import { makeArtefact, randomRows } from "../test/fixtures/artefact.ts";
import { createApp } from "./app.ts";
import type { Bindings } from "./bindings.ts";
import { BODY_BYTES, EXPLAINED_ROWS, LINE_BYTES, ROWS, STALE_MS } from "./limits.ts";
import type { Prediction } from "./schemas.ts";
import { sha256Of } from "./sha256.ts";
import { serve } from "./test-server.ts";

const bindings = env as unknown as Bindings;
const development = { ...bindings, ENVIRONMENT: "development" };
const { artefact, bytes } = makeArtefact(kernel, 1);

async function put(name: string, value: Uint8Array, version = 1): Promise<string> {
  const sha = await sha256Of(value);
  await bindings.MODELS.put(weightsKey(sha), value);
  const current = { version, sha256: sha, publishedAt: "2026-01-01T00:00:00.000Z" };
  await bindings.MODELS.put(pointerKey(name), writtenPointer({ name, current, history: [] }));
  return sha;
}

const app = createApp((value) => Scorer.open(value, kernel));
const post = (body: BodyInit, path = "/v1/score", headers: Record<string, string> = {}): Promise<Response> =>
  Promise.resolve(
    app.request(
      path,
      { method: "POST", body, headers: { "content-type": "application/json", ...headers } },
      development,
    ),
  );
const ask = (path: string, init: RequestInit = {}, given: Bindings = development): Promise<Response> =>
  Promise.resolve(app.request(path, init, given));

interface ProblemBody {
  status: number;
  code: string;
  detail: string;
  error: string;
  remedy: string;
  request_id: string;
  row?: number;
  feature?: string;
}

async function problem(response: Response, status: number, code: string): Promise<ProblemBody> {
  const body = (await response.json()) as ProblemBody;
  expect([response.status, body.code]).toEqual([status, code]);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(body.status).toBe(status);
  expect(body.error).toBe(body.detail);
  expect(body.remedy.length).toBeGreaterThan(5);
  expect(response.headers.get("x-request-id")).toBe(body.request_id);
  return body;
}

beforeAll(async () => {
  await put("flows", bytes);
});

describe("scoring", () => {
  test("named and positional rows score as the scorer does, with decision, confidence and margin", async () => {
    const rows = randomRows(200, 7);
    const wanted = new Scorer(artefact, kernel).scoreRows(rows);
    const names = artefact.schema.features.map(({ name }) => name);
    const named = rows.map((row) => Object.fromEntries(row.map((value, i) => [names[i], value])));
    for (const [instances, path] of [
      [rows, "/v1/score"],
      [named, "/v1/models/flows/score"],
    ] as const) {
      const response = await post(JSON.stringify({ instances, threshold: "fpr=1%" }), path);
      expect(response.status).toBe(200);
      expect(response.headers.get("x-model-version")).toBe("flows@1");
      const body = (await response.json()) as {
        model: { name: string; version: number; sha256: string };
        threshold: { value: number };
        predictions: { score: number; anomaly: boolean; confidence: number; margin: number }[];
      };
      expect(body.model).toEqual({ name: "flows", version: 1, sha256: await sha256Of(bytes) });
      expect(body.threshold.value).toBe(0.7);
      for (const [i, { score, anomaly, confidence, margin }] of body.predictions.entries()) {
        expect(score).toBe(wanted[i]);
        expect(anomaly).toBe(score >= 0.7);
        expect(confidence).toBe(Math.max(score, 1 - score));
        expect(margin).toBe(score - 0.7);
      }
      expect(body.predictions).toHaveLength(200);
    }
  });

  test("a threshold is a budget, f1 or the number itself, in every form of a request", async () => {
    const instances = randomRows(50, 23);
    const wanted = new Scorer(artefact, kernel).scoreRows(instances);
    const lines = instances.map((row) => JSON.stringify(row)).join("\n");
    for (const [threshold, tau] of [
      ["fpr=0.01", 0.7],
      ["f1", artefact.thresholds.f1],
      [0.42, 0.42],
      [0, 0],
      [1, 1],
    ] as const) {
      const decisions = Array.from(wanted, (score) => score >= tau);
      const json = await post(JSON.stringify({ instances, threshold }));
      const body = (await json.json()) as { threshold: object; predictions: Prediction[] };
      expect(body.threshold).toEqual({ spec: threshold, value: tau });
      expect(body.predictions.map(({ anomaly }) => anomaly)).toEqual(decisions);
      const query = `/v1/score?threshold=${encodeURIComponent(threshold)}`;
      const stream = await post(lines, query, { "content-type": "application/x-ndjson" });
      expect(stream.headers.get("x-threshold")).toBe(String(tau));
      const text = new TextDecoder().decode(await stream.arrayBuffer());
      const answers = text.trim().split("\n");
      expect(answers.map((line) => (JSON.parse(line) as Prediction).anomaly)).toEqual(decisions);
      const inputs = [{ name: "encoded", shape: [1, 6], datatype: "FP32", data: [0, 0, 0, 0, 0, 0] }];
      const tensors = await post(JSON.stringify({ inputs, parameters: { threshold } }), "/v2/models/flows/infer");
      expect(await tensors.json()).toMatchObject({ parameters: { threshold: tau } });
    }
    for (const threshold of [-0.1, 1.1, "0.42x", "fpr=", "fpr=nan", "f2", "__proto__"]) {
      await problem(await post(JSON.stringify({ instances, threshold })), 422, "threshold-unknown");
    }
  });

  test("explanations come where they are asked for, with as many features, and change no score", async () => {
    const rows = randomRows(EXPLAINED_ROWS, 21);
    const scorer = new Scorer(artefact, kernel);
    const body = (more: object): string => JSON.stringify({ instances: rows, ...more });
    type Answer = { predictions: Prediction[] };
    const { predictions } = (await (await post(body({ explain: 3 }))).json()) as Answer;
    for (const [i, { features, logOdds, reference }] of explain(scorer, rows, { top: 3 }).entries()) {
      const reasons = features.map(({ name, ...rest }) => ({ feature: name, ...rest }));
      expect(predictions[i].reasons).toEqual(reasons);
      expect(predictions[i].logOdds).toEqual({ row: logOdds, reference });
    }
    const { predictions: all } = (await (await post(body({ explain: true }))).json()) as Answer;
    expect(all.every(({ reasons }) => reasons?.length === 4)).toBe(true);
    const without = (await (await post(body({}))).json()) as Answer;
    expect(without.predictions.map(({ score }) => score)).toEqual(predictions.map(({ score }) => score));
    expect(without.predictions.some((prediction) => "reasons" in prediction)).toBe(false);
  });

  test("200 concurrent requests each get their own rows' scores", async () => {
    const scorer = new Scorer(artefact, kernel);
    await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const rows = randomRows(1 + (i % 7), 1000 + i);
        const response = await post(JSON.stringify({ instances: rows }));
        const { predictions } = (await response.json()) as { predictions: { score: number }[] };
        expect(predictions.map(({ score }) => score)).toEqual([...scorer.scoreRows(rows)]);
      }),
    );
  });

  test("the model card, the list and health", async () => {
    const card = (await (await ask("/v1/models/flows")).json()) as Record<string, unknown>;
    expect(card).toMatchObject({ name: "flows", version: 1, thresholds: artefact.thresholds });
    expect(card.features).toHaveLength(4);
    expect(await (await ask("/v1/models")).json()).toMatchObject({ models: [{ name: "flows" }] });
    expect(await (await ask("/v2/health/live")).json()).toEqual({ live: true });
    expect(await (await ask("/v2/health/ready")).json()).toEqual({ live: true, ready: true, model: "flows@1" });
  });

  test("the card says why a version goes on, and which one should serve where that is known", async () => {
    await put("faulty", bytes);
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const ages = serve();
      const card = async (): Promise<unknown> => (await ages("/v1/models/faulty")).json();
      expect(await card()).not.toHaveProperty("fault");
      await bindings.MODELS.put(pointerKey("faulty"), "{");
      vi.setSystemTime(Date.now() + STALE_MS);
      const unread = await card();
      expect(unread).toMatchObject({ version: 1, fault: expect.stringContaining("pointer") });
      expect(unread).not.toHaveProperty("wanted");
      const current = { version: 2, sha256: "0".repeat(64), publishedAt: "2026-01-01T00:00:00.000Z" };
      await bindings.MODELS.put(pointerKey("faulty"), writtenPointer({ name: "faulty", current, history: [] }));
      vi.setSystemTime(Date.now() + STALE_MS);
      expect(await card()).toMatchObject({ version: 1, fault: expect.stringContaining("version 2"), wanted: 2 });
    } finally {
      vi.useRealTimers();
    }
  });

  test("the weights of a version stream out as published, for good, and only with a key", async () => {
    const sha = await sha256Of(bytes);
    const response = await ask(`/v1/models/flows/weights/${sha}`);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
    expect(response.headers.get("cache-control")).toBe("private, max-age=31536000, immutable");
    for (const known of [`"${sha}"`, `W/"${sha}"`, `"other", "${sha}"`, "*"]) {
      const again = await ask(`/v1/models/flows/weights/${sha}`, { headers: { "if-none-match": known } });
      expect([known, again.status, again.headers.get("etag")]).toEqual([known, 304, `"${sha}"`]);
    }
    await problem(await ask(`/v1/models/flows/weights/${"0".repeat(64)}`), 404, "version-unknown");
    const locked = { ...bindings, ENVIRONMENT: "production", API_KEY_SHA256: await sha256Of("secret") };
    await problem(await ask(`/v1/models/flows/weights/${sha}`, {}, locked), 401, "key-missing");
  });
});

describe("faults", () => {
  const row = [1, 1, "tcp", true];
  test.each([
    ["malformed JSON", '{"instances": [[1,', 400, "body-malformed"],
    ["no JSON", "", 400, "body-malformed"],
    ["no object", "3", 422, "request-invalid"],
    ["no rows", '{"instances":[]}', 422, "row-wrong-shape"],
    ["rows of no list", '{"instances":{}}', 422, "request-invalid"],
    ["a field not known", '{"instances":[[1]],"treshold":1}', 422, "request-invalid"],
    ["a row of no shape", '{"instances":[7]}', 422, "row-wrong-shape"],
    ["a short row", '{"instances":[[1,2]]}', 422, "row-wrong-length"],
    ["a wrong type", '{"instances":[["a",1,"tcp",true]]}', 422, "value-wrong-type"],
    ["a number beyond f64", '{"instances":[[1e999,1,"tcp",true]]}', 422, "value-not-finite"],
    ["an unknown name", '{"instances":[{"bites":1,"duration":1,"protocol":"tcp","tls":true}]}', 422, "feature-unknown"],
    ["a missing name", '{"instances":[{"bytes":1}]}', 422, "feature-missing"],
    ["an unknown threshold", JSON.stringify({ instances: [row], threshold: "fpr=0.3" }), 422, "threshold-unknown"],
    ["too many rows", JSON.stringify({ instances: Array.from({ length: ROWS + 1 }, () => row) }), 413, "rows-too-many"],
    [
      "too many rows to explain",
      JSON.stringify({ instances: Array.from({ length: EXPLAINED_ROWS + 1 }, () => row), explain: 3 }),
      413,
      "rows-too-many",
    ],
    ["no feature to explain by", JSON.stringify({ instances: [row], explain: 0 }), 422, "request-invalid"],
    ["too many features", JSON.stringify({ instances: [row], explain: 21 }), 422, "request-invalid"],
    ["half a feature", JSON.stringify({ instances: [row], explain: 1.5 }), 422, "request-invalid"],
    ["a bad row to explain", '{"instances":[[1,"x","tcp",true]],"explain":2}', 422, "value-wrong-type"],
    ["too large a body", `{"instances":["${"x".repeat(BODY_BYTES)}"]}`, 413, "body-too-large"],
  ])("%s", async (_, body, status, code) => {
    await problem(await post(body), status, code);
  });

  test("the place is named: row and feature", async () => {
    const body = JSON.stringify({ instances: [row, [1, "x", "tcp", true]] });
    expect(await problem(await post(body), 422, "value-wrong-type")).toMatchObject({ row: 1, feature: "duration" });
  });

  test("a name of a threshold that is too long is told what it may be", async () => {
    const body = JSON.stringify({ instances: [row], threshold: "x".repeat(65) });
    const { detail } = await problem(await post(body), 422, "request-invalid");
    expect(detail).toBe("threshold must be a name of up to 64 characters, or a number.");
  });

  test("where JSON breaks is said as far as it is known", async () => {
    for (const [body, detail] of [
      ['{"instances":[[1,True]]}', "The body is not JSON at character 17."],
      ['{"instances":[[1,"NaN",NaN]]}', "The body is not JSON at character 23."],
      ['{"instances":[[1,],NaN]}', "The body is not JSON at character 17."],
      ["{'instances':[]}", "The body is not JSON at character 1."],
      ["NaN,1", "The body is not JSON at character 0."],
      ["undefined", "The body is not JSON at character 0."],
      ["[object Object]", "The body is not JSON at character 1."],
      [`[${"1,".repeat(100_000)}NaN]`, "The body is not JSON at character 200001."],
      [`[${"1,".repeat(LINE_BYTES)}NaN]`, "The body is not JSON."],
      ['{"instances":[[1,', "The body is not JSON at its end."],
      ['{"instances":[[1 2]]}', "The body is not JSON at character 17."],
    ]) {
      expect(await problem(await post(body), 400, "body-malformed")).toMatchObject({ detail });
    }
  });

  test("type, route, method, model", async () => {
    await problem(await post("{}", "/v1/score", { "content-type": "text/plain" }), 415, "media-type");
    await problem(await ask("/nowhere"), 404, "route-unknown");
    const wrong = await ask("/v1/score");
    expect(wrong.headers.get("allow")).toBe("POST, OPTIONS");
    await problem(wrong, 405, "method-wrong");
    await problem(await post('{"instances":[[1,1,"tcp",true]]}', "/v1/models/none/score"), 404, "model-unknown");
    await problem(await ask("/v1/models/__proto__"), 404, "model-unknown");
  });

  test("every answer has the headers that keep browsers from harm, and none that lets another site in", async () => {
    const row = '{"instances":[[1,1,"tcp",true]]}';
    const foreign = { origin: "https://elsewhere.example", "access-control-request-method": "POST" };
    for (const response of [
      await post(row, "/v1/score", foreign),
      await post("{", "/v1/score", foreign),
      await ask("/v1/score", { method: "OPTIONS", headers: foreign }),
      await ask("/docs", { headers: foreign }),
      await ask("/v2", { headers: foreign }),
      await ask("/nowhere", { headers: foreign }),
    ]) {
      const { headers } = response;
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("SAMEORIGIN");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("strict-transport-security")).toMatch(/^max-age=\d{8}/);
      expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
      expect(headers.get("x-worker-version")).toMatch(/^\d+\.\d+\.\d+$/);
      expect(headers.get("x-request-id")).toMatch(/^[\w-]{36}$/);
      expect(headers.get("server-timing")).toContain("total;dur=");
    }
  });

  test("keys: closed without, 401 without one, 403 with a wrong one, open with the right one", async () => {
    const production = { ...bindings, ENVIRONMENT: "production" };
    await problem(await ask("/v1/models", {}, production), 401, "key-missing");
    const locked = { ...production, API_KEY_SHA256: `${"0".repeat(64)},${await sha256Of("secret")}` };
    await problem(await ask("/v1/models", {}, locked), 401, "key-missing");
    await problem(await ask("/v1/models", { headers: { "x-api-key": "guess" } }, locked), 403, "key-wrong");
    expect((await ask("/v1/models", { headers: { "x-api-key": "secret" } }, locked)).status).toBe(200);
    expect((await ask("/v1/models", { headers: { authorization: "Bearer secret" } }, locked)).status).toBe(200);
    expect((await ask("/v2/health/live", {}, locked)).status).toBe(200);
  });

  test("no body makes it fail: hundreds of random ones are answered below 500", async () => {
    const bodies = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .record({ instances: fc.array(fc.anything({ maxDepth: 3 })), threshold: fc.anything(), explain: fc.anything() })
        .map((value) => {
          try {
            return JSON.stringify(value) ?? "null";
          } catch {
            return "{}";
          }
        }),
    );
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const response = await post(body);
        expect(response.status).toBeLessThan(500);
        await response.json();
      }),
      { numRuns: 400 },
    );
  });

  test("no header makes it fail", async () => {
    const name = fc.constantFrom(
      "x-request-id",
      "authorization",
      "x-api-key",
      "content-type",
      "content-length",
      "accept",
    );
    const value = fc.string({ unit: fc.constantFrom(..."aZ09 ;=/,.-_~%\"'()<>{}[]"), maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, value), async (headers) => {
        const response = await post('{"instances":[[1,1,"tcp",true]]}', "/v1/score", headers);
        expect(response.status).toBeLessThan(500);
      }),
      { numRuns: 200 },
    );
  });
});
