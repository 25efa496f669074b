/** A fitted method's scores of several matrices, copied: a method may reuse its array. */
import { type Scores, together } from "../benchmark/measure.ts";
import type { Matrix } from "../data/matrix.ts";
import type { Fitted, TrainingSide } from "../peers/method.ts";

/** Scores of all rows of the parts, one part after another, in the method's precision. */
export function scoresOf(fitted: Fitted, parts: readonly Matrix[]): Scores {
  return together(parts.filter(({ rows }) => rows > 0).map((rows) => fitted.score(rows).slice()));
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
