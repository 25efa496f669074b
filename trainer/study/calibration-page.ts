/** The study of confidence as a page. */
import { fixed } from "../report/section.ts";
import { COLOURS } from "../report/svg.ts";
import type { CalibrationResult, CalibrationTask } from "./calibration.ts";
import { CONFIDENCES, type ConfidenceName } from "./confidences.ts";
import { figure, type Pair, pairsPanel } from "./figure.ts";
import { focusOf, listed, macroMean, percent, seedMeans, withError } from "./means.ts";
import type { Entry, Page } from "./study.ts";

type Line = CalibrationResult & { readonly data: string; readonly seed: number; readonly method: string };

/** Means of one confidence over seeds, data sets and held-out families. */
export interface Judged {
  readonly confidence: ConfidenceName;
  readonly seen: { readonly ece: number; readonly brier: number };
  readonly unseen: { readonly ece: number; readonly brier: number };
  readonly recall: number;
}

const FIGURES: readonly { readonly caption: string; readonly of: (line: Line) => number }[] = [
  { caption: "ECE, seen", of: ({ seen }) => seen?.ece ?? Number.NaN },
  { caption: "ECE, unseen", of: ({ unseen }) => unseen.ece },
  { caption: "Brier, seen", of: ({ seen }) => seen?.brier ?? Number.NaN },
  { caption: "Brier, unseen", of: ({ unseen }) => unseen.brier },
];

export function calibrationPage(entries: readonly Entry<CalibrationTask, CalibrationResult>[]): Page {
  const lines = entries.flatMap(({ task: { data, seed, method }, results }): Line[] =>
    results.map((result) => ({ ...result, data, seed, method })),
  );
  const data = [...new Set(lines.map((line) => line.data))];
  const facets = data.length > 1 ? [...data, "mean"] : data;
  const groups = [...new Set(lines.map(({ method }) => method))].flatMap((method) =>
    facets.map((facet) => ({
      method,
      facet,
      lines: lines.filter((line) => line.method === method && (facet === "mean" || line.data === facet)),
    })),
  );
  const focus = focusOf(groups.map(({ method }) => method));
  const colours = [COLOURS.peers[0], COLOURS.ours] as const;
  const panel = (caption: string, first: number, second: number): { caption: string; svg: string } => {
    const pairs = groups
      .filter(({ method }) => method === focus)
      .flatMap(({ facet, lines: own }) =>
        CONFIDENCES.map((name): Pair => {
          const some = own.filter(({ confidence }) => confidence === name);
          const value = (figure: number): number => macroMean(some, FIGURES[figure].of);
          return { facet, name, first: value(first), second: value(second) };
        }),
      );
    return { caption, svg: pairsPanel(pairs, { title: caption, x: `${caption} (0 is best) →`, colours }) };
  };
  return {
    finding: calibrationFinding(
      focus,
      CONFIDENCES.map((name) =>
        judged(
          name,
          lines.filter((line) => line.method === focus && line.confidence === name),
        ),
      ),
    ),
    caption:
      "Calibration on seen and unseen families ± standard error over seeds, recall of the unseen family at the 1 % budget",
    head: [
      "confidence",
      "method",
      "data",
      ...FIGURES.map(({ caption }) => caption),
      "AUC-ROC",
      "recall at 1 %",
      "flagged",
    ],
    rows: groups.flatMap(({ method, facet, lines: own }) =>
      CONFIDENCES.map((name) => {
        const some = own.filter(({ confidence }) => confidence === name);
        return [
          name,
          method,
          facet,
          ...FIGURES.map(({ of }) => withError(seedMeans(some, of))),
          withError(seedMeans(some, ({ aucRoc }) => aucRoc)),
          withError(seedMeans(some, ({ recall }) => recall)),
          percent(macroMean(some, ({ falsePositiveRate }) => falsePositiveRate)),
        ];
      }),
    ),
    svg: figure(
      "Confidences on seen and unseen families",
      [
        { label: "families seen in training", colour: colours[0] },
        { label: "unseen families", colour: colours[1] },
      ],
      [panel("Expected calibration error", 0, 1), panel("Brier score", 2, 3)],
    ),
  };
}

function judged(confidence: ConfidenceName, lines: readonly Line[]): Judged {
  const [ece, unseenEce, brier, unseenBrier] = FIGURES.map(({ of }) => macroMean(lines, of));
  const recall = macroMean(lines, (line) => line.recall);
  return { confidence, seen: { ece, brier }, unseen: { ece: unseenEce, brier: unseenBrier }, recall };
}

/** Differences below this are none. */
const TIE = 0.005;
/** Saying one half of every row has an ECE of 0 and a Brier score of 0.25: a confidence near that knows nothing. */
const KNOWS_NOTHING = 0.24;

/** @param all every confidence of one method, the softmax margin among them */
export function calibrationFinding(method: string, all: readonly Judged[]): [string, string] {
  const own = all.find(({ confidence }) => confidence === "softmax margin") ?? all[0];
  const best = (side: "seen" | "unseen", figure: "ece" | "brier"): Judged => {
    const useful = all.filter((one) => one === own || one[side].brier < KNOWS_NOTHING);
    return useful.reduce((a, b) => (b[side][figure] < a[side][figure] ? b : a));
  };
  const said = (side: "seen" | "unseen"): string => {
    if (!Number.isFinite(own[side].ece)) return `no test row of ${side} families is left to tell`;
    const lowest = best(side, "ece");
    const [ece, ours] = [lowest[side].ece, own[side].ece];
    const what = side === "seen" ? "families seen in training" : "unseen ones";
    if (lowest === own) return `on ${what} the softmax margin of ${method} has the lowest ECE (${fixed(ours)})`;
    const near = ours - ece <= TIE ? "no worse than" : "above";
    return `on ${what} the softmax margin of ${method} has an ECE of ${fixed(ours)}, ${near} the lowest, ${lowest.confidence}'s ${fixed(ece)}`;
  };
  const finest = best("unseen", "brier");
  const ratio = own.unseen.ece / own.seen.ece;
  const carries = !Number.isFinite(ratio)
    ? `${finest.confidence} has the lowest Brier score on unseen families (${fixed(finest.unseen.brier)})`
    : own.unseen.ece - own.seen.ece <= TIE
      ? "what is calibrated on seen families holds on unseen ones"
      : `the margin's calibration does not carry over, its ECE on unseen families is ${fixed(ratio, 1)} times as large, and ${finest.confidence} has the lowest Brier score there (${fixed(finest.unseen.brier)})`;
  const others = all.filter((one) => Math.abs(one.recall - own.recall) > TIE);
  const rest = others.length < all.length - 1 ? ["the same with the others, which rank rows alike"] : [];
  const recall =
    others.length === 0
      ? `none of the others changes its recall at the 1 % budget (${fixed(own.recall)})`
      : `at the 1 % budget its recall is ${fixed(own.recall)} (${[...others.map((one) => `${fixed(one.recall)} with ${one.confidence}`), ...rest].join(", ")})`;
  const idle = all.filter((one) => one !== own && one.unseen.brier >= KNOWS_NOTHING).map((one) => one.confidence);
  const aside =
    idle.length === 0
      ? ""
      : ` (left aside: ${listed(idle)}, which ${idle.length === 1 ? "knows" : "know"} no better than one half of every row)`;
  return [`${capital(said("seen"))}; ${said("unseen")}${aside}.`, `${capital(carries)}; ${recall}.`];
}

function capital(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
