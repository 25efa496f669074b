import { describe, expect, test } from "vitest";
import { EVIDENCE } from "../../model/evidence.ts";
import { Scorer } from "../../model/scorer.ts";
import { floatTensor, tensorValues } from "../../model/tensor.ts";
import { sampleArtefact } from "../../test/artefact.ts";
import type { Dataset, Rows } from "../data/dataset.ts";
import { splitDataset } from "../data/split.ts";
import { splitAgain } from "../data/split-again.ts";
import { datasetOf, errorOf, type GroupSketch } from "../data/testing.ts";
import { evaluationText } from "../commands/evaluate.ts";
import { trainOn } from "../learn/train-on.ts";
import { kernelModule } from "../learn/engine.ts";
import { evaluate, testSide } from "./evaluate.ts";
import { aucRoc, averagePrecision, pooled } from "./metrics.ts";
import { summarise } from "./summary.ts";

const group = (role: GroupSketch["role"], name: string, from: number, count: number, side?: "test"): GroupSketch => ({
  role,
  name,
  cells: [Float64Array.from({ length: count }, (_, i) => from + i)],
  ...(side ? { side } : {}),
});
const dataset = (...anomalies: GroupSketch[]): Dataset =>
  datasetOf([{ name: "x", kind: "numeric" }], [group("normal", "day", 0, 1000), ...anomalies]);
const x = (rows: Rows): number[] => [...(rows.cells[0] as Float64Array)];

const NUMERIC = { kind: "numeric", impute: 0, signedLog: false, center: 0, scale: 1e4, clip: 10 } as const;

/** A model that was trained on a data set, as far as evaluation asks. */
function trainedOn(data: Dataset, holdOut: readonly string[]): { model: Scorer; known: Set<number> } {
  const { fit, heldOut } = splitDataset(data, { seed: 3, shots: 100, split: "rows", holdOut });
  const sample = sampleArtefact();
  const training = {
    ...sample.training,
    seed: 3,
    shots: 100,
    split: "rows" as const,
    domains: fit.normal.map(({ domain }) => domain),
    heldOut: heldOut.unseen.map(({ family }) => family),
    families: fit.seen.map(({ family }) => family),
    reach: Object.fromEntries(fit.seen.map(({ family, reach }) => [family, reach])),
  };
  const parts = [
    ...fit.normal.flatMap(({ train, validation }) => [train, validation]),
    ...fit.seen.flatMap((f) => [f.support, f.validation]),
  ];
  return { model: { artefact: { ...sample, training } } as unknown as Scorer, known: new Set(parts.flatMap(x)) };
}

