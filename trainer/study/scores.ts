/** A fitted method's scores of several matrices, copied: a method may reuse its array. */
import type { Scores } from "../benchmark/measure.ts";
import type { Matrix } from "../data/matrix.ts";
import type { Fitted, TrainingSide } from "../peers/method.ts";

/** Scores of all rows of the parts, one part after another, in the method's precision. */
export function scoresOf(fitted: Fitted, parts: readonly Matrix[]): Scores {
  const scored = parts.filter(({ rows }) => rows > 0).map((rows) => fitted.score(rows).slice());
  const count = scored.reduce((sum, { length }) => sum + length, 0);
  const double = scored.some((part) => part instanceof Float64Array);
  const joined = double ? new Float64Array(count) : new Float32Array(count);
  let at = 0;
  for (const part of scored) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Normal validation rows, and validation labels of seen families. */
export function validationScores(fitted: Fitted, side: TrainingSide): { normal: Scores; seen: Scores } {
  return {
    normal: scoresOf(
      fitted,
      side.normal.map(({ validation }) => validation),
    ),
    seen: scoresOf(
      fitted,
      side.seen.map(({ validation }) => validation),
    ),
  };
}
