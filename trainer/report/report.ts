/** What the report says: chapters for each way of splitting, with means, comparisons, calibration, cost and families. */
import type { ResultLine, Setting } from "../benchmark/line.ts";
import { compare, type Comparison, focusOf } from "./compare.ts";
import { calibrationPlot, costPlot, shotsPlot } from "./costs.ts";
import { dataSections } from "./families.ts";
import { type Figure, type Frame, framesOf, keyOf, type MethodInfo } from "./frame.ts";
import { dataMap } from "./heat.ts";
import { gapsPlot, meansPlot, methodLegend, ranksPlot } from "./plots.ts";
import { type Report, type Section, text } from "./section.ts";
import { duelTable, gapTable, meansTable, shotsTable, thresholdTable } from "./tables.ts";

/** Methods in a plot of curves at the most: more cannot be told apart. */
const CURVES = 6;

/**
 * @param known titles and groups of methods
 * @param focus the method to compare with the others; without, ours or the best
 */
export function reportOf(lines: readonly ResultLine[], known: readonly MethodInfo[], focus?: string): Report {
  const frames = framesOf(lines, known);
  const families = new Set(lines.map(keyOf)).size;
  const chapters = Map.groupBy(frames, ({ setting }) => JSON.stringify({ ...setting, shots: undefined }));
  return {
    title: "Anomaly families never seen: benchmark",
    intro: [
      `${lines.length.toLocaleString("en")} measurements of ${new Set(lines.map(({ method }) => method)).size} methods on ${families} held-out families of ${new Set(lines.map(({ data }) => data)).size} data sets.`,
      "Each family is kept out of fitting, scaling, selection, early stopping and thresholds, and then told from normal rows that fitting has not seen. Means are over data sets of the means over their families; ± is the standard deviation of that mean over seeds. AP, precision, F1, accuracy, calibration error and Brier score weigh normal and anomalous rows half each.",
    ],
    sections: [...chapters.values()].flatMap((chapter) => chapterSections(chapter, focus)),
  };
}

/** Frames that differ in nothing but the number of labels; the first is shown whole. */
function chapterSections(frames: readonly Frame[], focusName: string | undefined): Section[] {
  const [frame] = frames;
  const title = titleOf(frame.setting);
  const focus = focusOf(frame, focusName);
  const apart = frame.incomplete.map(({ method, lines, of }) => `${method} (${lines} of ${of})`);
  const notes = [
    `${frame.targets.length} families of ${frame.data.length} data sets, seeds ${frame.seeds.join(", ")}.`,
    ...(apart.length > 0 ? [`Left out for want of measurements: ${apart.join(", ")}.`] : []),
  ].join(" ");
  if (focus === undefined) return [{ title, level: 1, blocks: [text(notes)] }];
  const comparison = compare(frame, focus);
  const chosen = chosenFor(frame, focus);
  return [
    {
      title,
      level: 1,
      blocks: [
        text(notes),
        {
          kind: "plot",
          caption: "Mean AUC-ROC ± standard deviation over seeds",
          svg: meansPlot(frame, focus),
          legend: methodLegend(frame, focus),
        },
        meansTable(frame, comparison),
        thresholdTable(frame, focus),
      ],
    },
    ...comparisonSections(frame, comparison),
    ...costSections(frame, focus),
    ...shotsSections(frames, chosen, focus),
    {
      title: "Data sets",
      level: 2,
      blocks: [
        { kind: "plot", caption: "Mean AUC-ROC over the held-out families of each data set", svg: dataMap(frame) },
      ],
    },
    ...dataSections(frame, chosen, focus),
  ];
}

