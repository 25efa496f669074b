/** The report's plots of what a figure costs or is worth: calibration, time and memory, labels. */
import * as Plot from "@observablehq/plot";
import { aucOf, type Figure, type Frame, macro, type MethodInfo } from "./frame.ts";
import { colourOf, MARGINS, ROW, WIDTH } from "./plots.ts";
import { svg } from "./svg.ts";

const COST_FRAME = {
  width: WIDTH,
  height: 420,
  marginTop: 24,
  marginRight: 150,
  marginBottom: 42,
  marginLeft: 50,
} as const;
/** Height of a label there. */
const LINE = 12;

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
    x: {
      label: "expected calibration error: rings for seen families, discs for the unseen one →",
      grid: true,
      zero: true,
    },
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
  const domains = {
    x: [Math.min(...rows.map(({ cost }) => cost)), Math.max(...rows.map(({ cost }) => cost))],
    y: [Math.min(...rows.map(({ auc }) => auc)), Math.max(...rows.map(({ auc }) => auc))],
  };
  const { width, height, marginTop, marginRight, marginBottom, marginLeft } = COST_FRAME;
  const share = (value: number, [from, to]: number[]): number => (value - from) / (to - from || 1);
  const shifts = apart(
    rows.map(({ method, cost, auc }) => ({
      x: share(Math.log(cost), domains.x.map(Math.log)) * (width - marginLeft - marginRight),
      y: (1 - share(auc, domains.y)) * (height - marginTop - marginBottom),
      width: 5.5 * method.title.length + 12,
    })),
  );
  return svg(`Mean AUC-ROC against ${label}`, {
    ...COST_FRAME,
    x: {
      type: "log",
      domain: domains.x,
      label: `${label} →`,
      grid: true,
      ticks: 5,
      tickFormat: (value: number) => value.toLocaleString("en"),
    },
    y: { label: "↑ mean AUC-ROC", domain: domains.y, grid: true },
    marks: [
      Plot.dot(rows, { x: "cost", y: "auc", r: 4.5, fill: (row) => colourOf(row.method, focus) }),
      ...rows.map((row, i) =>
        Plot.text([row], {
          x: "cost",
          y: "auc",
          text: ({ method }) => method.title,
          dx: 8,
          dy: shifts[i],
          textAnchor: "start",
          fontSize: 10,
        }),
      ),
    ],
  });
}

/** Pixels to move each label down by, so that none lies on another one, from the topmost down. */
function apart(labels: readonly { readonly x: number; readonly y: number; readonly width: number }[]): number[] {
  const placed: { x: number; y: number; width: number }[] = [];
  const shifts = labels.map(() => 0);
  for (const i of [...labels.keys()].sort((a, b) => labels[a].y - labels[b].y)) {
    const { x, width } = labels[i];
    let { y } = labels[i];
    for (const other of placed) {
      const beside = other.x + other.width < x || x + width < other.x;
      if (!beside && y < other.y + LINE) y = other.y + LINE;
    }
    placed.push({ x, y, width });
    placed.sort((a, b) => a.y - b.y);
    shifts[i] = y - labels[i].y;
  }
  return shifts;
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
