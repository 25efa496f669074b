/** The edge service: routes, and what holds for every request. */
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { Scorer } from "../model/scorer.ts";
import { type AppEnv, WORKER_VERSION } from "./bindings.ts";
import { requireKey } from "./keys.ts";
import { Problem, problemResponse, toProblem } from "./problem.ts";
import { Registry } from "./registry.ts";
import { batchProgress, batchResults, startBatch } from "./routes/batches.ts";
import { live, ready } from "./routes/health.ts";
import { listModels, modelCard } from "./routes/models.ts";
import { score } from "./routes/score.ts";

/** Methods by path, for 405; everything else is 404. */
const ROUTES: readonly (readonly [RegExp, string])[] = [
  [/^\/v1\/score$/, "POST"],
  [/^\/v1\/models\/[^/]+\/score$/, "POST"],
  [/^\/v1\/models(\/[^/]+)?$/, "GET"],
  [/^\/v1\/batches$/, "POST"],
  [/^\/v1\/batches\/[^/]+(\/results)?$/, "GET"],
  [/^\/v2\/health\/(live|ready)$/, "GET"],
];

/** @param open decodes and self-tests weights with the kernel */
export function createApp(open: (bytes: Uint8Array) => Scorer): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  let registry: Registry | undefined;
  const models = (env: AppEnv["Bindings"]): Registry => (registry ??= new Registry(env.MODELS, open));
  const defaultModel = (env: AppEnv["Bindings"]): string => env.DEFAULT_MODEL ?? "flows";

  app.use(async (context, next) => {
    const started = Date.now();
    const given = context.req.header("x-request-id") ?? "";
    const requestId = /^[\w-]{8,64}$/.test(given) ? given : crypto.randomUUID();
    context.set("requestId", requestId);
    await next();
    context.header("x-request-id", requestId);
    context.header("x-worker-version", WORKER_VERSION);
    context.header("cache-control", "no-store");
    const { method, path } = context.req;
    const route = ROUTES.some(([pattern]) => pattern.test(path)) ? path : "other";
    const [status, model] = [context.res.status, context.get("model")];
    console.log(JSON.stringify({ requestId, method, route, status, model, ms: Date.now() - started }));
  });
  app.use(secureHeaders());

  app.get("/v2/health/live", live);
  app.get("/v2/health/ready", (c) => ready(c, models(c.env), defaultModel(c.env)));
  app.use("/v1/*", requireKey);
  app.get("/v1/models", (c) => listModels(c, models(c.env)));
  app.get("/v1/models/:model", (c) => modelCard(c, models(c.env), c.req.param("model")));
  app.post("/v1/models/:model/score", (c) => score(c, models(c.env), c.req.param("model")));
  app.post("/v1/score", (c) => score(c, models(c.env), defaultModel(c.env)));
  app.post("/v1/batches", (c) => startBatch(c, models(c.env), defaultModel(c.env)));
  app.get("/v1/batches/:id", (c) => batchProgress(c, c.req.param("id")));
  app.get("/v1/batches/:id/results", (c) => batchResults(c, c.req.param("id")));

  app.notFound((context) => {
    const allow = ROUTES.find(([pattern]) => pattern.test(context.req.path))?.[1];
    const problem = allow
      ? new Problem(405, "method-wrong", "This route has another method.", `Use ${allow}.`, { headers: { allow } })
      : new Problem(404, "route-unknown", "There is no such route.", "See docs/serving.md for the routes.");
    return problemResponse(problem, context.get("requestId"));
  });
  app.onError((fault, context) => {
    const problem = toProblem(fault);
    const requestId = context.get("requestId");
    if (problem.status === 500) console.error(JSON.stringify({ requestId, fault: fault.name }));
    return problemResponse(problem, requestId);
  });
  return app;
}