describe("rows to evaluate on", () => {
  const data = dataset(group("anomaly", "dos", 5000, 150), group("anomaly", "worm", 6000, 150));
  const { model, known } = trainedOn(data, ["worm"]);

  test("are all but those of training, where the files are the same", () => {
    const { heldOut, wanted } = testSide(model, data);
    expect(wanted).toEqual(["worm"]);
    expect(heldOut.seen.map(({ family, count }) => [family, count])).toEqual([["dos", 50]]);
    expect(heldOut.unseen.map(({ family, count }) => [family, count])).toEqual([["worm", 150]]);
  });

  test("stand beside as many to learn from again as training took", () => {
    const training = { ...model.artefact.training, normalRows: 200 };
    const { fit } = splitAgain(training, data, ["worm"], false);
    expect(fit.normal.map(({ train, validation }) => [train.count, validation.count])).toEqual([[200, 100]]);
  });

  test("are none that training saw, where files have grown since", () => {
    const grown = dataset(group("anomaly", "dos", 4500, 1150), group("anomaly", "worm", 6000, 150));
    const { heldOut } = testSide(model, grown);
    const tested = [...heldOut.seen, ...heldOut.normal].flatMap(({ rows }) => x(rows));
    expect(tested.filter((value) => known.has(value))).toEqual([]);
    expect(heldOut.seen[0].count).toBeGreaterThan(300);
  });

  test("are those of a family that the model never heard of, all of them, as an unseen one", () => {
    const later = dataset(group("anomaly", "dos", 5000, 150), group("anomaly", "ransom", 7000, 120));
    const { heldOut, wanted } = testSide(model, later);
    expect(wanted).toEqual(["ransom"]);
    expect(heldOut.unseen.map(({ family, count }) => [family, count])).toEqual([["ransom", 120]]);
  });

  test("are no labels that stand under a family of the test side, or a later one, as well", () => {
    const dos = group("anomaly", "dos", 5000, 150);
    const official = dataset(dos, group("anomaly", "flood", 5000, 150, "test"));
    const before = trainedOn(official, []);
    expect(before.model.artefact.training).toMatchObject({ families: ["dos"], heldOut: ["flood"] });
    const later = dataset(dos, group("anomaly", "flood", 5000, 150, "test"), group("anomaly", "late", 5000, 200));
    for (const [data, unseen] of [
      [official, [50]],
      [later, [50, 100]],
    ] as const) {
      const { heldOut } = testSide(before.model, data);
      const tested = [...heldOut.seen, ...heldOut.unseen].flatMap(({ rows }) => x(rows));
      expect(tested.filter((value) => before.known.has(value))).toEqual([]);
      expect(heldOut.unseen.map(({ count }) => count)).toEqual(unseen);
    }
  });

  test("are all of a family that came by feedback alone, which is known, and a note says what was learned since", () => {
    const training = {
      ...model.artefact.training,
      families: ["dos", "worm"],
      heldOut: [],
      figures: { calibratedLabels: 30, rethresholdedRows: 500 },
    };
    const score = (inputs: Float32Array): Float32Array => inputs.slice();
    const features = [{ ...NUMERIC, name: "x" }];
    const told = { artefact: { ...model.artefact, training, schema: { features } }, score } as unknown as Scorer;
    const { seen, unseen, wanted } = testSide(told, data);
    expect(seen.map(({ family, count }) => [family, count])).toEqual([
      ["dos", 50],
      ["worm", 150],
    ]);
    expect([unseen, wanted]).toEqual([[], []]);
    const { notes, seen: figures } = evaluate(told, data);
    expect(figures.map(({ rows }) => rows)).toEqual([50, 150]);
    expect(notes[0]).toContain("30 labels of feedback and thresholds of 500 normal rows");
  });

  test("come with what reading remarked, and with the families that training left none of", () => {
    const score = (inputs: Float32Array): Float32Array => inputs.slice();
    const few = dataset(group("anomaly", "dos", 5000, 150), group("anomaly", "bot", 8000, 3));
    const { model: trained } = trainedOn(few, []);
    const schema = { features: [{ ...NUMERIC, name: "x" }] };
    const told = { artefact: { ...trained.artefact, schema }, score } as unknown as Scorer;
    const result = evaluate(told, { ...few, notes: ["x: 3 cells are no numbers."] });
    expect(result.notes).toEqual([
      "x: 3 cells are no numbers.",
      "No row of bot is left to test on: training with fewer --shots leaves some, and with --hold-out all.",
    ]);
    const names = Array.from({ length: 9 }, (_, i) => group("anomaly", `rare ${i}`, 9000 + i, 1));
    const many = dataset(...names);
    const { model: rare } = trainedOn(many, []);
    const other = { artefact: { ...rare.artefact, schema }, score } as unknown as Scorer;
    expect(evaluate(other, many).notes).toEqual([
      expect.stringMatching(/^No row of rare 0, rare 1, rare 2, rare 3, rare 4 and 4 more is left to test on/),
    ]);
    const byBlocks = { ...rare.artefact, schema, training: { ...rare.artefact.training, split: "blocks" } };
    const { notes } = evaluate({ artefact: byBlocks, score } as unknown as Scorer, {
      ...many,
      roles: { domain: "day" },
    });
    expect(notes.at(-1)).toMatch(/: no block of theirs falls on the test side; training with --hold-out leaves all\.$/);
    const none = evaluationText({ ...result, unseen: [], seen: [] });
    expect(none.split("\n")[0]).toMatch(/^unseen normal rows/);
    expect(evaluationText(result)).toMatch(/^family +rows/);
  });

  test("need no held-out family: later data may have none", () => {
    const later = dataset(group("anomaly", "dos", 5000, 150));
    expect(testSide(model, later)).toMatchObject({ wanted: [] });
  });

  test("may be all there are, and none of a few rows of training are among them", async () => {
    const columns = [{ name: "x", kind: "numeric" }] as const;
    const late = datasetOf(columns, [
      group("normal", "day", 2000, 40, "test"),
      group("anomaly", "dos", 5000, 30, "test"),
    ]);
    const { heldOut, seen, notes } = testSide(model, late);
    const counts = [heldOut.normal, seen].map((parts) => parts.map(({ count }) => count));
    expect([counts, notes]).toEqual([[[40], [30]], []]);
    const few = x(data.groups[0]).filter((value) => known.has(value));
    for (const value of few) {
      const one = datasetOf(columns, [group("normal", "day", value, 1)]);
      expect(await errorOf(() => testSide(model, one))).toMatchObject({ code: "data-too-small" });
    }
    expect(few.length).toBeGreaterThan(700);
  });

  test("cannot be told where blocks were of another column", async () => {
    const training = {
      ...model.artefact.training,
      split: "blocks",
      data: { name: "", files: [], roles: { block: "run" } },
    };
    const blocks = { artefact: { ...model.artefact, training } } as unknown as Scorer;
    expect(await errorOf(() => testSide(blocks, data))).toMatchObject({
      code: "data-changed",
      remedy: "Give --block run.",
    });
    expect(testSide(blocks, { ...data, roles: { block: "run" } }).wanted).toEqual(["worm"]);
  });

  test("cannot be those of a family that was trained on", async () => {
    const fault = await errorOf(() => testSide(model, data, ["dos"]));
    expect(fault).toMatchObject({ code: "family-unknown", remedy: expect.stringContaining("--hold-out dos") });
  });
});

