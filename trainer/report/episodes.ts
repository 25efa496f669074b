/** An episode log of the published form as plots: how each family's scores lie before, after the inner, after the outer loop. */
import * as Plot from "@observablehq/plot";
import { readFileSync } from "node:fs";
import { UnseenError } from "../../model/errors.ts";
import { HISTOGRAM_BINS } from "../learn/judge.ts";
import type { EpisodeLog } from "../learn/request.ts";
import { type Section, text } from "./section.ts";
import { COLOURS, LOST, short, svg, WON } from "./svg.ts";

const STAGES = [
  ["before", "before"],
  ["afterInner", "after inner"],
  ["afterOuter", "after outer"],
] as const;
const COURSES = COLOURS.peers.slice(0, STAGES.length);
const PANEL = { width: 190, height: 84 } as const;

/** The lines of `unseen train --method paper --log FILE`. @throws UnseenError data-not-found, data-unreadable */
export function readEpisodes(file: string): EpisodeLog[] {
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch {
    const remedy = "Make it with `unseen train --method paper --log FILE`.";
    throw new UnseenError("data-not-found", `${file} cannot be read.`, remedy, { file });
  }
  return content
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line, i) => {
      try {
        const log = JSON.parse(line) as EpisodeLog;
        if (STAGES.every(([stage]) => Array.isArray(log[stage].families))) return log;
      } catch {
        // told below
      }
      const what = `Line ${i + 1} of ${file} is no episode.`;
      throw new UnseenError("data-unreadable", what, "Name the file that `unseen train --log` wrote.", {
        file,
        row: i + 1,
      });
    });
}

/** Two plots of a log: AUC-ROC over the episodes, and the last episode's histograms in three stages. */
export function episodeSections(episodes: readonly EpisodeLog[]): Section[] {
  const last = episodes.at(-1);
  if (last === undefined || last.afterOuter.families.length === 0) return [];
  const words = `${episodes.length} episodes of the published form, judged on rows of the training side: labels of seen families and normal rows of the domains that stood outside.`;
  return [
    {
      title: "Episodes",
      level: 1,
      blocks: [
        text(words),
        {
          kind: "plot",
          caption: "Mean AUC-ROC of the families over the episodes",
          svg: courses(episodes),
          legend: STAGES.map(([, label], i) => ({ label, colour: COURSES[i] })),
        },
        {
          kind: "plot",
          caption: `Scores of episode ${last.episode + 1}: normal rows upwards, each family's downwards`,
          svg: stages(last),
          legend: [
            { label: "normal", colour: WON },
            { label: "family", colour: LOST },
          ],
        },
      ],
    },
  ];
}

function courses(episodes: readonly EpisodeLog[]): string {
  const points = episodes.flatMap((log) =>
    STAGES.map(([key, stage]) => {
      const { families } = log[key];
      return {
        episode: log.episode + 1,
        stage,
        auc: families.reduce((sum, { auc }) => sum + auc, 0) / families.length,
      };
    }),
  );
  return svg("Mean AUC-ROC of the families over the episodes", {
    width: 720,
    height: 300,
    x: { label: "episode →", ticks: Math.min(10, episodes.length), tickFormat: "d" },
    y: { label: "↑ mean AUC-ROC", grid: true },
    color: { type: "categorical", domain: STAGES.map(([, stage]) => stage), range: [...COURSES] },
    marks: [Plot.line(points, { x: "episode", y: "auc", stroke: "stage", strokeWidth: 1.6 })],
  });
}

function stages(log: EpisodeLog): string {
  const names = log.afterOuter.families.map(({ family }) => family);
  const bars = STAGES.flatMap(([key, stage]) => {
    const { normal, families } = log[key];
    const share = (bins: readonly number[], sign: number, family: string): object[] => {
      const total = bins.reduce((sum, count) => sum + count, 0) || 1;
      return bins.map((count, i) => ({
        from: i / HISTOGRAM_BINS,
        to: (i + 1) / HISTOGRAM_BINS,
        height: (sign * count) / total,
        fill: sign > 0 ? WON : LOST,
        stage,
        family,
      }));
    };
    return families.flatMap(({ family, histogram }) => [...share(normal, 1, family), ...share(histogram, -1, family)]);
  });
  return svg("Scores before, after the inner and after the outer loop", {
    width: 150 + PANEL.width * STAGES.length,
    height: 70 + PANEL.height * names.length,
    marginLeft: 130,
    marginRight: 20,
    x: { domain: [0, 1], ticks: [0, 0.5], label: "anomaly score →" },
    y: { axis: null },
    fx: { domain: STAGES.map(([, stage]) => stage), label: null, padding: 0.1 },
    fy: { domain: names, label: null, axis: "left", padding: 0.15, tickFormat: (name: string) => short(name) },
    marks: [
      Plot.rectY(bars, { x1: "from", x2: "to", y: "height", fill: "fill", fx: "stage", fy: "family", insetLeft: 0.5 }),
      Plot.ruleY([0]),
    ],
  });
}
