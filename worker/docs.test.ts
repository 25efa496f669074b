import { expect, test } from "vitest";
import kernel from "../build/score.wasm";
import { Scorer } from "../model/scorer.ts";
import { makeArtefact, withReference } from "../test/fixtures/artefact.ts";
import { createApp } from "./app.ts";
import { describeApi } from "./openapi.ts";
import { OPERATIONS } from "./operations.ts";
import * as cards from "./card-schemas.ts";
import { InferRequest } from "./inference-schemas.ts";
import * as schemas from "./schemas.ts";
import { bindings, development, publish, serve } from "./test-server.ts";

const ask = serve();

test("every route is described, and nothing that is no route", () => {
  const app = createApp((value) => Scorer.open(value, kernel));
  const routes = app.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${described(path)}`)
    // the protocol's own description has the same route with a slash
    .filter((route) => route !== "GET /v2/");
  const operations = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect([...new Set(routes)].toSorted()).toEqual(operations.toSorted());
});

/** Hono's path as OpenAPI writes it. */
function described(path: string): string {
  const named = path.replace("/versions/:call{[^/]+:predict}", "/versions/{version}:predict");
  return named
    .replace(":call{[^/]+:predict}", "{model}:predict")
    .replace("{[^/:]+}", "")
    .replace("/v2/models/:name", "/v2/models/{model}")
    .replace(/:(\w+)/g, (whole, name: string) => (name === "predict" ? whole : `{${name}}`));
}

test("the document and the page need no key, and say when they may be kept", async () => {
  const production = { ...bindings, ENVIRONMENT: "production" };
  const document = await ask("/openapi.json", {}, production);
  expect(await document.json()).toEqual(JSON.parse(JSON.stringify(describeApi())));
  expect(document.headers.get("cache-control")).toBe("public, max-age=300");
  expect((await ask("/docs", {}, production)).status).toBe(200);
});

test("the page holds every route and schema, and nothing from elsewhere; its policy lets through its style only", async () => {
  const response = await ask("/docs", {}, development);
  const page = await response.text();
  expect(response.headers.get("content-type")).toContain("text/html");
  const { paths, components } = describeApi();
  for (const path of Object.keys(paths)) expect(page).toContain(`<code class="path">${path}</code>`);
  for (const name of Object.keys(components.schemas)) expect(page).toContain(`id="schema-${name}"`);
  for (const [, name] of page.matchAll(/href="#([^"]+)"/g)) expect(page).toContain(`id="${name}"`);
  expect(page).not.toMatch(/<script|<img|<link|<iframe|\sstyle=|\son\w+=|src=|javascript:/);
  expect([...page.matchAll(/href="([^#"][^"]*)"/g)].map(([, to]) => to)).toEqual(["/openapi.json"]);
  const style = page.slice(page.indexOf("<style>") + 7, page.indexOf("</style>"));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style)));
  expect(response.headers.get("content-security-policy")).toBe(
    `default-src 'none'; style-src 'sha256-${digest.toBase64()}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
});

test("what is said of a schema stands in the document and on the page", async () => {
  const page = unescaped(await (await ask("/docs", {}, development)).text());
  const { components } = describeApi();
  for (const schema of [schemas.Row, schemas.Prediction, schemas.LineFault, cards.Drift, InferRequest]) {
    const { id = "", description = "" } = schemas.named.get(schema) ?? {};
    expect(description).not.toBe("");
    expect([id, components.schemas[id].description]).toEqual([id, description]);
    expect(page).toContain(`<p>${description}</p>`);
  }
});

test("every command of the page asks its own route, for something that can be answered", async () => {
  await publish("flows", withReference(makeArtefact(kernel, 1).artefact, kernel).bytes);
  const page = unescaped(await (await ask("/docs", {}, development)).text());
  const commands = Array.from(page.matchAll(/<details id="(\w+)">[^]*?<code>curl (http[^<]*)<\/code>/g));
  expect(commands.map(([, id]) => id).toSorted()).toEqual(OPERATIONS.map(({ id }) => id).toSorted());
  for (const [, id, command] of commands) {
    const [url] = command.split(/\s/, 1);
    const [, type = ""] = /-H "content-type: ([^"]*)"/.exec(command) ?? [];
    const [, body] = /-d '([^']*)'/.exec(command) ?? [];
    const method = body !== undefined || command.includes("-X POST") ? "POST" : "GET";
    const response = await ask(url, { method, ...(body ? { body, headers: { "content-type": type } } : {}) });
    // there are no batches here, and no version of that hash
    const wanted = url.includes("/v1/batches") ? 501 : url.includes("$sha256") ? 404 : 200;
    expect([id, method, response.status]).toEqual([
      id,
      OPERATIONS.find((each) => each.id === id)?.method.toUpperCase(),
      wanted,
    ]);
    await response.body?.cancel();
  }
});

/** A page's text without what HTML makes of quotes and brackets. */
function unescaped(page: string): string {
  return page.replaceAll("&#39;", "'").replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&amp;", "&");
}

test("answers are what the description says they are", async () => {
  await publish("flows", makeArtefact(kernel, 1).bytes, makeArtefact(kernel, 2).bytes);
  const post = (path: string, body: unknown, type = "application/json"): Promise<Response> =>
    ask(path, { method: "POST", headers: { "content-type": type }, body: JSON.stringify(body) });
  const row = [1, 2, "tcp", true];
  const answers = [
    [schemas.ScoreResponse, post("/v1/score", { instances: [row], explain: true }), 200],
    [schemas.PredictResponse, post("/v1/models/flows:predict", { instances: [row] }), 200],
    [schemas.Prediction, post("/v1/score?explain=2", row, "application/x-ndjson"), 200],
    [schemas.LineFault, post("/v1/score", [1], "application/x-ndjson"), 200],
    [schemas.ProblemDocument, post("/v1/score", { instances: [[1]] }), 422],
    [cards.ModelList, ask("/v1/models"), 200],
    [cards.ModelCard, ask("/v1/models/flows"), 200],
    [cards.ModelCard, ask("/v1/models/flows/versions/1"), 200],
    [cards.VersionList, ask("/v1/models/flows/versions"), 200],
    [cards.Ready, ask("/v2/health/ready"), 200],
    [cards.Live, ask("/v2/health/live"), 200],
  ] as const;
  for (const [schema, answer, status] of answers) {
    const response = await answer;
    expect(response.status).toBe(status);
    const body: unknown = JSON.parse(new TextDecoder().decode(await response.arrayBuffer()));
    // whatever is not described would be stripped
    expect(schema.parse(body)).toEqual(body);
  }
  const { sha256 } = (await (await ask("/v1/models/flows")).json()) as { sha256: string };
  const again = { headers: { "if-none-match": `"${sha256}"` } };
  const { status } = await ask(`/v1/models/flows/weights/${sha256}`, again);
  const weights = describeApi().paths["/v1/models/{model}/weights/{sha256}"].get as { responses: object };
  expect([status, Object.keys(weights.responses)]).toEqual([304, expect.arrayContaining(["304"])]);
});
