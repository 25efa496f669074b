/** Feedback: what callers found out about rows they had scored; kept until `unseen calibrate` learns from it. */
import type { D1Database } from "@cloudflare/workers-types";
import type { Context } from "hono";
import { notARow } from "../../model/row-faults.ts";
import type { Feature, Row } from "../../model/schema.ts";
import type { Scorer } from "../../model/scorer.ts";
import type { AppEnv } from "../bindings.ts";
import { readJson } from "../body.ts";
import { countFeedback, type Feedback, listFeedback, putFeedback } from "../feedback-store.ts";
import { FEEDBACK_PAGE, FEEDBACK_ROW, FEEDBACK_ROWS, FEEDBACK_ROWS_A_REQUEST } from "../limits.ts";
import { LINES_TYPE } from "../media.ts";
import { Problem, requestFault } from "../problem.ts";
import { readQuery } from "../query.ts";
import type { Registry } from "../registry.ts";
import { FeedbackQuery, FeedbackRequest } from "../schemas.ts";
import { reached } from "../stores.ts";
import { sha256Of } from "../sha256.ts";

/**
 * `POST …/feedback`
 *
 * @throws Problem 501, 403, 413, 422 for rows the model does not take, 409 where there is no more room, 503
 */
export async function giveFeedback(context: Context<AppEnv>, registry: Registry, name: string): Promise<Response> {
  const db = bound(context);
  const parsed = FeedbackRequest.safeParse(await readJson(context.req.raw));
  if (!parsed.success) {
    const remedy = 'Send {"feedback": [{"instance": row, "label": "normal" | "anomaly", "family"?: name}, …]}.';
    throw requestFault(parsed.error.issues[0], remedy);
  }
  const { feedback } = parsed.data;
  if (feedback.length > FEEDBACK_ROWS_A_REQUEST) {
    const detail = `${feedback.length} rows are over the limit of ${FEEDBACK_ROWS_A_REQUEST}.`;
    throw new Problem(413, "rows-too-many", detail, "Send them in several requests.");
  }
  const { scorer, version } = await registry.get(name);
  const sorted = scorer.artefact.schema.features.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const rows = new Map<string, Feedback>();
  for (const [i, { instance, label, family = "" }] of feedback.entries()) {
    if (label === "normal" && family !== "") {
      const remedy = "Leave the family out, or label the row an anomaly.";
      throw new Problem(422, "request-invalid", "A normal row has no family.", remedy, { place: { row: i } });
    }
    const values = named(scorer, instance, i);
    const id = await rowHash(sorted, values);
    const stored = JSON.stringify(values);
    if (stored.length > FEEDBACK_ROW) {
      const detail = `Row ${i} is over ${FEEDBACK_ROW} characters.`;
      throw new Problem(413, "body-too-large", detail, "Leave it out.", { place: { row: i } });
    }
    rows.set(id, { id, label, family, instance: stored, version: version.version });
  }
  if ((await reached(countFeedback(db, name, [...rows.keys()]))) + rows.size > FEEDBACK_ROWS) {
    const remedy = "Calibrate the model with what there is, then delete the rows: see docs/operations.md.";
    throw new Problem(409, "feedback-full", `The model has ${FEEDBACK_ROWS} rows of feedback, the most.`, remedy);
  }
  const stored = await reached(putFeedback(db, name, [...rows.values()], Date.now()));
  return context.json({ model: name, stored, known: rows.size - stored, rows: feedback.length });
}

/**
 * `GET …/feedback?after=ID`: a row a line; `x-next` says where the next page begins, where there is one.
 *
 * @throws Problem 501, 403, 422, 503; 404 where there are neither rows nor such a model
 */
export async function takeFeedback(context: Context<AppEnv>, registry: Registry, name: string): Promise<Response> {
  const db = bound(context);
  const { after = "" } = readQuery(context, FeedbackQuery, "The query takes after=ID, the value of x-next, once.");
  const { rows, more } = await reached(listFeedback(db, name, after, FEEDBACK_PAGE));
  if (rows.length === 0 && after === "") await registry.get(name);
  if (more) context.header("x-next", rows[rows.length - 1].id);
  const lines = rows.map(({ instance, ...row }) => JSON.stringify({ ...row, instance: JSON.parse(instance) }));
  return context.body(lines.map((line) => `${line}\n`).join(""), 200, { "content-type": LINES_TYPE });
}

/** The database. @throws Problem 501 without one, 403 for a key that may not give feedback */
function bound({ env: { FEEDBACK, FEEDBACK_KEY_SHA256 }, get }: Context<AppEnv>): D1Database {
  if (!FEEDBACK) {
    const remedy = "Bind FEEDBACK to a D1 database: see wrangler.toml.";
    throw new Problem(501, "feedback-off", "This Worker keeps no feedback.", remedy);
  }
  const allowed = FEEDBACK_KEY_SHA256?.split(",").map((part) => part.trim().toLowerCase());
  // The key itself has been compared in constant time; this is its digest.
  if (!allowed || allowed.includes(get("caller") ?? "")) return FEEDBACK;
  throw new Problem(403, "key-wrong", "The key may not give or read feedback.", "Ask for a key that may.");
}

type Values = Readonly<Record<string, unknown>>;

/**
 * The row as named values in schema order, so that it can be read whatever the next version's order is.
 *
 * @throws UnseenError as the encoder does
 */
function named(scorer: Scorer, instance: unknown, index: number): Values {
  if (typeof instance !== "object" || instance === null) throw notARow(instance, index);
  scorer.encode(instance as Row, index);
  const values = scorer.artefact.schema.features.map(({ name }, i): [string, unknown] => [
    name,
    Array.isArray(instance) ? instance[i] : (instance as Values)[name],
  ]);
  return Object.fromEntries(values);
}

/** SHA-256 of values by name: the same row however it is worded, and whichever version's scaling reads it. */
async function rowHash(sorted: readonly Feature[], values: Values): Promise<string> {
  const text = JSON.stringify(sorted.map(({ kind, name }) => [name, worded(kind, values[name])]));
  return sha256Of(text);
}

/** One text for what encoders take for the same value; null is missing. */
function worded(kind: Feature["kind"], value: unknown): string | null {
  if (value === null) return null;
  return String(kind === "boolean" ? Number(value) : value);
}
