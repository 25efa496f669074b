/** The report's tables of whole benchmarks. */
import { budgetText } from "../../model/thresholds.ts";
import type { ResultLine } from "../benchmark/line.ts";
import { type Comparison, outcome } from "./compare.ts";
import { aucOf, type Figure, type Frame, macro, mean, type MethodInfo, recallAtTrueOnePercent } from "./frame.ts";
import { type Cell, fixed, plusMinus, signed, type Table } from "./section.ts";
import { LOST, WON } from "./svg.ts";

/** Every method's means: figures, price, rank. */
export function meansTable(frame: Frame, { focus, ranking }: Comparison): Table {
  const best = bestOf(frame);
  return {
    kind: "table",
    caption: "Means over data sets, best AUC-ROC first",
    head: [
      "method",
      "AUC-ROC",
      "AP",
      "AP natural",
      "F1 at τ*",
      "recall, 1 % budget",
      "Brier",
      "mean rank",
      "best on",
      "labels",
      "fit, s",
      "µs a row",
      "KB",
    ],
    rows: frame.methods.map(({ name, title }, i) => [
      title,
      plusMinus(macro(frame, name, aucOf)),
      plusMinus(macro(frame, name, (line) => line.averagePrecision.balanced)),
      fixed(macro(frame, name, (line) => line.averagePrecision.natural).mean),
      fixed(macro(frame, name, (line) => line.atF1.f1).mean),
      fixed(macro(frame, name, (line) => line.budgets["0.01"].recall).mean),
      fixed(macro(frame, name, (line) => line.confidence.unseen?.brier ?? Number.NaN).mean),
      fixed(ranking?.ranks[i] ?? Number.NaN, 2),
      `${best.get(name) ?? 0} of ${frame.targets.length}`,
      fixed(macro(frame, name, (line) => line.labels.all).mean, 0),
      fixed(macro(frame, name, (line) => line.fitSeconds).mean, 2),
      fixed(macro(frame, name, (line) => line.microsecondsPerRow).mean, 1),
      fixed(macro(frame, name, (line) => line.bytes / 1024).mean, 0),
    ]),
    focus: focus.title,
  };
}

/** On how many targets each method is the best, or ties with it. */
function bestOf({ methods, targets, ...frame }: Frame): Map<string, number> {
  const counts = new Map<string, number>();
  for (const target of targets) {
    const values = methods.map(({ name }) => ({ name, value: mean(frame.lines(name, target).map(aucOf)) }));
    const most = Math.max(...values.map(({ value }) => value));
    for (const { name, value } of values) {
      if (outcome(value - most) !== "lost") counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return counts;
}

/** What thresholds set on validation rows give on test rows. */
export function thresholdTable(frame: Frame, focus: MethodInfo): Table {
  const budgets = ["0.001", "0.01", "0.05"] as const;
  const columns: readonly Figure[] = [
    ({ atF1 }) => atF1.precision,
    ({ atF1 }) => atF1.recall,
    ({ atF1 }) => atF1.accuracy,
    ({ atF1 }) => atF1.falsePositiveRate,
    ...budgets.flatMap((budget): Figure[] => [
      (line: ResultLine) => line.budgets[budget].recall,
      (line: ResultLine) => line.budgets[budget].falsePositiveRate,
    ]),
    recallAtTrueOnePercent,
  ];
  return {
    kind: "table",
    caption:
      "At τ*, the best F1 on validation rows of seen families; at false-positive budgets (realised rate beside it); and where 1 % of these very normal rows are flagged",
    head: [
      "method",
      ...["precision", "recall", "accuracy", "FP rate"].map((name) => `${name} at τ*`),
      ...budgets.flatMap((budget) => [`recall at ${budgetText(budget)}`, `FP at ${budgetText(budget)}`]),
      "recall at a realised 1 %",
    ],
    rows: frame.methods.map(({ name, title }) => [
      title,
      ...columns.map((figure, i) => fixed(macro(frame, name, figure).mean, i > 3 && i % 2 === 1 ? 4 : 3)),
    ]),
    focus: focus.title,
  };
}

/** The focus against each other method. */
export function duelTable({ focus, duels }: Comparison): Table {
  return {
    kind: "table",
    caption: `${focus.title} against each method: mean difference of AUC-ROC, families won, tied (within .0005) and lost, Wilcoxon's signed-rank test corrected by Holm`,
    head: ["method", "difference", "won", "tied", "lost", "p"],
    rows: duels.map(({ method, difference, wins, ties, losses, p }) => [
      method.title,
      coloured(difference),
      String(wins),
      String(ties),
      String(losses),
      p < 0.001 ? p.toExponential(1) : fixed(p),
    ]),
  };
}

/** The focus against the best other method on each family, losses first. */
export function gapTable({ focus, gaps }: Comparison): Table {
  const count = (kind: "won" | "tied" | "lost"): number =>
    gaps.filter((gap) => outcome(gap.difference) === kind).length;
  return {
    kind: "table",
    caption: `${focus.title} is ahead of every other method on ${count("won")} families, level with the best on ${count("tied")}, behind the best on ${count("lost")}`,
    head: ["data set", "family", focus.title, "best other", "its AUC-ROC", "difference"],
    rows: gaps.map((gap) => [
      gap.data,
      gap.family,
      fixed(gap.focus),
      gap.bestMethod.title,
      fixed(gap.best),
      coloured(gap.difference),
    ]),
  };
}

/** Mean AUC-ROC by the number of labels. */
export function shotsTable(frames: readonly Frame[], focus: MethodInfo): Table {
  const sorted = frames.toSorted((a, b) => a.setting.shots - b.setting.shots);
  const methods = new Map(frames.flatMap((frame) => frame.methods.map((method) => [method.name, method])));
  return {
    kind: "table",
    caption: "Mean AUC-ROC by labels per seen family",
    head: ["method", ...sorted.map(({ setting }) => String(setting.shots))],
    rows: [...methods.values()].map(({ name, title }) => [
      title,
      ...sorted.map((frame) =>
        frame.methods.some((method) => method.name === name) ? plusMinus(macro(frame, name, aucOf)) : "–",
      ),
    ]),
    focus: focus.title,
  };
}

function coloured(difference: number): Cell {
  const kind = outcome(difference);
  const words = signed(difference);
  return kind === "tied" ? { text: words } : { text: words, colour: kind === "won" ? WON : LOST };
}
