/** Whether the service gives the page's rows the same scores. */
import { serverScores } from "./api.ts";
import type { ScoringThread } from "./thread.ts";

/** Rows sent for comparison: as many as the service explains at once, and no heavier. */
const COMPARED = 64;
/** Scores this near are equal: the service may score by another build of the kernel, which rounds otherwise. */
const NEAR = 1e-6;
const WITHIN = "within 1e-6";

export const HINT = `Sends up to ${COMPARED} of these rows to this service; scores ${WITHIN} of each other count as equal.`;

/**
 * Sends rows spread over the file to the service.
 *
 * @param scores the page's of that run, NaN where a row could not be read
 * @returns in words how the service's compare
 */
export async function compareScores(
  thread: ScoringThread,
  { name, version }: { readonly name: string; readonly version: number },
  run: number,
  scores: Float32Array,
): Promise<string> {
  const known = Array.from(scores.keys()).filter((row) => !Number.isNaN(scores[row]));
  if (known.length === 0) return "None of these rows has a score, so there is nothing to compare.";
  const many = Math.min(COMPARED, known.length);
  const rows = Array.from({ length: many }, (_, i) => known[Math.floor((i * known.length) / many)]);
  try {
    const theirs = await serverScores(name, version, await thread.call("instances", run, rows));
    return comparison(
      theirs,
      rows.map((row) => scores[row]),
      version,
    );
  } catch (cause) {
    const { message, remedy = "" } = cause as Error & { remedy?: string };
    return `${message} ${remedy}`;
  }
}

/** How the service's scores by a version compare with the page's of the same rows, in words. */
export function comparison(theirs: readonly number[], ours: readonly number[], version: number): string {
  const apart = ours.map((score, i) => Math.abs(theirs[i] - score));
  const same = apart.filter((by) => by <= NEAR).length;
  const farthest = Math.max(...apart);
  if (same < ours.length) {
    const far = farthest.toExponential(1);
    return `${same} of ${ours.length} scores by version ${version} are equal to the service's ${WITHIN}; the farthest differs by ${far}.`;
  }
  return `All ${same} scores by version ${version} are equal to the service's${farthest > 0 ? ` ${WITHIN}` : ", to the last digit"}.`;
}
