import { describe, expect, test } from "vitest";
import type { ResultLine } from "../benchmark/line.ts";
import { compare, focusOf, outcome } from "./compare.ts";
import { meanCurve, meanHistogram, recallAt } from "./curves.ts";
import { dataSections } from "./families.ts";
import { framesOf, type MethodInfo } from "./frame.ts";
import { reportOf } from "./report.ts";
import { LOST, WON } from "./svg.ts";
import { duelTable, gapTable, meansTable, shotsTable, thresholdTable } from "./tables.ts";

const METHODS = (["fair", "good", "poor"] as const).map((name): MethodInfo => {
  return { name, title: `The ${name}`, group: name === "good" ? "ours" : "practice", labels: true };
});
const [FAIR, GOOD] = METHODS;
/** AUC-ROC by data set and family, of each of the methods; with seed 2 all are 0.02 higher. */
const AUC = {
  "beta/bot": [0.5, 0.65, 0.4],
  "alpha/scan": [0.7004, 0.7, 0.5],
  "alpha/dos": [0.8, 0.9, 0.5],
};

/** Every figure of a line is another number. */
function line(of: Pick<ResultLine, "data" | "family" | "method" | "seed">, auc: number): ResultLine {
  const at = (recall: number, falsePositiveRate: number) => ({ threshold: 0.5, recall, falsePositiveRate });
  return {
    split: "random",
    shots: 100,
    holdOutK: 1,
    full: false,
    ...of,
    aucRoc: auc,
    averagePrecision: { balanced: auc - 0.1, natural: auc - 0.2 },
    atF1: { ...at(auc - 0.02, 0.1234), precision: auc - 0.01, f1: auc - 0.04, accuracy: auc - 0.03 },
    budgets: { "0.001": at(0.1, 0.0011), "0.01": at(0.2, 0.0122), "0.05": at(0.3, 0.0533) },
    confidence: { unseen: of.family === "dos" ? null : { ece: 0.05, brier: 0.06 }, seen: { ece: 0.07, brier: 0.08 } },
    curve: [
      [0, 0],
      [0.01, 0.25],
      [1, 1],
    ],
    histogram: null,
    heldOut: [of.family],
    domain: null,
    labels: { fit: 30, all: 40 },
    rows: { train: 600, validation: 200, normal: 200, anomalous: 100, seen: 50 },
    fitSeconds: 1.5,
    microsecondsPerRow: 2.5,
    bytes: 3072,
  };
}

const hundred = Object.entries(AUC).flatMap(([target, values]) => {
  const [data, family] = target.split("/");
  return [2, 1].flatMap((seed) =>
    values.map((auc, i) => line({ data, family, method: METHODS[i].name, seed }, auc + 0.02 * (seed - 1))),
  );
});
const ten = hundred.filter(({ method }) => method !== "poor").map((one) => ({ ...one, shots: 10 }));
const frames = framesOf([...ten, ...hundred], METHODS);
const [frame] = frames;

