/** The report's plots of whole benchmarks: means, differences, ranks. */
import * as Plot from "@observablehq/plot";
import { type Comparison, outcome } from "./compare.ts";
import { aucOf, type Frame, macro, type MethodInfo } from "./frame.ts";
import { signed } from "./section.ts";
import { COLOURS, LOST, short, svg, WON } from "./svg.ts";

/** Width of a plot, and height of a method in it. */
export const WIDTH = 860;
export const ROW = 20;
export const MARGINS = { marginLeft: 190, marginRight: 60, marginBottom: 42 } as const;

/** Mean AUC-ROC of each method with a standard deviation over seeds to both sides. */
export function meansPlot(frame: Frame, focus: MethodInfo): string {
  const rows = frame.methods.map((method) => ({ method, ...macro(frame, method.name, aucOf) }));
  return svg("Mean AUC-ROC of each method", {
    width: WIDTH,
    height: 70 + ROW * rows.length,
    ...MARGINS,
    x: { label: "AUC-ROC, mean over data sets of means over held-out families →", grid: true, inset: 8 },
    y: { label: null, domain: rows.map(({ method }) => method.title) },
    marks: [
      Plot.ruleY(
        rows.filter(({ deviation }) => !Number.isNaN(deviation)),
        {
          x1: (row) => row.mean - row.deviation,
          x2: (row) => row.mean + row.deviation,
          y: (row) => row.method.title,
          strokeWidth: 2,
          stroke: (row) => colourOf(row.method, focus),
        },
      ),
      Plot.dot(rows, {
        x: "mean",
        y: (row) => row.method.title,
        r: 4.5,
        fill: (row) => colourOf(row.method, focus),
      }),
      Plot.text(rows, {
        x: (row) => row.mean + (row.deviation || 0),
        y: (row) => row.method.title,
        text: (row) => row.mean.toFixed(3),
        dx: 8,
        textAnchor: "start",
      }),
    ],
  });
}

/** The focus minus the best other method, a bar for each held-out family; the axis reaches as far below zero as above. */
export function gapsPlot({ focus, gaps }: Comparison): string {
  const most = Math.max(0.01, ...gaps.map(({ difference }) => Math.abs(difference)));
  const rows = gaps.map((gap) => ({ ...gap, name: `${gap.data} · ${gap.family}` }));
  const words = (behind: boolean): Plot.Markish =>
    Plot.text(rows, {
      filter: (row) => row.difference < 0 === behind,
      x: "difference",
      y: "name",
      text: (row) => `${signed(row.difference)}  ${short(row.bestMethod.title, 26)}`,
      textAnchor: behind ? "end" : "start",
      dx: behind ? -4 : 4,
    });
  return svg(`${focus.title} minus the best other method, by held-out family`, {
    width: WIDTH,
    height: 70 + 17 * rows.length,
    marginLeft: 260,
    marginBottom: 42,
    x: {
      label: `AUC-ROC of ${focus.title} minus that of the best other method`,
      grid: true,
      domain: [-2 * most, 2 * most],
    },
    y: { label: null, domain: rows.map(({ name }) => name), tickFormat: (name: string) => short(name, 42) },
    marks: [
      Plot.barX(rows, { x: "difference", y: "name", fill: ({ difference }) => outcomeColour(difference) }),
      Plot.ruleX([0]),
      words(true),
      words(false),
    ],
  });
}

/** Mean ranks; methods whose bars do not meet differ at the 5 % level. */
export function ranksPlot(frame: Frame, { ranking, focus }: Comparison): string {
  if (ranking === null) return "";
  const half = ranking.criticalDifference / 2;
  const rows = frame.methods.map((method, i) => ({ method, rank: ranking.ranks[i] })).sort((a, b) => a.rank - b.rank);
  const own = rows.find(({ method }) => method === focus);
  return svg("Mean rank of each method with half the critical difference to both sides", {
    width: WIDTH,
    height: 70 + ROW * rows.length,
    ...MARGINS,
    x: { label: "mean rank over held-out families (1 is best) →", grid: true, inset: 8 },
    y: { label: null, domain: rows.map(({ method }) => method.title) },
    marks: [
      Plot.rectX(own ? [own] : [], {
        x1: (row) => row.rank - half,
        x2: (row) => row.rank + half,
        fill: COLOURS.ours,
        fillOpacity: 0.12,
      }),
      Plot.ruleY(rows, {
        x1: (row) => row.rank - half,
        x2: (row) => row.rank + half,
        y: (row) => row.method.title,
        strokeWidth: 3,
        stroke: (row) => colourOf(row.method, focus),
        strokeOpacity: 0.55,
      }),
      Plot.dot(rows, { x: "rank", y: (row) => row.method.title, r: 4.5, fill: (row) => colourOf(row.method, focus) }),
      Plot.text(rows, {
        x: (row) => row.rank + half,
        y: (row) => row.method.title,
        text: (row) => row.rank.toFixed(2),
        dx: 8,
        textAnchor: "start",
      }),
    ],
  });
}

/** Won and lost look equally strong; a tie is grey. */
function outcomeColour(difference: number): string {
  const kind = outcome(difference);
  return kind === "won" ? WON : kind === "lost" ? LOST : "#8c8c8c";
}

/** What colours mean in the plots of all methods. */
export function methodLegend({ methods }: Frame, focus: MethodInfo): { label: string; colour: string }[] {
  const entries = new Map<string, string>();
  for (const method of methods) {
    const label = method === focus ? focus.title : method.group === "paper" ? "the published method" : "others";
    entries.set(label, colourOf(method, focus));
  }
  return [...entries].map(([label, colour]) => ({ label, colour }));
}

/** Ours, or the focus, the published method and peers in the colours of the legend. */
export function colourOf(method: MethodInfo, focus: MethodInfo): string {
  if (method === focus || method.name === focus.name) return COLOURS.ours;
  return method.group === "paper" ? COLOURS.paper : COLOURS.peers[0];
}
