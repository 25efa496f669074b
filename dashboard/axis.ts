/** The score axis: where a score stands between bottom (0) and top (1), by log odds or as it is. */

export interface Axis {
  readonly kind: "odds" | "score";
  /** Log odds shown at the most, either way; what lies beyond stands at the edge. */
  readonly reach: number;
}

/** Reaches of the log odds: scores from 0.001 to 0.999, and where some lie beyond, from 0.0001 to 0.9999. */
export const REACHES = [Math.log(999), Math.log(9999)] as const;

/** Position of a score, 0 to 1. */
export function positionOf(score: number, { kind, reach }: Axis): number {
  if (kind === "score") return score;
  const odds = Math.log(score / (1 - score));
  return Math.min(1, Math.max(0, 0.5 + odds / (2 * reach)));
}

/** The score at a position; the ends reach 0 and 1 themselves. */
export function scoreAt(position: number, { kind, reach }: Axis): number {
  if (position <= 0) return 0;
  if (position >= 1) return 1;
  return kind === "score" ? position : 1 / (1 + Math.exp((0.5 - position) * 2 * reach));
}

const ODDS = ["0.0001", "0.001", "0.01", "0.1", "0.5", "0.9", "0.99", "0.999", "0.9999"];
const SCORES = ["0", "0.2", "0.4", "0.6", "0.8", "1"];

/** Scores that get a line and a label. */
export function ticksOf({ kind, reach }: Axis): readonly string[] {
  if (kind === "score") return SCORES;
  return ODDS.filter((label) => Math.abs(Math.log(Number(label) / (1 - Number(label)))) <= reach + 1e-6);
}
