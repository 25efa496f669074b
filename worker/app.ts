/** The edge service: routes, and what holds for every request. */
import { type Context, Hono } from "hono";
import { routePath } from "hono/route";
import { secureHeaders } from "hono/secure-headers";
import { getPath } from "hono/utils/url";
import type { Scorer } from "../model/scorer.ts";
import type { Target } from "./answers.ts";
import type { AppEnv } from "./bindings.ts";
import { WORKER_VERSION } from "./version.ts";
import { requireKey } from "./keys.ts";
import { inferenceFault, Problem, problemResponse, toProblem } from "./problem.ts";
import { limitRate } from "./rate.ts";
import { Registry } from "./registry.ts";
import { batchResults } from "./routes/batch-results.ts";
import { batchProgress, cancelBatch, listBatches, startBatch } from "./routes/batches.ts";
import { docs, openapi } from "./routes/docs.ts";
import { modelDrift } from "./routes/drift.ts";
import { giveFeedback, takeFeedback } from "./routes/feedback.ts";
import { live, ready } from "./routes/health.ts";
import { infer, modelMetadata, modelReady, serverMetadata } from "./routes/inference.ts";
import { listModels, listVersions, modelCard } from "./routes/models.ts";
import { predict, score } from "./routes/score.ts";
import { weights } from "./routes/weights.ts";

/** No name has a colon; with one it is a call, such as `flows:predict`, which is another route. */
const NO_CALL = "{[^/:]+}";

