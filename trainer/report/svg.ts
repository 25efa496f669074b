/** Plots as SVG text: Observable Plot on a document without a browser. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

const { document } = parseHTML("<!doctype html><html><body></body></html>");

/**
 * One SVG element with a title for screen readers. Text and lines take the page's colour, so that it reads on dark
 * pages too.
 */
export function svg(title: string, options: Plot.PlotOptions): string {
  const plot = Plot.plot({ document, ...options, style: { fontSize: "11px", overflow: "visible" } });
  plot.setAttribute("role", "img");
  plot.setAttribute("aria-label", title);
  return plot.outerHTML;
}

/** Ours in one colour everywhere, the published method in another, peers in the rest (Okabe and Ito's palette). */
export const COLOURS = {
  ours: "#d55e00",
  paper: "#cc79a7",
  peers: ["#0072b2", "#009e73", "#e69f00", "#56b4e9", "#8c6bb1", "#7f7f7f"],
} as const;

/** Won and lost, equally strong and told apart by the colour-blind. */
export const WON = "#2166ac";
export const LOST = "#b2182b";

/** A name cut to fit beside or above a plot. */
export function short(name: string, most = 20): string {
  return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}