describe("tables say what the lines say", () => {
  const comparison = compare(frame, GOOD);

  test("means over seeds, families and data sets", () => {
    const price = ["40", "1.50", "2.5", "3"];
    expect(meansTable(frame, comparison).rows).toEqual([
      ["The good", "0.735 ± 0.014", "0.635 ± 0.014", "0.535", "0.695", "0.200", "0.060", "1.33", "3 of 3", ...price],
      ["The fair", "0.635 ± 0.014", "0.535 ± 0.014", "0.435", "0.595", "0.200", "0.060", "1.67", "1 of 3", ...price],
      ["The poor", "0.460 ± 0.014", "0.360 ± 0.014", "0.260", "0.420", "0.200", "0.060", "3.00", "0 of 3", ...price],
    ]);
    const [single] = framesOf(
      hundred.filter(({ seed }) => seed === 1),
      METHODS,
    );
    expect(meansTable(single, comparison).rows[0].slice(0, 3)).toEqual(["The good", "0.725", "0.625"]);
    const budgets = ["0.100", "0.0011", "0.200", "0.0122", "0.300", "0.0533", "0.250"];
    expect(thresholdTable(frame, GOOD).rows[0]).toEqual(["The good", "0.725", "0.715", "0.705", "0.123", ...budgets]);
  });

  test("duels and gaps: differences below 0.0005 are ties, p-values are corrected", () => {
    const won = (text: string) => ({ text, colour: WON });
    expect(duelTable(comparison).rows).toEqual([
      ["The fair", won("+0.083"), "2", "1", "0", "0.500"],
      ["The poor", won("+0.283"), "3", "0", "0", "0.500"],
    ]);
    const [duel] = comparison.duels;
    expect(duelTable({ ...comparison, duels: [{ ...duel, p: 2e-5 }] }).rows[0][5]).toBe("2.0e-5");
    expect(gapTable(comparison).rows).toEqual([
      ["alpha", "scan", "0.710", "The fair", "0.710", { text: "0.000" }],
      ["alpha", "dos", "0.910", "The fair", "0.810", won("+0.100")],
      ["beta", "bot", "0.660", "The fair", "0.510", won("+0.150")],
    ]);
    expect(gapTable(comparison).caption).toMatch(/on 2 families, level with the best on 1, behind the best on 0$/);
    const behind = gapTable(compare(frame, FAIR));
    expect(behind.caption).toMatch(/on 0 families, level with the best on 1, behind the best on 2$/);
    expect(behind.rows[0].slice(3)).toEqual(["The good", "0.660", { text: "−0.150", colour: LOST }]);
    expect([-0.0006, -0.0004, 0.0004, 0.0006].map(outcome)).toEqual(["lost", "tied", "tied", "won"]);
    expect(focusOf({ ...frame, methods: METHODS })).toBe(GOOD);
  });

  test("one data set's families, in their order, and seeds in theirs", () => {
    expect(frame.lines("good", { data: "alpha", family: "dos" }).map(({ seed }) => seed)).toEqual([1, 2]);
    const [{ blocks }] = dataSections(frame, [GOOD], GOOD);
    expect(blocks[1]).toMatchObject({
      head: ["method", "mean", "dos (100 rows)", "scan (100 rows)"],
      rows: [["The good", "0.810 ± 0.014", "0.910 ± 0.014", "0.710 ± 0.014"], { 0: "The fair" }, { 0: "The poor" }],
    });
  });

  test("numbers of labels from few to many; what was not measured is a dash", () => {
    const { head, rows } = shotsTable(frames, GOOD);
    expect(head).toEqual(["method", "10", "100"]);
    expect(rows.map(([title, few]) => [title, few])).toEqual([
      ["The good", "0.735 ± 0.014"],
      ["The fair", "0.635 ± 0.014"],
      ["The poor", "–"],
    ]);
  });
});

test("numbers of labels are compared on the families that were measured with each of them", () => {
  const few = ten.filter(({ family }) => family !== "bot");
  const shots = (lines: readonly ResultLine[]) =>
    reportOf(lines, METHODS).sections.find(({ title }) => title === "Fewer and more labels")?.blocks ?? [];
  const blocks = shots([...few, ...hundred]);
  expect(blocks[0]).toMatchObject({ text: "Over the 2 families measured with each number of labels." });
  expect(blocks[2]).toMatchObject({
    rows: [["The good", "0.810 ± 0.014", "0.810 ± 0.014"], { 0: "The fair" }, { 0: "The poor" }],
  });
  expect(shots([...ten, ...hundred]).map(({ kind }) => kind)).toEqual(["plot", "table"]);
  const bot = ten.filter(({ family }) => family === "bot");
  expect(shots([...bot, ...hundred.filter(({ family }) => family !== "bot")])).toEqual([]);
});

test("settings with most lines come first, of as many those with most labels; with one task or method nothing is ranked", () => {
  const shots = (lines: readonly ResultLine[]): number[] =>
    framesOf(lines, METHODS).map(({ setting }) => setting.shots);
  expect(shots([...ten, ...hundred])).toEqual([100, 10]);
  expect(shots([...ten, ...hundred.filter(({ method }) => method !== "poor")])).toEqual([100, 10]);
  expect(shots([...ten, ...hundred.filter(({ method }) => method === "poor")])).toEqual([10, 100]);
  for (const few of [
    hundred.filter(({ family }) => family === "bot"),
    hundred.filter(({ method }) => method === "good"),
  ]) {
    const [one] = framesOf(few, METHODS);
    expect(compare(one, GOOD).ranking === null).toBe(true);
  }
});

