import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import { figuresOf } from "../benchmark/measure.ts";
import type { ResultLine } from "../benchmark/line.ts";
import { aucRoc } from "../evaluate/metrics.ts";
import { drawFor, gaussian } from "../learn/draw.ts";
import { compare, focusOf } from "./compare.ts";
import { meanCurve, meanHistogram } from "./curves.ts";
import { framesOf, macro, aucOf, type MethodInfo } from "./frame.ts";
import { toMarkdown } from "./markdown.ts";
import { toHtml } from "./page.ts";
import { reportOf } from "./report.ts";

const info = (name: string, group: MethodInfo["group"]): MethodInfo => ({
  name,
  title: `The ${name}`,
  group,
  labels: true,
});
const METHODS = [info("good", "ours"), info("fair", "practice"), info("poor", "paper")];
const HOSTILE = '<script>alert("x")</script> | `a`';
const FAMILIES = { alpha: ["dos", HOSTILE, "scan"], beta: ["bot", "leak"] };

/** A line whose anomalous scores lie `gap` above the normal ones. */
function line(
  gap: number,
  key: Pick<ResultLine, "data" | "family" | "method" | "seed"> & Partial<ResultLine>,
): ResultLine {
  const draw = drawFor(key.seed, key.family.length + 31 * key.method.length);
  const scores = (count: number, centre: number): Float32Array =>
    Float32Array.from({ length: count }, () => centre + gaussian(draw));
  const validation = { normal: scores(200, 0), seen: scores(40, gap) };
  const test = { normal: scores(200, 0), unseen: scores(100, gap), seen: scores(50, gap) };
  return {
    split: "random",
    shots: 100,
    holdOutK: 1,
    full: false,
    heldOut: [key.family],
    domain: null,
    ...figuresOf({ validation, test }, false),
    labels: { fit: 200, all: 200 },
    rows: { train: 600, validation: 200, normal: 200, anomalous: 100, seen: 50 },
    fitSeconds: 1 + gap,
    microsecondsPerRow: 10,
    bytes: 4096,
    ...key,
  };
}

function linesOf(
  extra: Partial<ResultLine> = {},
  gaps: Readonly<Record<string, number>> = { good: 3, fair: 1.5, poor: 0.2 },
): ResultLine[] {
  return Object.entries(FAMILIES).flatMap(([data, families]) =>
    families.flatMap((family) =>
      Object.entries(gaps).flatMap(([method, gap]) =>
        // On one family the order is turned.
        [1, 2].map((seed) => line(family === "leak" ? 3 - gap : gap, { data, family, method, seed, ...extra })),
      ),
    ),
  );
}

describe("the frame", () => {
  const lines = linesOf();
  const [frame] = framesOf(lines, METHODS);

  test("means are over families, then data sets; methods come best first", () => {
    const byHand = ["alpha", "beta"].map((data) => {
      const own = lines.filter((one) => one.method === "fair" && one.data === data && one.seed === 1);
      return own.reduce((sum, one) => sum + one.aucRoc, 0) / own.length;
    });
    const seeds = [1, 2].map((seed) => {
      const means = ["alpha", "beta"].map((data) => {
        const own = lines.filter((one) => one.method === "fair" && one.data === data && one.seed === seed);
        return own.reduce((sum, one) => sum + one.aucRoc, 0) / own.length;
      });
      return (means[0] + means[1]) / 2;
    });
    expect(seeds[0]).toBeCloseTo((byHand[0] + byHand[1]) / 2, 12);
    const { mean, deviation } = macro(frame, "fair", aucOf);
    expect(mean).toBeCloseTo((seeds[0] + seeds[1]) / 2, 12);
    expect(deviation).toBeCloseTo(Math.abs(seeds[0] - seeds[1]) / Math.SQRT2, 12);
    expect(frame.methods.map(({ name }) => name)).toEqual(["good", "fair", "poor"]);
  });

  test("a data set without some of the seeds weighs as much, and its absence is no deviation", () => {
    const [fewer] = framesOf(
      lines.filter(({ data, seed }) => data === "alpha" || seed === 1),
      METHODS,
    );
    const [alpha, beta] = ["alpha", "beta"].map((data) => macro(fewer, "fair", aucOf, data).mean);
    const { mean, deviation } = macro(fewer, "fair", aucOf);
    expect(mean).toBeCloseTo((alpha + beta) / 2, 12);
    expect(deviation).toBeNaN();
  });

  test("only what all methods were measured on counts, and a method with little is set apart", () => {
    const lacking = lines.filter((one) => !(one.method === "fair" && one.family === "bot" && one.seed === 2));
    const [cut] = framesOf([...lacking, ...lines.slice(0, 1).map((one) => ({ ...one, method: "late" }))], METHODS);
    expect(cut.incomplete).toEqual([{ method: "late", lines: 1, of: 10 }]);
    expect(cut.lines("good", { data: "beta", family: "bot" }).map(({ seed }) => seed)).toEqual([1]);
  });

  test("gaps and duels: wins, losses and ties by family", () => {
    const focus = focusOf(frame);
    if (focus === undefined) throw new Error("a focus was expected");
    const { gaps, duels, ranking } = compare(frame, focus);
    expect([focus.name, gaps[0].family, gaps[0].bestMethod.name]).toEqual(["good", "leak", "poor"]);
    expect(gaps[0].difference).toBeLessThan(0);
    expect(duels.map(({ wins, losses }) => [wins, losses])).toEqual([
      [4, 1],
      [4, 1],
    ]);
    expect(ranking?.ranks).toEqual([(4 + 3) / 5, 2, (4 * 3 + 1) / 5]);
    expect(focusOf(frame, "poor")?.name).toBe("poor");
  });

  test("mean curves keep the area, histograms the rows", () => {
    const own = frame.lines("fair", { data: "alpha", family: "dos" });
    const curve = meanCurve(own);
    let area = 0;
    for (let i = 1; i < curve.length; i++) {
      const width = curve[i].falsePositiveRate - curve[i - 1].falsePositiveRate;
      area += (width * (curve[i].recall + curve[i - 1].recall)) / 2;
    }
    expect(area).toBeCloseTo(own.reduce((sum, { aucRoc: auc }) => sum + auc, 0) / own.length, 1);
    expect(aucRoc([0, 1], [0, 1])).toBe(1);
    const shares = meanHistogram(own).reduce((sum, { share }) => sum + share, 0);
    expect(shares).toBeCloseTo(2, 12);
  });
});