function comparisonSections(frame: Frame, comparison: Comparison): Section[] {
  const { focus, gaps, ranking } = comparison;
  if (gaps.length === 0) return [];
  const sections: Section[] = [
    {
      title: `${focus.title} beside the best other method`,
      level: 2,
      blocks: [
        text(
          "The best other method is chosen for each family with hindsight, which no user could do: a method that is ahead here is ahead of all others at once.",
        ),
        {
          kind: "plot",
          caption: "AUC-ROC, difference to the best other method by held-out family, losses first",
          svg: gapsPlot(comparison),
        },
        gapTable(comparison),
      ],
    },
  ];
  if (ranking !== null) {
    const words = `Friedman's test over ${frame.targets.length} families: p = ${ranking.p.toExponential(1)}. Critical difference of mean ranks by Nemenyi's test at 5 %: ${ranking.criticalDifference.toFixed(2)}. Pairs are (data set, family), AUC-ROC as means over seeds; families of one data set are not independent, so that p-values are a guide rather than a proof.`;
    sections.push({
      title: "Ranks and paired tests",
      level: 2,
      blocks: [
        text(words),
        {
          kind: "plot",
          caption: "Mean ranks with half the critical difference to both sides: bars that do not meet differ",
          svg: ranksPlot(frame, comparison),
        },
        duelTable(comparison),
      ],
    });
  }
  return sections;
}

function costSections(frame: Frame, focus: MethodInfo): Section[] {
  const calibration = calibrationPlot(frame, focus);
  const figures: readonly (readonly [string, Figure])[] = [
    ["seconds to fit", (line) => line.fitSeconds],
    ["microseconds per row", (line) => line.microsecondsPerRow],
    ["kilobytes to keep", (line) => line.bytes / 1024],
  ];
  const costs: Section = {
    title: "Cost",
    level: 2,
    blocks: figures.map(([label, figure]) => {
      const svg = costPlot(frame, focus, label, figure);
      return { kind: "plot", caption: `Mean AUC-ROC against ${label}`, svg };
    }),
  };
  if (calibration === "") return [costs];
  const words =
    "Confidence is the method's own where it gives probabilities, else Platt scaling of its scores, fitted on validation rows of seen families. What it is worth on a family never seen is another matter.";
  const caption = "Expected calibration error of the confidence, 10 bins";
  return [
    { title: "Calibration", level: 2, blocks: [text(words), { kind: "plot", caption, svg: calibration }] },
    costs,
  ];
}

function shotsSections(frames: readonly Frame[], chosen: readonly MethodInfo[], focus: MethodInfo): Section[] {
  const shared = onShared(frames);
  const families = shared[0].targets.length;
  if (frames.length < 2 || families === 0) return [];
  const words = `Over the ${families === 1 ? "one family" : `${families} families`} measured with each number of labels.`;
  const caption = "Mean AUC-ROC against labels per seen family";
  return [
    {
      title: "Fewer and more labels",
      level: 2,
      blocks: [
        ...(frames.some(({ targets }) => targets.length > families) ? [text(words)] : []),
        { kind: "plot", caption, svg: shotsPlot(shared, chosen, focus) },
        shotsTable(shared, focus),
      ],
    },
  ];
}

/** The frames cut down to the families that all of them have, so that their means compare. */
function onShared(frames: readonly Frame[]): Frame[] {
  const keys = frames.map(({ targets }) => new Set(targets.map(keyOf)));
  return frames.map((frame) => ({
    ...frame,
    targets: frame.targets.filter((target) => keys.every((own) => own.has(keyOf(target)))),
  }));
}

/** The focus, ours and the published method, and the best peers, to draw curves of. */
function chosenFor({ methods }: Frame, focus: MethodInfo): MethodInfo[] {
  const first = methods.filter((method) => method === focus || method.group === "ours" || method.group === "paper");
  const peers = methods.filter((method) => !first.includes(method));
  return [...first, ...peers].slice(0, CURVES);
}

function titleOf({ split, shots, holdOutK, full, normalRows, nested }: Setting): string {
  const how = {
    random: "Rows split at random",
    blocks: "Split by blocks (patients, runs, stretches of time)",
    "domain-out": "A normal domain kept out of fitting",
  }[split];
  const held = holdOutK > 1 ? `, ${holdOutK} families held out at a time` : "";
  const few = normalRows === undefined ? "" : `, ${normalRows} normal training rows`;
  const inside = nested ? ", families hidden inside the training side" : "";
  return `${how}, ${shots} labels per seen family${held}${full ? ", without caps" : ""}${few}${inside}`;
}
