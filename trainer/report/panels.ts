/** The report's plots of one data set, a small panel for each held-out family: ROC, PR and score histograms. */
import * as Plot from "@observablehq/plot";
import { type CurvePoint, meanCurve, meanHistogram } from "./curves.ts";
import type { Frame, MethodInfo, Target } from "./frame.ts";
import { COLOURS, LOST, short, svg, WON } from "./svg.ts";

const ACROSS = 4;
const PANEL = 205;

interface Line extends CurvePoint {
  readonly family: string;
  readonly method: string;
}

/** ROC curves, a panel for each family, a line for each method; with PR curves below from the same data. */
export function curvePanels(frame: Frame, data: string, chosen: readonly MethodInfo[]): { roc: string; pr: string } {
  const targets = frame.targets.filter((target) => target.data === data);
  const lines = targets.flatMap((target) =>
    chosen.flatMap(({ name, title }) =>
      meanCurve(frame.lines(name, target)).map((point): Line => ({ ...point, family: target.family, method: title })),
    ),
  );
  const common = panelsOf(targets);
  const colour = {
    type: "categorical" as const,
    domain: chosen.map(({ title }) => title),
    range: coloursOf(chosen),
  };
  const facet = (row: { family: string }): { fx: number; fy: number } => common.place(row.family);
  const panel = (x: keyof CurvePoint, y: keyof CurvePoint, rows: Line[]): Plot.Markish =>
    Plot.line(rows, {
      x,
      y,
      z: "method",
      stroke: "method",
      fx: (row) => facet(row).fx,
      fy: (row) => facet(row).fy,
      strokeWidth: 1.6,
    });
  const axes = { domain: [0, 1], ticks: [0, 0.5, 1], grid: true };
  const roc = svg(`ROC curves on ${data}`, {
    ...common.options,
    x: { ...axes, label: "false-positive rate →" },
    y: { ...axes, label: "↑ recall" },
    color: colour,
    marks: [
      Plot.frame({ strokeOpacity: 0.25 }),
      Plot.link([0], { x1: 0, y1: 0, x2: 1, y2: 1, strokeOpacity: 0.3, strokeDasharray: "3,3" }),
      panel("falsePositiveRate", "recall", lines),
      common.titles,
    ],
  });
  const pr = svg(`Precision-recall curves on ${data}`, {
    ...common.options,
    x: { ...axes, label: "recall →" },
    y: { domain: [0.4, 1], ticks: [0.5, 0.75, 1], grid: true, label: "↑ precision", clamp: true },
    color: colour,
    marks: [
      Plot.frame({ strokeOpacity: 0.25 }),
      panel(
        "recall",
        "precision",
        lines.filter(({ recall }) => recall > 0.005),
      ),
      common.titles,
    ],
  });
  return { roc, pr };
}

/** Confidence of normal rows (upwards) and of the family's (downwards), a row of panels for each method. */
export function histogramPanels(frame: Frame, data: string, method: MethodInfo): string {
  const targets = frame.targets.filter((target) => target.data === data);
  const bars = targets.flatMap((target) =>
    meanHistogram(frame.lines(method.name, target)).map((bin) => ({
      ...bin,
      family: target.family,
      height: bin.kind === "normal" ? bin.share : -bin.share,
    })),
  );
  if (bars.length === 0) return "";
  const common = panelsOf(targets, 110);
  return svg(`Confidence of ${method.title} on ${data}: normal rows upwards, anomalous rows downwards`, {
    ...common.options,
    x: { domain: [0, 1], ticks: [0, 0.5, 1], label: "confidence that the row is anomalous →" },
    y: {
      label: null,
      ticks: 3,
      tickFormat: (share: number) => String(Math.abs(share)),
    },
    color: { type: "categorical", domain: ["normal", "anomalous"], range: [WON, LOST] },
    marks: [
      Plot.rectY(bars, {
        x1: "from",
        x2: "to",
        y: "height",
        fill: "kind",
        fx: (bar) => common.place(bar.family).fx,
        fy: (bar) => common.place(bar.family).fy,
        insetLeft: 0.5,
        insetRight: 0.5,
      }),
      Plot.ruleY([0]),
      common.titles,
    ],
  });
}

/** The colours of a choice of methods, the same in all panels. */
export function coloursOf(chosen: readonly MethodInfo[]): string[] {
  let peers = 0;
  return chosen.map(({ group }) =>
    group === "ours" ? COLOURS.ours : group === "paper" ? COLOURS.paper : COLOURS.peers[peers++ % COLOURS.peers.length],
  );
}

interface Panels {
  readonly options: Plot.PlotOptions;
  readonly titles: Plot.Markish;
  place(family: string): { fx: number; fy: number };
}

/** A grid of panels, `ACROSS` beside each other, each under its family's name. */
function panelsOf(targets: readonly Target[], height = 150): Panels {
  const families = targets.map(({ family }) => family);
  const across = Math.min(ACROSS, families.length);
  const place = (family: string): { fx: number; fy: number } => {
    const i = families.indexOf(family);
    return { fx: i % across, fy: Math.floor(i / across) };
  };
  const down = Math.ceil(families.length / across);
  return {
    place,
    options: {
      width: 70 + PANEL * across,
      height: 72 + (height + 25) * down,
      marginTop: 24,
      marginLeft: 50,
      marginBottom: 42,
      fx: { axis: null, padding: 0.12 },
      fy: { axis: null, padding: 0.22 },
    },
    titles: Plot.text(families, {
      text: (family) => short(family, 30),
      fx: (family) => place(family).fx,
      fy: (family) => place(family).fy,
      frameAnchor: "top",
      dy: -14,
      fontWeight: "bold",
    }),
  };
}
