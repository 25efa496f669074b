/** Scoring in one request: JSON rows or binary encoded rows in, for each a score, a decision and how sure it is. */
import type { Context } from "hono";
import type * as z from "zod/mini";
import { notARow } from "../../model/row-faults.ts";
import { RowReader } from "../../model/row-reader.ts";
import type { Row } from "../../model/schema.ts";
import { DEFAULT_THRESHOLD, resolveThreshold } from "../../model/thresholds.ts";
import { binaryAnswer, jsonAnswer, observe, type Question, scoreAnswer, serve, type Target } from "../answers.ts";
import type { AppEnv } from "../bindings.ts";
import { parseJson, readBytes } from "../body.ts";
import { envelopeOf } from "../envelope.ts";
import { EXPLAINED_DEFAULT, EXPLAINED_ROWS, ROWS } from "../limits.ts";
import { answerType, BINARY_TYPE, bodyType, JSON_TYPE, LINES_TYPE } from "../media.ts";
import { checkExplainable, checkScores, explanations, predictionsJson } from "../predictions.ts";
import { Problem, requestFault } from "../problem.ts";
import { noQuery, readQuery } from "../query.ts";
import type { Registry, Served } from "../registry.ts";
import { rowReader } from "../row-reader.ts";
import { PredictRequest, ScoreQuery, ScoreRequest } from "../schemas.ts";
import { scoreBinary } from "./score-binary.ts";
import { scoreLines } from "./score-lines.ts";

/** `POST …/score`, in the form that the body's type says. */
export async function score(context: Context<AppEnv>, registry: Registry, target: Target): Promise<Response> {
  const type = bodyType(context.req.raw.headers, [JSON_TYPE, LINES_TYPE, BINARY_TYPE]);
  if (type === JSON_TYPE) return scoreJson(context, registry, target);
  const question = queryQuestion(context);
  return type === LINES_TYPE
    ? scoreLines(context, await serve(context, registry, target), question)
    : scoreBinary(context, await serve(context, registry, target), question);
}

async function scoreJson(context: Context<AppEnv>, registry: Registry, target: Target): Promise<Response> {
  const form = answerType(context.req.header("accept") ?? null, [JSON_TYPE, BINARY_TYPE]);
  const body = await scoreBody(context, registry, target, ScoreRequest, form);
  const { served, question, threshold, scores, rows } = body;
  if (form === BINARY_TYPE) return binaryAnswer(context, scores, threshold);
  const predictions = predictionsJson(scores, threshold, explanations(served.scorer, rows, question.top));
  return scoreAnswer(context, served, question, threshold, predictions);
}

/** `POST /v1/models/{model}:predict`, TensorFlow Serving's row form. */
export async function predict(context: Context<AppEnv>, registry: Registry, target: Target): Promise<Response> {
  const { served, question, threshold, scores, rows } = await scoreBody(context, registry, target, PredictRequest);
  const predictions = predictionsJson(scores, threshold, explanations(served.scorer, rows, question.top));
  return jsonAnswer(context, `{"predictions":${predictions}}`);
}

interface Scored {
  readonly served: Served;
  readonly question: Question;
  readonly threshold: number;
  readonly scores: Float32Array;
  /** Only where they have to be explained. */
  readonly rows: readonly Row[];
}

/** Scores a body of JSON: out of its bytes where it is as callers mostly write it, else by way of objects. */
async function scoreBody(
  context: Context<AppEnv>,
  registry: Registry,
  target: Target,
  schema: RowsRequest,
  form = JSON_TYPE,
): Promise<Scored> {
  noQuery(context, "Put threshold and explain into the JSON body.");
  bodyType(context.req.raw.headers, [JSON_TYPE]);
  const bytes = await readBytes(context.req.raw);
  const envelope = envelopeOf(bytes);
  const beside = envelope && schema.safeParse(envelope.fields);
  let serving: Promise<Served> | undefined;
  if (envelope && beside?.success && !beside.data.explain) {
    serving = serve(context, registry, target);
    // Whatever is wrong with the body is said before that there is no such model.
    const served = await serving.catch(() => undefined);
    const { start, end } = envelope;
    if (served && rowReader.read(served.scorer.artefact.schema, bytes, start, end, ROWS)) {
      return scored(context, served, questionOf(beside.data), rowReader);
    }
  }
  const { instances, question } = readRequest(schema, parseJson(bytes, "Send one JSON object."));
  if (form === BINARY_TYPE && question.top !== undefined) {
    const remedy = "Accept application/json, or leave explain out.";
    throw new Problem(422, "request-invalid", "Bare scores have no room for reasons.", remedy);
  }
  return scored(context, await (serving ?? serve(context, registry, target)), question, instances);
}

function scored(
  context: Context<AppEnv>,
  served: Served,
  question: Question,
  given: readonly Row[] | RowReader,
): Scored {
  const { scorer } = served;
  const threshold = resolveThreshold(scorer.artefact, question.threshold);
  const read = given instanceof RowReader;
  if (question.top !== undefined) checkExplainable(scorer, read ? given.rows : given.length);
  const scores = checkScores(read ? scorer.scoreCells(given) : scorer.scoreRows(given));
  const inputs = (i: number): readonly [Float32Array, number] => {
    const row = new Float32Array(scorer.inputs);
    if (read) scorer.encodeCells(given, i, row, 0);
    else scorer.encodeInto(given[i], row, 0, i);
    return [row, 0];
  };
  observe(context, served, { scores, threshold, inputs });
  return { served, question, threshold, scores, rows: read ? [] : given };
}

type RowsRequest = typeof ScoreRequest | typeof PredictRequest;

const ENVELOPE = 'Send {"instances": [row, …], "threshold"?: "fpr=0.01" | "f1" | number, "explain"?: true | 1 to 20}.';

/** @throws Problem 422 for an envelope that is not as described, 413 for too many rows */
function readRequest(schema: RowsRequest, body: unknown): { instances: readonly Row[]; question: Question } {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw requestFault(parsed.error.issues[0], ENVELOPE);
  const { instances } = parsed.data;
  const question = questionOf(parsed.data);
  const { top } = question;
  if (instances.length === 0) throw new Problem(422, "row-wrong-shape", "There are no rows.", "Send at least one row.");
  const most = top === undefined ? ROWS : EXPLAINED_ROWS;
  if (instances.length > most) {
    const detail = `${instances.length} rows are over the limit of ${most}${top === undefined ? "" : " for explanations"}.`;
    throw new Problem(413, "rows-too-many", detail, "Send them in several requests, or as application/x-ndjson.");
  }
  for (let i = 0; i < instances.length; i++) {
    if (typeof instances[i] !== "object" || instances[i] === null) throw notARow(instances[i], i);
  }
  return { instances: instances as readonly Row[], question };
}

function questionOf({ threshold = DEFAULT_THRESHOLD, explain = false }: z.infer<RowsRequest>): Question {
  const top = explain === true ? EXPLAINED_DEFAULT : explain === false ? undefined : explain;
  return { threshold, top };
}

/** @throws Problem 422 */
function queryQuestion(context: Context<AppEnv>): Question {
  const remedy = "The query takes, once each, threshold=NAME or number, and for lines explain=true or 1 to 20.";
  const { threshold = DEFAULT_THRESHOLD, explain = "false" } = readQuery(context, ScoreQuery, remedy);
  const top = explain === "true" ? EXPLAINED_DEFAULT : explain === "false" ? undefined : Number(explain);
  return { threshold, top };
}