describe("the report", () => {
  const lines = [...linesOf(), ...linesOf({ shots: 10 }).slice(0, 24), ...linesOf({ split: "blocks" })];
  const report = reportOf(lines, METHODS);
  const html = toHtml(report);
  const { document } = parseHTML(html);

  test("the page parses, has an SVG in every section, a table for every chapter, and needs nothing else", () => {
    const sections = [...document.querySelectorAll("section")];
    expect(sections.length).toBe(report.sections.length);
    for (const section of sections) expect(section.querySelectorAll("svg").length).toBeGreaterThan(0);
    expect(document.querySelectorAll("h2")).toHaveLength(2);
    expect(
      sections.filter((section) => section.querySelector("h2")).every((section) => section.querySelector("table")),
    ).toBe(true);
    expect(/<script|<link|<img|@import|url\((?!#)|(src|href)="(?!#)/i.exec(html)?.[0]).toBeUndefined();
    for (const link of document.querySelectorAll("nav a")) {
      expect(document.querySelector(link.getAttribute("href") ?? "")).not.toBeNull();
    }
    expect(/NaN|undefined|Infinity/.exec(html)?.[0]).toBeUndefined();
  });

  test("each data set has curves for every family, histograms, and a heat map of methods × families", () => {
    const alpha = [...document.querySelectorAll("section")].find(
      (one) => one.querySelector("h3")?.textContent === "alpha",
    );
    const labels = [...(alpha?.querySelectorAll("svg") ?? [])].map((one) => one.getAttribute("aria-label") ?? "");
    expect(labels.map((label) => label.split(" ")[0])).toEqual([
      "AUC-ROC",
      "ROC",
      "Precision-recall",
      "Confidence",
      "Confidence",
      "Confidence",
    ]);
    const [heat, roc] = alpha?.querySelectorAll("svg") ?? [];
    expect(heat.querySelectorAll("rect").length).toBe(9);
    expect(roc.querySelectorAll('[aria-label="line"] path')).toHaveLength(9);
  });

  test("a loss is drawn like a win: bars from the same zero, by sign in two colours", () => {
    const bars = [...document.querySelectorAll('svg[aria-label^="The good minus"] [aria-label="bar"] rect')];
    expect(new Set(bars.slice(0, 5).map((bar) => bar.getAttribute("fill"))).size).toBe(2);
    expect(document.querySelector('svg[aria-label^="The good minus"]')?.textContent).toContain("−0.");
  });

  test("names from files are text, in both forms", () => {
    expect(document.querySelectorAll("script")).toHaveLength(0);
    const texts = [...document.querySelectorAll("th")].map((cell) => cell.textContent ?? "");
    expect(texts.some((words) => words.includes(HOSTILE))).toBe(true);
    const markdown = toMarkdown(report);
    expect(markdown).toContain('\\<script\\>alert("x")\\</script\\> \\| \\`a\\`');
    const widths = markdown
      .split("\n\n")
      .flatMap((part) => (part.includes("| --- |") ? [part.split("\n").filter((row) => row.startsWith("|"))] : []))
      .map((rows) => new Set(rows.map((row) => row.replaceAll("\\|", "").split("|").length)).size);
    expect(widths.length).toBeGreaterThan(6);
    expect(new Set(widths)).toEqual(new Set([1]));
  });

  test("one method on one family still makes a report", () => {
    const single = reportOf(lines.slice(0, 1), []);
    expect(toHtml(single)).toContain("<svg");
    expect(toMarkdown(single)).toContain("dos");
  });
});
