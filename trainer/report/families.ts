/** The report's sections on single data sets: every method on every held-out family, curves and histograms. */
import { aucOf, type Frame, macro, type MethodInfo, spreadOf, type Target } from "./frame.ts";
import { familiesMap } from "./heat.ts";
import { coloursOf, curvePanels, histogramPanels } from "./panels.ts";
import { plusMinus, type Plot, type Section, type Table } from "./section.ts";
import { LOST, WON } from "./svg.ts";

/** Methods whose histograms are shown: the focus, the published one, the best peer. */
const HISTOGRAMS = 3;

/** One section for each data set of the frame. */
export function dataSections(frame: Frame, chosen: readonly MethodInfo[], focus: MethodInfo): Section[] {
  const legend = chosen.map(({ title }, i) => ({ label: title, colour: coloursOf(chosen)[i] }));
  const kinds = [
    { label: "normal rows", colour: WON },
    { label: "rows of the held-out family", colour: LOST },
  ];
  const shown = [focus, ...chosen.filter((method) => method !== focus)].slice(0, HISTOGRAMS);
  return frame.data.map((data): Section => {
    const { roc, pr } = curvePanels(frame, data, chosen);
    const histograms = shown.flatMap((method): Plot[] => {
      const svg = histogramPanels(frame, data, method);
      const caption = `Confidence of ${method.title}, normal rows upwards, the held-out family's downwards`;
      return svg === "" ? [] : [{ kind: "plot", caption, svg, legend: kinds }];
    });
    return {
      title: data,
      level: 2,
      blocks: [
        { kind: "plot", caption: "AUC-ROC by method and held-out family", svg: familiesMap(frame, data) },
        familyTable(frame, data, focus),
        { kind: "plot", caption: "ROC curves by held-out family, means over seeds", svg: roc, legend },
        {
          kind: "plot",
          caption: "Precision and recall by held-out family, classes weighing half each",
          svg: pr,
          legend,
        },
        ...histograms,
      ],
    };
  });
}

function familyTable(frame: Frame, data: string, focus: MethodInfo): Table {
  const targets = frame.targets.filter((target) => target.data === data);
  const cell = (method: string, target: Target): string => plusMinus(spreadOf(frame.lines(method, target).map(aucOf)));
  const rows = (target: Target): number => frame.lines(frame.methods[0].name, target)[0]?.rows.anomalous ?? 0;
  return {
    kind: "table",
    caption: "AUC-ROC, mean ± standard deviation over seeds",
    head: ["method", "mean", ...targets.map((target) => `${target.family} (${rows(target)} rows)`)],
    rows: frame.methods.map(({ name, title }) => [
      title,
      plusMinus(macro(frame, name, aucOf, data)),
      ...targets.map((target) => cell(name, target)),
    ]),
    focus: focus.title,
  };
}