test("figures are those of unseen rows at the model's thresholds, classes half each, and their means", () => {
  const known = [group("anomaly", "dos", 5000, 150), group("anomaly", "worm", 900, 150)];
  const data = dataset(...known, group("anomaly", "bot", 940, 20), group("anomaly", "late", 0, 10));
  const { model } = trainedOn(data, ["worm", "bot", "late"]);
  const artefact = {
    ...model.artefact,
    schema: { features: [{ ...NUMERIC, name: "x" }] },
    thresholds: { f1: 0.09505, fpr: { "0.01": 0.09805, "0.05": 0.09005 } },
  };
  const scorer = { artefact, score: (inputs: Float32Array) => inputs.slice() } as unknown as Scorer;
  const result = evaluate(scorer, data, testSide(scorer, data, ["worm", "bot"]));
  const [{ rows }] = testSide(scorer, data).heldOut.normal;
  const normal = x(rows);
  const above = (from: number): number => normal.filter((value) => value > from).length / normal.length;
  const all = { domain: "all", rows: normal.length, rates: { "0.01": above(980), "0.05": above(900) } };
  expect(result.falsePositives).toEqual({ all, domains: [{ ...all, domain: "day" }] });
  expect(result.unseen.map(({ family, rows: count }) => [family, count])).toEqual([
    ["worm", 150],
    ["bot", 20],
  ]);
  expect(result.seen.map(({ family, rows: count, aucRoc: area }) => [family, count, area])).toEqual([["dos", 50, 1]]);
  const [worm, bot] = result.unseen;
  const { labels, scores } = pooled(normal, x({ count: 150, cells: known[1].cells }));
  expect(worm.aucRoc).toBeCloseTo(aucRoc(labels, scores), 12);
  expect(worm.averagePrecision.balanced).toBeCloseTo(averagePrecision(labels, scores, true), 12);
  expect(worm.averagePrecision.natural).toBeCloseTo(averagePrecision(labels, scores), 12);
  const balanced = (recall: number, falsePositiveRate: number) => ({
    recall,
    falsePositiveRate,
    precision: recall / (recall + falsePositiveRate),
    accuracy: (recall + 1 - falsePositiveRate) / 2,
  });
  expect(worm.atF1).toMatchObject(balanced(99 / 150, above(950)));
  expect(worm.atBudget).toMatchObject(balanced(69 / 150, above(980)));
  expect(result.macro?.aucRoc).toBeCloseTo((worm.aucRoc + bot.aucRoc) / 2, 12);
  expect(result.macro?.atF1.recall).toBeCloseTo((99 / 150 + 9 / 20) / 2, 12);
  expect(testSide(scorer, data, ["bot"]).unseen.map(({ family }) => family)).toEqual(["bot"]);
  expect(evaluate(scorer, data, testSide(scorer, data, [])).macro).toBeUndefined();
});

test("evidence that overflows is told also where the head gives it no weight, so that scores do not show it", async () => {
  const data = dataset(group("anomaly", "dos", 5000, 150));
  const { artefact } = await trainOn(data, { holdOut: [], shots: 20, seed: 1, split: "rows" });
  const head = tensorValues(artefact.tensors.get("head.w") as never).slice();
  const kind = EVIDENCE.indexOf("gaussian");
  head[kind] = head[EVIDENCE.length + kind] = 0;
  const tensors = new Map(artefact.tensors)
    .set("head.w", floatTensor(head, [2, EVIDENCE.length]))
    .set("gaussian.w", floatTensor(Float32Array.of(3e38), [1, 1]));
  const scorer = new Scorer({ ...artefact, tensors }, kernelModule("score"), { selfTest: false });
  const evaluation = { unseen: [], seen: [], falsePositives: { all: { rows: 0, rates: {} } } } as never;
  expect((await errorOf(() => summarise(scorer, testSide(scorer, data), evaluation, 0))).code).toBe(
    "artefact-malformed",
  );
});

test("small budgets are told as they are", () => {
  const all = { domain: "all", rows: 100_000, rates: { "0.00015": 0.0001 } };
  const text = evaluationText({ unseen: [], seen: [], falsePositives: { all, domains: [] }, labels: 0, notes: [] });
  expect(text).toContain("flagged at 0.015 %");
});

test("the line of all domains is told from a domain called so", () => {
  const all = { domain: "all", rows: 30, rates: { "0.01": 0.1 } };
  const domains = [
    { ...all, rows: 20 },
    { ...all, domain: "tue", rows: 10 },
  ];
  const lines = (of: typeof domains): string[] => {
    const text = evaluationText({ unseen: [], seen: [], falsePositives: { all, domains: of }, labels: 0, notes: [] });
    return text.split("\n").filter((line) => line.startsWith("all"));
  };
  expect(lines(domains)).toEqual([expect.stringMatching(/^all 2 domains +30/), expect.stringMatching(/^all +20/)]);
  expect(lines([{ ...all }])).toEqual([expect.stringMatching(/^all +30/)]);
});
