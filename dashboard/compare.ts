/** Whether the service gives the page's rows the same scores. */
import { serverScores } from "./api.ts";
import type { ScoringThread } from "./thread.ts";

/** Rows sent for comparison: as many as the service explains at once, and no heavier. */
export const COMPARED = 64;

/**
 * Sends rows spread over the file to the service.
 *
 * @param scores the page's, NaN where a row could not be read
 * @returns in words how the service's compare
 */
export async function compareScores(
  thread: ScoringThread,
  { name, version }: { readonly name: string; readonly version: number },
  scores: Float32Array,
): Promise<string> {
  const known = Array.from(scores.keys()).filter((row) => !Number.isNaN(scores[row]));
  const many = Math.min(COMPARED, known.length);
  const rows = Array.from({ length: many }, (_, i) => known[Math.floor((i * known.length) / many)]);
  try {
    const theirs = await serverScores(name, version, await thread.call("instances", rows));
    const same = theirs.filter((score, i) => score === scores[rows[i]]).length;
    const apart = Math.max(...theirs.map((score, i) => Math.abs(score - scores[rows[i]])));
    return same === many
      ? `All ${many} scores are equal to the service's, to the last digit.`
      : `${same} of ${many} scores are equal to the service's; the farthest differs by ${apart.toExponential(1)}.`;
  } catch (cause) {
    const { message, remedy = "" } = cause as Error & { remedy?: string };
    return `${message} ${remedy}`;
  }
}
