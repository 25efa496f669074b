/** Scoring: rows in, for each a score, a decision and how sure it is. */
import type { Context } from "hono";
import { z } from "zod";
import { UnseenError } from "../../model/errors.ts";
import { explain, type Explanation } from "../../model/explain.ts";
import type { Row } from "../../model/schema.ts";
import { DEFAULT_THRESHOLD, resolveThreshold } from "../../model/thresholds.ts";
import type { AppEnv } from "../bindings.ts";
import { readJson } from "../body.ts";
import { callerOf } from "../caller.ts";
import { EXPLAINED_FEATURES, EXPLAINED_ROWS, ROWS } from "../limits.ts";
import { Problem } from "../problem.ts";
import type { Registry } from "../registry.ts";

z.config({ jitless: true });

/** The envelope; rows themselves are checked by the model's own encoder. */
const ScoreRequest = z.strictObject({
  instances: z.custom<readonly unknown[]>(Array.isArray, "must be a list of rows"),
  threshold: z.union([z.string().max(64), z.number()]).optional(),
  explain: z.int().min(1).max(EXPLAINED_FEATURES).optional(),
});

export interface Prediction {
  /** s(x) = 1 − S_normal(x̃; T), 0 to 1. */
  readonly score: number;
  /** score ≥ threshold */
  readonly anomaly: boolean;
  /** Softmax confidence in the likelier class: max(score, 1 − score). */
  readonly confidence: number;
  /** score − threshold: how far from the decision, above 0 anomalous. */
  readonly margin: number;
  /** Why, where the request asks for it. */
  readonly explanation?: Explanation;
}

export async function score(context: Context<AppEnv>, registry: Registry, name: string): Promise<Response> {
  const parsed = ScoreRequest.safeParse(await readJson(context.req.raw));
  if (!parsed.success) {
    const [{ path, message, code }] = parsed.error.issues;
    const where = path.length > 0 ? path.join(".") : "the body";
    const what = code === "unrecognized_keys" ? "has a field that is not known" : message;
    const remedy = 'Send {"instances": [row, …], "threshold"?: "fpr=0.01" | "f1" | number, "explain"?: 1 to 20}.';
    throw new Problem(422, "row-wrong-shape", `${where}: ${what}.`, remedy);
  }
  const { instances, threshold: spec = DEFAULT_THRESHOLD, explain: top } = parsed.data;
  if (instances.length === 0) throw new Problem(422, "row-wrong-shape", "There are no rows.", "Send at least one row.");
  if (instances.length > ROWS) {
    const detail = `${instances.length} rows are over the limit of ${ROWS}.`;
    throw new Problem(413, "rows-too-many", detail, "Send them in several requests.");
  }
  if (top !== undefined && instances.length > EXPLAINED_ROWS) {
    const detail = `${instances.length} rows are over the limit of ${EXPLAINED_ROWS} for explanations.`;
    throw new Problem(413, "rows-too-many", detail, 'Send them in several requests, or without "explain".');
  }
  const { scorer, version } = await registry.get(name, { caller: callerOf(context) });
  const threshold = resolveThreshold(scorer.artefact, spec);
  const rows = instances.map(asRow);
  const scores = scorer.scoreRows(rows);
  const explanations = top === undefined ? undefined : explain(scorer, rows, { top });
  context.set("model", `${name}@${version.version}`);
  context.header("x-model-version", `${name}@${version.version}`);
  const predictions = Array.from(scores, (value, i): Prediction => ({
    score: value,
    anomaly: value >= threshold,
    confidence: Math.max(value, 1 - value),
    margin: value - threshold,
    ...(explanations ? { explanation: explanations[i] } : {}),
  }));
  const model = { name, version: version.version, sha256: version.sha256 };
  return context.json({ model, threshold: { spec, value: threshold }, predictions });
}

function asRow(row: unknown, index: number): Row {
  if (typeof row === "object" && row !== null) return row as Row;
  const detail = `row ${index} is neither an object nor a list`;
  throw new UnseenError("row-wrong-shape", detail, "Give each row as named values or as a list.", { row: index });
}