/** @param open decodes and self-tests weights with the kernel */
export function createApp(open: (bytes: Uint8Array) => Scorer): Hono<AppEnv> {
  // Some clients write the colon of `flows:predict` as %3A, which a URL's path may have it as.
  const app = new Hono<AppEnv>({ getPath: (request) => getPath(request).replaceAll(/%3a/gi, ":") });
  let registry: Registry | undefined;
  const models = (env: AppEnv["Bindings"]): Registry => (registry ??= new Registry(env.MODELS, open));
  const defaultModel = (env: AppEnv["Bindings"]): string => env.DEFAULT_MODEL ?? "flows";

  app.use(async (context, next) => {
    const started = Date.now();
    const given = context.req.header("x-request-id") ?? "";
    const requestId = /^[\w-]{8,64}$/.test(given) ? given : crypto.randomUUID();
    context.set("requestId", requestId);
    await next();
    // Into the answer's own headers: context.header would make another answer for each.
    const { headers } = context.res;
    headers.set("x-request-id", requestId);
    headers.set("x-worker-version", WORKER_VERSION);
    if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
    const { method } = context.req;
    // The route and not the path, which may hold anything.
    const route = routePath(context, -1).replace(NO_CALL, "");
    const { status } = context.res;
    const ms = Date.now() - started;
    const [model, rows, code] = [context.get("model"), context.get("rows"), context.get("code")];
    if (model !== undefined) headers.set("x-model-version", model);
    const modelMs = context.get("modelMs");
    headers.set("server-timing", `${modelMs === undefined ? "" : `model;dur=${modelMs}, `}total;dur=${ms}`);
    console.log(JSON.stringify({ requestId, method, route, status, code, model, rows, ms }));
    context.env.ANALYTICS?.writeDataPoint({
      indexes: [model ?? ""],
      blobs: ["request", method, route, String(status), code ?? "", model ?? ""],
      doubles: [rows ?? 0, ms],
    });
  });
  app.use(secureHeaders());

  app.get("/openapi.json", openapi);
  app.get("/docs", docs);
  app.get("/v2/health/live", live);
  app.get("/v2/health/ready", (c) => ready(c, models(c.env), defaultModel(c.env)));
  for (const path of ["/v1/*", "/v2/models/*"]) app.use(path, requireKey, limitRate);
  app.get("/v1/models", (c) => listModels(c, models(c.env)));
  app.get("/v1/models/:model/weights/:sha256", (c) =>
    weights(c, models(c.env), c.req.param("model"), c.req.param("sha256")),
  );
  for (const path of ["/v1/models/:model", "/v1/models/:model/versions/:version"] as const) {
    const target = ({ req }: Context<AppEnv, typeof path>): Target => ({
      name: req.param("model"),
      version: req.param("version"),
    });
    app.get(`${path}${NO_CALL}`, (c) => modelCard(c, models(c.env), target(c)));
    app.get(`${path}/drift`, (c) => modelDrift(c, models(c.env), target(c)));
    app.post(`${path}/score`, (c) => score(c, models(c.env), target(c)));
  }
  app.get("/v1/models/:model/versions", (c) => listVersions(c, models(c.env), c.req.param("model")));
  app.post("/v1/models/:model/feedback", (c) => giveFeedback(c, models(c.env), c.req.param("model")));
  app.get("/v1/models/:model/feedback", (c) => takeFeedback(c, models(c.env), c.req.param("model")));
  app.post("/v1/score", (c) => score(c, models(c.env), { name: defaultModel(c.env) }));
  app.post("/v1/models/:call{[^/]+:predict}", (c) =>
    predict(c, models(c.env), { name: withoutVerb(c.req.param("call")) }),
  );
  app.post("/v1/models/:model/versions/:call{[^/]+:predict}", (c) =>
    predict(c, models(c.env), { name: c.req.param("model"), version: withoutVerb(c.req.param("call")) }),
  );
  app.post("/v1/batches", (c) => startBatch(c, models(c.env), defaultModel(c.env)));
  app.get("/v1/batches", listBatches);
  app.post("/v1/batches/:id/cancel", (c) => cancelBatch(c, c.req.param("id")));
  app.get("/v1/batches/:id", (c) => batchProgress(c, c.req.param("id")));
  app.get("/v1/batches/:id/results", (c) => batchResults(c, c.req.param("id")));
  for (const path of ["/v2", "/v2/"]) app.get(path, serverMetadata);
  for (const path of ["/v2/models/:name", "/v2/models/:name/versions/:version"] as const) {
    app.get(path, (c) => modelMetadata(c, models(c.env), c.req.param()));
    app.get(`${path}/ready`, (c) => modelReady(c, models(c.env), c.req.param()));
    app.post(`${path}/infer`, (c) => infer(c, models(c.env), c.req.param()));
  }

  app.notFound((context) => {
    const allowed = methodsOf(app, context.req.path);
    if (allowed.length > 0) {
      const allow = [...allowed, "OPTIONS"].join(", ");
      if (context.req.method === "OPTIONS") return context.body(null, 204, { allow });
      const detail = "This route has another method.";
      const problem = new Problem(405, "method-wrong", detail, `Use ${allowed[0]}.`, { headers: { allow } });
      return answer(problem, context);
    }
    const remedy = "GET /docs describes the routes there are.";
    const problem = new Problem(404, "route-unknown", "There is no such route.", remedy);
    return answer(problem, context);
  });
  app.onError((fault, context) => {
    const problem = toProblem(fault);
    const requestId = context.get("requestId");
    if (problem.status === 500) console.error(JSON.stringify({ requestId, fault: fault.name }));
    return answer(problem, context);
  });
  return app;
}

/** A problem in the form of the protocol the path belongs to. */
function answer(problem: Problem, context: Context<AppEnv>): Response {
  context.set("code", problem.code);
  return /^\/v2(\/|$)/.test(context.req.path)
    ? inferenceFault(problem)
    : problemResponse(problem, context.get("requestId"));
}

/** `flows` of `flows:predict`. */
function withoutVerb(call: string): string {
  return call.slice(0, call.lastIndexOf(":"));
}

/** The methods that routes of a path have, HEAD with every GET; none where there is no such path. */
function methodsOf({ router }: Hono<AppEnv>, path: string): string[] {
  const has = (method: string): boolean => router.match(method, path)[0].some(([[, route]]) => route.method === method);
  return [...["GET", "POST"].filter(has), ...(has("GET") ? ["HEAD"] : [])];
}
