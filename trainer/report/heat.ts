/** The report's heat maps: methods × data sets, methods × families. */
import * as Plot from "@observablehq/plot";
import { aucOf, type Frame, macro, valueOf } from "./frame.ts";
import { ROW } from "./plots.ts";
import { short, svg } from "./svg.ts";

/** A heat map of means: methods × data sets, or methods × families of one data set; the best of a column is bold. */
function heatMap(
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
