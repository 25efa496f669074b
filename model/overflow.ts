/** Weights can be finite and yet overflow on some row; such a row must not pass as normal. */
import { UnseenError } from "./errors.ts";

/** The first of the scores that is no number from 0 to 1; −1 where all are. */
export function overflowing(scores: Float32Array): number {
  return scores.findIndex((score) => !(score >= 0 && score <= 1));
}

/** The error for a row without a score. @param row as messages count rows; @param file the file's name, where there is one */
export function noScore(row: number, file?: string): UnseenError {
  const where = file === undefined ? `row ${row}` : `${file}, row ${row}`;
  const detail = `${where}: the model gives no score, its weights overflow there.`;
  const place = { row, ...(file === undefined ? {} : { file }) };
  return new UnseenError("artefact-malformed", detail, "Use a model that does not.", place);
}

/**
 * Scores as they are, all of them numbers from 0 to 1.
 *
 * @param first number of the first row
 * @throws UnseenError artefact-malformed naming the row
 */
export function checkedScores(scores: Float32Array, first: number, file?: string): Float32Array {
  const at = overflowing(scores);
  if (at >= 0) throw noScore(first + at, file);
  return scores;
}

const LARGEST_FLOAT = 2 ** 128 - 2 ** 104;

/** Log odds, or a share of them, as JSON can hold them: up to the largest float, and 0 where they are no number. */
export function finiteOdds(odds: number): number {
  return Number.isNaN(odds) ? 0 : Math.max(-LARGEST_FLOAT, Math.min(LARGEST_FLOAT, odds));
}