test("a chapter's title tells its setting", () => {
  const setting = { holdOutK: 2, full: true, normalRows: 200, nested: true };
  const titles = [hundred, hundred.map((one) => ({ ...one, ...setting }))].map(
    (lines) => reportOf(lines, METHODS).sections[0].title,
  );
  expect(titles).toEqual([
    "Rows split at random, 100 labels per seen family",
    "Rows split at random, 100 labels per seen family, 2 families held out at a time, without caps, " +
      "200 normal training rows, families hidden inside the training side",
  ]);
});

test("sections are there where there is something to say; methods left out are named", () => {
  const late = { ...hundred[0], method: "late" };
  const { sections } = reportOf([...hundred, late], METHODS);
  const titles = sections.map(({ title }) => title);
  expect(titles).toContain("The good beside the best other method");
  expect(titles).toContain("Calibration");
  expect(titles).not.toContain("Fewer and more labels");
  const silent = hundred.map((one) => ({ ...one, confidence: { unseen: null, seen: null } }));
  expect(reportOf(silent, METHODS).sections.map(({ title }) => title)).not.toContain("Calibration");
  const [dumb] = framesOf(silent, METHODS);
  expect(meansTable(dumb, compare(dumb, GOOD)).rows[0][6]).toBe("–");
  expect(sections[0].blocks[0]).toMatchObject({
    text: "3 families of 2 data sets, seeds 1, 2. Left out for want of measurements: late (1 of 6).",
  });
  const alone = [...hundred, ...ten].filter(({ method }) => method === "good");
  const few = reportOf(alone, METHODS).sections.map(({ title }) => title);
  expect(few).not.toContain("The good beside the best other method");
  expect(few.filter((title) => title.startsWith("Rows split"))).toHaveLength(1);
  expect(few).toContain("Fewer and more labels");
  expect(reportOf(alone, METHODS).sections[0].blocks[0]).toMatchObject({
    text: "3 families of 2 data sets, seeds 1, 2.",
  });
});

test("recall between points of a curve, at a step and beyond the last one", () => {
  const [{ curve }] = hundred;
  expect([0, 0.005, 0.01, 0.505, 1].map((rate) => recallAt(curve, rate))).toEqual([0, 0.125, 0.25, 0.625, 1]);
  const step = [
    [0, 0],
    [0, 0.5],
    [0.5, 0.75],
  ] as const;
  expect([0, 0.9].map((rate) => recallAt(step, rate))).toEqual([0.5, 0.75]);
});

test("a mean curve lies closer near 0, with precision as if both kinds were as many", () => {
  const points = meanCurve(hundred.slice(0, 2));
  expect(points[0]).toEqual({ falsePositiveRate: 0, recall: 0, precision: 1 });
  expect(points[6].falsePositiveRate).toBeCloseTo(0.01, 12);
  expect(points[6]).toMatchObject({ recall: expect.closeTo(0.25, 12), precision: expect.closeTo(0.25 / 0.26, 12) });
  expect(points.at(-1)).toEqual({ falsePositiveRate: 1, recall: 1, precision: 0.5 });
});

test("a mean histogram is of shares; without confidences there is none", () => {
  const [one, two] = [
    { normal: [3, 0], anomalous: [1, 1] },
    { normal: [0, 1], anomalous: [0, 2] },
  ].map((histogram) => ({ ...hundred[0], histogram }));
  expect(meanHistogram([one, two])).toEqual([
    { from: 0, to: 0.5, kind: "normal", share: 3 / 4 },
    { from: 0.5, to: 1, kind: "normal", share: 1 / 4 },
    { from: 0, to: 0.5, kind: "anomalous", share: 1 / 4 },
    { from: 0.5, to: 1, kind: "anomalous", share: 3 / 4 },
  ]);
  expect(meanHistogram(hundred)).toEqual([]);
});
