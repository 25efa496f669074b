/** Scores as answers: decisions by a threshold, reasons where they are asked for, written as JSON without objects in between. */
import { inputNames } from "../model/encode.ts";
import { explain, type Explanation } from "../model/explain.ts";
import { overflowing } from "../model/overflow.ts";
import type { Row } from "../model/schema.ts";
import type { Scorer } from "../model/scorer.ts";
import { SCORES } from "./limits.ts";
import { Problem } from "./problem.ts";

/**
 * One prediction as JSON (worker/schemas.ts has its fields).
 *
 * @param score in [0, 1], as `checkScores` leaves it
 */
export function predictionJson(score: number, threshold: number, explanation?: Explanation): string {
  const anomaly = score >= threshold;
  const confidence = score > 0.5 ? score : 1 - score;
  const reasons = explanation ? `,${reasonsJson(explanation)}` : "";
  return `{"score":${score},"anomaly":${anomaly},"confidence":${confidence},"margin":${score - threshold}${reasons}}`;
}

/** Predictions of all rows as a JSON list. */
export function predictionsJson(
  scores: Float32Array,
  threshold: number,
  explanations?: readonly Explanation[],
): string {
  let json = "[";
  for (let i = 0; i < scores.length; i++) {
    if (i > 0) json += ",";
    json += predictionJson(scores[i], threshold, explanations?.[i]);
  }
  return `${json}]`;
}

/** Rows to explain at a time at the most: where features are many, they cost as many scores as a request may; but one. */
export function mostExplained({ artefact }: Scorer): number {
  return Math.max(1, Math.floor(SCORES / (3 * artefact.schema.features.length)));
}

/** @throws Problem 413 where the rows are more than may be explained at a time */
export function checkExplainable(scorer: Scorer, rows: number): void {
  const { length: features } = scorer.artefact.schema.features;
  const most = mostExplained(scorer);
  if (rows <= most) return;
  const detail = `With ${features} features at most ${most} rows can be explained at a time.`;
  throw new Problem(413, "rows-too-many", detail, "Send them in several requests, or as application/x-ndjson.");
}

/** Reasons for each row's score; undefined where none are asked for. */
export function explanations(scorer: Scorer, rows: readonly Row[], top: number | undefined): Explanation[] | undefined {
  return top === undefined ? undefined : explain(scorer, rows, { top });
}

/** Largest encoded value: far beyond where any feature is clipped, and small enough that no sum of them overflows. */
const LARGEST = 1e6;

/**
 * Encoded rows (rows, inputs) as they came, all of them numbers a network can take.
 *
 * @throws Problem 422 naming row and input
 */
export function checkEncoded(encoded: Float32Array, scorer: Scorer): Float32Array {
  for (let i = 0; i < encoded.length; i++) {
    if (Math.abs(encoded[i]) <= LARGEST) continue;
    const row = Math.floor(i / scorer.inputs);
    const feature = inputNames(scorer.artefact.schema)[i % scorer.inputs];
    const detail = `Row ${row}, input ${i % scorer.inputs} is not a number from −${LARGEST} to ${LARGEST}.`;
    const remedy = "Send rows encoded as docs/serving.md says.";
    throw new Problem(422, "value-not-finite", detail, remedy, { place: { row, feature } });
  }
  return encoded;
}

/**
 * As model/overflow.ts has it, answered as the model's fault.
 *
 * @param first number of the first row
 * @throws Problem 503
 */
export function checkScores(scores: Float32Array, first = 0): Float32Array {
  const at = overflowing(scores);
  if (at < 0) return scores;
  const row = first + at;
  const detail = `The model gives no score for row ${row}: its weights overflow there.`;
  throw new Problem(503, "model-unavailable", detail, "Publish a model that does not, or roll back.", {
    headers: { "retry-after": "60" },
    place: { row },
  });
}

function reasonsJson({ features, logOdds, reference, evidence }: Explanation): string {
  const reasons = features.map(({ name, contribution, value, reference: normal }) => ({
    feature: name,
    contribution,
    value,
    reference: normal,
  }));
  const odds = { row: logOdds, reference, ...(evidence ? { evidence } : {}) };
  return `"reasons":${JSON.stringify(reasons)},"logOdds":${JSON.stringify(odds)}`;
}
