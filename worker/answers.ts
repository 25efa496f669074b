/** What answers of a model have in common: which version gives them, and the forms they come in. */
import type { Context } from "hono";
import type { AppEnv } from "./bindings.ts";
import { callerOf } from "./caller.ts";
import { BINARY_TYPE, JSON_TYPE } from "./media.ts";
import { Problem } from "./problem.ts";
import type { Registry, Served } from "./registry.ts";
import { type ScoredRows, Watch } from "./watch.ts";

/** Which model a route stands for: a name, and a version where the path pins one. */
export interface Target {
  readonly name: string;
  readonly version?: string | undefined;
}

/** What a caller wants to know of each row. */
export interface Question {
  /** As it was given. */
  readonly threshold: string | number;
  /** Features to name with each score; undefined for none. */
  readonly top: number | undefined;
}

/** As `find` for the one who asks, which may be the canary, and timed. */
export async function serve(context: Context<AppEnv>, registry: Registry, target: Target): Promise<Served> {
  const started = Date.now();
  const served = await find(context, registry, target, callerOf(context));
  context.set("modelMs", Date.now() - started);
  return served;
}

/**
 * The model that answers, named in the answer's headers and the log.
 *
 * @throws Problem 404, 503 as the registry does
 */
export async function find(
  context: Context<AppEnv>,
  registry: Registry,
  { name, version }: Target,
  caller?: string,
): Promise<Served> {
  const wanted = version === undefined ? undefined : versionNumber(version);
  const served = await registry.get(name, { version: wanted, caller });
  context.set("model", `${served.name}@${served.version.version}`);
  return served;
}

const watch = new Watch();

/** Counts scored rows for the log, for drift and for counters. */
export function observe(context: Context<AppEnv>, served: Served, scored: ScoredRows): void {
  context.set("rows", (context.get("rows") ?? 0) + scored.scores.length);
  watch.observe(context.env, served, scored);
}

/** JSON that has been written already. */
export function jsonAnswer(context: Context<AppEnv>, json: string): Response {
  return context.body(json, 200, { "content-type": JSON_TYPE });
}

/** The answer to `…/score` in JSON. */
export function scoreAnswer(
  context: Context<AppEnv>,
  { name, version }: Served,
  question: Question,
  threshold: number,
  predictions: string,
): Response {
  const model = JSON.stringify({ name, version: version.version, sha256: version.sha256 });
  const tau = JSON.stringify({ spec: question.threshold, value: threshold });
  return jsonAnswer(context, `{"model":${model},"threshold":${tau},"predictions":${predictions}}`);
}

/** Scores (rows) as little-endian f32, with the threshold in a header. */
export function binaryAnswer(context: Context<AppEnv>, scores: Float32Array, threshold: number): Response {
  context.header("x-threshold", String(threshold));
  return context.body(scores.slice().buffer, 200, { "content-type": BINARY_TYPE });
}

function versionNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  const remedy = "See the model card for those there are.";
  throw new Problem(404, "version-unknown", "Versions are whole numbers from 1.", remedy);
}
