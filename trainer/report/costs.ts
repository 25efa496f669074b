/** The report's plots of what a figure costs or is worth: calibration, time and memory, labels. */
import * as Plot from "@observablehq/plot";
import { aucOf, type Figure, type Frame, macro, type MethodInfo } from "./frame.ts";
import { colourOf, MARGINS, ROW, WIDTH } from "./plots.ts";
import { svg } from "./svg.ts";

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
