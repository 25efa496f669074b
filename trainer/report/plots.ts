/** The report's plots of whole benchmarks: means, differences, ranks, calibration and cost. */
import * as Plot from "@observablehq/plot";
import type { Comparison } from "./compare.ts";
import { outcome } from "./compare.ts";
import { aucOf, type Figure, type Frame, macro, type MethodInfo, valueOf } from "./frame.ts";
import { signed } from "./section.ts";
import { COLOURS, LOST, short, svg, WON } from "./svg.ts";

const WIDTH = 860;
const ROW = 20;
const MARGINS = { marginLeft: 190, marginRight: 60, marginBottom: 42 } as const;

/** Mean AUC-ROC of each method with a standard deviation over seeds to both sides. */
export function meansPlot(frame: Frame, focus: MethodInfo): string {
  const rows = frame.methods.map((method) => ({ method, ...macro(frame, method.name, aucOf) }));
  return svg("Mean AUC-ROC of each method", {
    width: WIDTH,
    height: 70 + ROW * rows.length,
    ...MARGINS,
    x: { label: "AUC-ROC, mean over data sets of means over held-out families →", grid: true },
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
      Plot.text(rows, {
        filter: (row) => row.difference < 0,
        x: "difference",
        y: "name",
        text: (row) => `${signed(row.difference)}  ${short(row.bestMethod.title, 26)}`,
        textAnchor: "end",
        dx: -4,
      }),
      Plot.text(rows, {
        filter: (row) => row.difference >= 0,
        x: "difference",
        y: "name",
        text: (row) => `${signed(row.difference)}  ${short(row.bestMethod.title, 26)}`,
        textAnchor: "start",
        dx: 4,
      }),
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
    x: { label: "mean rank over held-out families (1 is best) →", grid: true },
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

/** A heat map of means: methods × data sets, or methods × families of one data set; the best of a column is bold. */
export function heatMap(
  title: string,
  rows: readonly { readonly method: string; readonly column: string; readonly value: number }[],
): string {
  const columns = [...new Set(rows.map(({ column }) => column))];
  const methods = [...new Set(rows.map(({ method }) => method))];
  const best = new Map(
    columns.map((name) => [name, Math.max(...rows.filter((row) => row.column === name).map(rounded))]),
  );
  const words = (bold: boolean): Plot.Markish =>
    Plot.text(rows, {
      filter: (row) => (rounded(row) === best.get(row.column)) === bold,
      x: "column",
      y: "method",
      text: ({ value }) => (Number.isNaN(value) ? "" : value.toFixed(3)),
      fill: ({ value }) => (value > 0.8 ? "white" : "black"),
      fontWeight: bold ? "bold" : "normal",
    });
  return svg(title, {
    width: 200 + Math.min(110, Math.max(56, 660 / columns.length)) * columns.length,
    height: 110 + ROW * methods.length,
    marginLeft: 190,
    marginTop: 90,
    x: { label: null, domain: columns, axis: "top", tickRotate: -35, tickFormat: (name: string) => short(name, 22) },
    y: { label: null, domain: methods },
    color: {
      type: "linear",
      domain: [0.4, 0.6, 0.8, 1],
      range: ["#f7f4f9", "#c7d3e8", "#5b9ac9", "#08386b"],
      clamp: true,
    },
    marks: [Plot.cell(rows, { x: "column", y: "method", fill: "value", inset: 0.5 }), words(false), words(true)],
  });
}

function rounded({ value }: { readonly value: number }): number {
  return Math.round(value * 1000);
}

/** Methods × families of a data set. */
export function familiesMap(frame: Frame, data: string): string {
  const targets = frame.targets.filter((target) => target.data === data);
  const rows = frame.methods.flatMap(({ name, title }) =>
    targets.map((target) => ({ method: title, column: target.family, value: valueOf(frame, name, target, aucOf) })),
  );
  return heatMap(`AUC-ROC of each method on each held-out family of ${data}`, rows);
}

/** Methods × data sets. */
export function dataMap(frame: Frame): string {
  const rows = frame.methods.flatMap(({ name, title }) =>
    frame.data.map((data) => ({ method: title, column: data, value: macro(frame, name, aucOf, data).mean })),
  );
  return heatMap("Mean AUC-ROC of each method on each data set", rows);
}

/** Calibration error on seen families (circle) and on the unseen one (dot), joined. */
export function calibrationPlot(frame: Frame, focus: MethodInfo): string {
  const ece =
    (kind: "seen" | "unseen"): Figure =>
    ({ confidence }) =>
      confidence[kind]?.ece ?? Number.NaN;
  const rows = frame.methods
    .map((method) => ({
      method,
      seen: macro(frame, method.name, ece("seen")).mean,
      unseen: macro(frame, method.name, ece("unseen")).mean,
    }))
    .filter(({ seen, unseen }) => !Number.isNaN(seen) && !Number.isNaN(unseen));
  if (rows.length === 0) return "";
  const y = (row: { method: MethodInfo }): string => row.method.title;
  const stroke = (row: { method: MethodInfo }): string => colourOf(row.method, focus);
  return svg("Expected calibration error on seen and unseen families", {
    width: WIDTH,
    height: 70 + ROW * rows.length,
    ...MARGINS,
    x: { label: "expected calibration error: ○ seen families, ● the unseen one →", grid: true },
    y: { label: null, domain: rows.map(y) },
    marks: [
      Plot.ruleY(rows, { x1: "seen", x2: "unseen", y, stroke, strokeOpacity: 0.5 }),
      Plot.dot(rows, { x: "seen", y, r: 4, stroke, strokeWidth: 1.5 }),
      Plot.dot(rows, { x: "unseen", y, r: 4.5, fill: stroke }),
    ],
  });
}

/** Accuracy against what it costs. */
export function costPlot(frame: Frame, focus: MethodInfo, label: string, figure: Figure): string {
  const rows = frame.methods.map((method) => ({
    method,
    cost: macro(frame, method.name, figure).mean,
    auc: macro(frame, method.name, aucOf).mean,
  }));
  return svg(`Mean AUC-ROC against ${label}`, {
    width: WIDTH,
    height: 360,
    marginRight: 150,
    marginBottom: 42,
    x: {
      type: "log",
      label: `${label} →`,
      grid: true,
      nice: true,
      ticks: 5,
      tickFormat: (value: number) => value.toLocaleString("en"),
    },
    y: { label: "↑ mean AUC-ROC", grid: true, nice: true },
    marks: [
      Plot.dot(rows, { x: "cost", y: "auc", r: 4.5, fill: (row) => colourOf(row.method, focus) }),
      Plot.text(rows, {
        x: "cost",
        y: "auc",
        text: (row) => row.method.title,
        dx: 8,
        textAnchor: "start",
        fontSize: 10,
      }),
    ],
  });
}

/** Figures against the number of labels per seen family, a line for each method. */
export function shotsPlot(frames: readonly Frame[], chosen: readonly MethodInfo[], focus: MethodInfo): string {
  const rows = frames.flatMap((frame) =>
    chosen
      .filter(({ name }) => frame.methods.some((method) => method.name === name))
      .map((method) => ({ method, shots: frame.setting.shots, auc: macro(frame, method.name, aucOf).mean })),
  );
  const sorted = rows.sort((a, b) => a.shots - b.shots);
  const last = sorted.filter((row) => !sorted.some((other) => other.method === row.method && other.shots > row.shots));
  return svg("Mean AUC-ROC against labels per seen family", {
    width: WIDTH,
    height: 380,
    marginRight: 150,
    marginBottom: 42,
    x: {
      type: "symlog",
      label: "labels per seen family →",
      ticks: [...new Set(rows.map(({ shots }) => shots))],
      tickFormat: "d",
    },
    y: { label: "↑ mean AUC-ROC", grid: true, nice: true },
    marks: [
      Plot.line(sorted, {
        x: "shots",
        y: "auc",
        z: (row) => row.method.name,
        stroke: (row) => colourOf(row.method, focus),
        marker: true,
      }),
      Plot.text(last, {
        x: "shots",
        y: "auc",
        text: (row) => row.method.title,
        dx: 8,
        textAnchor: "start",
        fontSize: 10,
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

function colourOf(method: MethodInfo, focus: MethodInfo): string {
  if (method === focus || method.name === focus.name) return COLOURS.ours;
  return method.group === "paper" ? COLOURS.paper : COLOURS.peers[0];
}
