/** The published form's three stages for the model card: how scores lay before, after the inner and after the outer loop. */
import type { Stage } from "../../model/evaluation.ts";
import type { EpisodeLog } from "./request.ts";

/** Score histograms of the last episode, families taken together; none without families. */
export function episodeStages(episodes: readonly EpisodeLog[]): Stage[] {
  const last = episodes.at(-1);
  if (last === undefined || last.afterOuter.families.length === 0) return [];
  const stages = [
    ["before", last.before],
    ["after inner", last.afterInner],
    ["after outer", last.afterOuter],
  ] as const;
  return stages.map(([name, { normal, families: judged }]) => ({
    name,
    score: `score in episode ${last.episode + 1}`,
    aucRoc: judged.reduce((sum, { auc }) => sum + auc, 0) / judged.length,
    normal,
    anomalous: normal.map((_, bin) => judged.reduce((sum, { histogram }) => sum + histogram[bin], 0)),
  }));
}
