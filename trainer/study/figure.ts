/** A study's plot: panels beneath each other in one SVG file that needs nothing else. */
import * as Plot from "@observablehq/plot";
import { escape } from "../report/page.ts";
import { COLOURS, svg } from "../report/svg.ts";

export interface Panel {
  readonly caption: string;
  /** As `svg` of the report gives it, with its width and height in pixels. */
  readonly svg: string;
}

export interface LegendEntry {
  readonly label: string;
  readonly colour: string;
}

const WIDTH = 900;
const LINE = 22;
const PAD = 14;
const FONT = 'font-family="system-ui, sans-serif" font-size="12"';

/** Dark on white whatever page it stands on, since an image in a page cannot take the page's colours. */
export function figure(title: string, legend: readonly LegendEntry[], panels: readonly Panel[]): string {
  const parts: string[] = [];
  let y = PAD;
  let x = PAD;
  for (const { label, colour } of legend) {
    const width = 26 + 7 * label.length;
    if (x + width > WIDTH) [x, y] = [PAD, y + LINE];
    parts.push(`<rect x="${x}" y="${y}" width="11" height="11" rx="2" fill="${colour}"/>`);
    parts.push(`<text x="${x + 16}" y="${y + 10}" ${FONT}>${escape(label)}</text>`);
    x += width;
  }
  if (legend.length > 0) y += LINE;
  for (const panel of panels) {
    parts.push(`<text x="${PAD}" y="${y + 14}" ${FONT} font-weight="600">${escape(panel.caption)}</text>`);
    y += LINE;
    parts.push(panel.svg.replace(/^<svg/, `<svg x="0" y="${y}"`));
    y += heightOf(panel.svg) + PAD;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}"`,
    ` role="img" aria-label="${escape(title)}" color="#1b1b1b" fill="#1b1b1b" style="--plot-background: #fff">`,
    `<rect width="${WIDTH}" height="${y}" fill="#fff"/>`,
    ...parts,
    "</svg>\n",
  ].join("");
}

/** A value of a series at a place on the x axis of a facet. */
export interface Point {
  readonly facet: string;
  readonly x: number;
  readonly series: string;
  readonly value: number;
  /** Half the height of its bar; NaN for none. */
  readonly error?: number;
  readonly dashed?: boolean;
}

export interface LinesOptions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly colours: ReadonlyMap<string, string>;
  /** Shares, shown in per cent. */
  readonly percent?: boolean;
}

/** Lines over evenly spaced values of x, a facet beside the other, with bars for errors. */
export function linesPanel(points: readonly Point[], { title, x, y, colours, percent }: LinesOptions): string {
  const sound = points.filter(({ value }) => Number.isFinite(value));
  const colour = ({ series }: Point): string => colours.get(series) ?? COLOURS.peers[5];
  const place = { fx: "facet", x: "x" } as const;
  const of = (dashed: boolean): Point[] => sound.filter((point) => (point.dashed ?? false) === dashed);
  const line = (data: readonly Point[], dash: string): Plot.Line =>
    Plot.line(data, { ...place, y: "value", z: "series", stroke: colour, strokeWidth: 2, strokeDasharray: dash });
  return svg(title, {
    width: WIDTH,
    height: 260,
    marginLeft: 56,
    marginBottom: 40,
    fx: { label: null, domain: facetsOf(sound) },
    x: { label: x, type: "point", domain: [...new Set(sound.map((point) => point.x))].sort((a, b) => a - b) },
    y: { label: y, grid: true, nice: true, ...(percent ? { percent: true } : {}) },
    marks: [
      Plot.ruleX(
        sound.filter(({ error }) => Number.isFinite(error)),
        {
          ...place,
          y1: ({ value, error }: Point) => value - (error ?? 0),
          y2: ({ value, error }: Point) => value + (error ?? 0),
          stroke: colour,
          strokeOpacity: 0.6,
        },
      ),
      line(of(false), ""),
      line(of(true), "4 4"),
      Plot.dot(sound, { ...place, y: "value", fill: colour, r: 3 }),
    ],
  });
}

/** Two values of a row, joined by a line. */
export interface Pair {
  readonly facet: string;
  readonly name: string;
  readonly first: number;
  readonly second: number;
}

/** Dots of both values a row, a facet beneath the other. */
export function pairsPanel(
  pairs: readonly Pair[],
  { title, x, colours, from }: { title: string; x: string; colours: readonly [string, string]; from?: number },
): string {
  const names = [...new Set(pairs.map(({ name }) => name))];
  const finite = (value: "first" | "second"): Pair[] => pairs.filter((pair) => Number.isFinite(pair[value]));
  return svg(title, {
    width: WIDTH,
    height: 60 + 20 * names.length,
    marginLeft: 210,
    marginRight: 30,
    marginBottom: 40,
    fx: { label: null, domain: facetsOf(pairs) },
    x: { label: x, grid: true, nice: true, ...(from === undefined ? { zero: true } : { domain: [from, 1] }) },
    y: { label: null, domain: names },
    marks: [
      Plot.ruleY(finite("second"), { fx: "facet", x1: "first", x2: "second", y: "name", strokeOpacity: 0.5 }),
      Plot.dot(finite("first"), { fx: "facet", x: "first", y: "name", fill: colours[0], r: 4.5 }),
      Plot.dot(finite("second"), { fx: "facet", x: "second", y: "name", fill: colours[1], r: 4.5 }),
    ],
  });
}

/** A colour for each method, ours and the published one in those they have everywhere. */
export function methodColours(methods: readonly string[]): Map<string, string> {
  let peer = 0;
  const colourOf = (name: string): string => {
    if (name === "unseen") return COLOURS.ours;
    return name === "paper" ? COLOURS.paper : COLOURS.peers[peer++ % COLOURS.peers.length];
  };
  return new Map(methods.map((name) => [name, colourOf(name)]));
}

export function legendOf(colours: ReadonlyMap<string, string>): LegendEntry[] {
  return [...colours].map(([label, colour]) => ({ label, colour }));
}

/** In the order they come. */
function facetsOf(marks: readonly { readonly facet: string }[]): string[] {
  return [...new Set(marks.map(({ facet }) => facet))];
}

function heightOf(text: string): number {
  return Number(/^<svg[^>]*? height="(\d+)/.exec(text)?.[1] ?? 0);
}
