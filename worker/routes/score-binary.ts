/** Scoring without any JSON: rows as the network reads them, little-endian f32, in; scores out. */
import type { Context } from "hono";
import { resolveThreshold } from "../../model/thresholds.ts";
import { binaryAnswer, observe, type Question, scoreAnswer } from "../answers.ts";
import type { AppEnv } from "../bindings.ts";
import { readBytes } from "../body.ts";
import { SCORES } from "../limits.ts";
import { answerType, BINARY_TYPE, JSON_TYPE } from "../media.ts";
import { checkEncoded, checkScores, predictionsJson } from "../predictions.ts";
import { Problem } from "../problem.ts";
import type { Served } from "../registry.ts";

export async function scoreBinary(context: Context<AppEnv>, served: Served, question: Question): Promise<Response> {
  const form = answerType(context.req.header("accept") ?? null, [BINARY_TYPE, JSON_TYPE]);
  const { scorer } = served;
  const threshold = resolveThreshold(scorer.artefact, question.threshold);
  if (question.top !== undefined) {
    const detail = "Encoded rows cannot be explained: they no longer say what was given.";
    throw new Problem(422, "request-invalid", detail, "Send the rows as JSON.");
  }
  const bytes = await readBytes(context.req.raw);
  const encoded = encodedRows(bytes, scorer.inputs);
  const scores = checkScores(scorer.score(checkEncoded(encoded, scorer), encoded.length / scorer.inputs));
  observe(context, served, { scores, threshold, inputs: (i) => [encoded, i * scorer.inputs] });
  if (form === BINARY_TYPE) return binaryAnswer(context, scores, threshold);
  return scoreAnswer(context, served, question, threshold, predictionsJson(scores, threshold));
}

/** Encoded rows (rows, inputs); @throws Problem 422 where they are no whole rows, 413 where they are too many */
function encodedRows(bytes: Uint8Array, inputs: number): Float32Array {
  const size = 4 * inputs;
  if (bytes.length === 0 || bytes.length % size !== 0) {
    const detail = `${bytes.length} bytes are no whole rows of ${inputs} f32 values (${size} bytes).`;
    throw new Problem(422, "row-wrong-length", detail, "Send rows × inputs values of 4 bytes, little-endian.");
  }
  const rows = bytes.length / size;
  if (rows > SCORES) {
    const detail = `${rows} rows are over the limit of ${SCORES}.`;
    throw new Problem(413, "rows-too-many", detail, "Send them in several requests.");
  }
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, rows * inputs);
}
