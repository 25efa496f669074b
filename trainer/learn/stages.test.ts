import { expect, test } from "vitest";
import type { Verdict } from "./judge.ts";
import type { EpisodeLog } from "./request.ts";
import { episodeStages } from "./stages.ts";

const verdict = (auc: number): Verdict => ({
  normal: [9, auc],
  families: [
    { family: "worm", auc, gap: 1, histogram: [1, 2], curve: [] },
    { family: "scan", auc: 1, gap: 1, histogram: [0, 4], curve: [] },
  ],
});
const episode = (index: number, ...[before, afterInner, afterOuter]: Verdict[]): EpisodeLog =>
  ({ episode: index, before, afterInner, afterOuter }) as EpisodeLog;

test("the last episode's stages, its families taken together", () => {
  const [first, last] = [
    episode(0, verdict(0), verdict(0), verdict(0)),
    episode(1, verdict(0.5), verdict(0.7), verdict(0.9)),
  ];
  const shared = { score: "score in episode 2", anomalous: [1, 6] };
  expect(episodeStages([first, last])).toEqual([
    { ...shared, name: "before", aucRoc: 0.75, normal: [9, 0.5] },
    { ...shared, name: "after inner", aucRoc: 0.85, normal: [9, 0.7] },
    { ...shared, name: "after outer", aucRoc: 0.95, normal: [9, 0.9] },
  ]);
});

test("none without episodes or families", () => {
  const none: Verdict = { normal: [9, 9], families: [] };
  expect(episodeStages([])).toEqual([]);
  expect(episodeStages([episode(0, none, none, none)])).toEqual([]);
});
