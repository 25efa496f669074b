import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { writeArtefact } from "../../model/artefact.ts";
import { EVIDENCE } from "../../model/evidence.ts";
import { memoryOf, remembered } from "../../model/memory.ts";
import { Scorer } from "../../model/scorer.ts";
import { floatTensor, tensorValues } from "../../model/tensor.ts";
import { errorOf } from "../data/testing.ts";
import { calibrateCommand } from "../commands/calibrate.ts";
import { trainOn } from "../learn/train-on.ts";
import { kernelModule } from "../learn/engine.ts";
import { quantise } from "../learn/quantise.ts";
import { makeReference } from "../learn/reference.ts";
import { calibrateModel } from "./calibrate.ts";
import { feedbackOfLines, readFeedback } from "./feedback.ts";
import { type CalibrationFigures, longest, place, refuseLosses } from "./figures.ts";
import { draws, lines, toy } from "./testing.ts";

const KINDS = EVIDENCE.length;
const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
const novel = lines("anomaly", "novel", draws("novel", 30, 20));
const mine = lines("normal", "", draws("normal", 12, 21));
const none = async (): Promise<undefined> => undefined;
const opened = (artefact: Scorer["artefact"]): Scorer => Scorer.open(writeArtefact(artefact), kernelModule("score"));
const folder = mkdtempSync(join(tmpdir(), "unseen-calibrate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the evidence network", () => {
  let scorer: Scorer;
  beforeAll(async () => {
    const { artefact } = await trainOn(toy(), { holdOut: [], shots: 80, seed: 1, split: "rows" });
    scorer = opened(artefact);
  }, 60_000);

  test("learns a family from few labels by its head alone, without data, and can be opened, served and calibrated again", async () => {
    const { artefact, figures } = await calibrateModel(scorer, feedbackOfLines(scorer, novel + mine, "lines"), none);
    const before = scorer.artefact;
    for (const [name, { bytes }] of artefact.tensors) {
      if (!name.startsWith("head.")) expect(bytes).toEqual(before.tensors.get(name)?.bytes);
    }
    const w = tensorValues(artefact.tensors.get("head.w") as never);
    for (let i = 0; i < EVIDENCE.length; i++) expect(w[EVIDENCE.length + i] - w[i]).toBeGreaterThanOrEqual(0);
    expect(artefact.training.families.toSorted()).toEqual(["high", "low", "novel", "wide"]);
    expect(artefact.training.labels).toBe(before.training.labels + 30);
    expect(figures.feedback).toMatchObject([{ family: "novel", rows: 30 }]);
    expect(figures.falseAlarms).toMatchObject({ rows: 12 });
    expect(figures.seen.map(({ family }) => family).toSorted()).toEqual(["high", "low", "wide"]);
    expect(figures.macro?.aucRoc.after).toBeGreaterThan((figures.macro?.aucRoc.before ?? 1) - 0.002);

    const again = opened(artefact);
    const fresh = draws("novel", 300, 22);
    const normal = draws("normal", 2000, 23);
    const flagged = (of: Scorer, rows: number[][]): number =>
      of.scoreRows(rows).filter((score) => score >= of.artefact.thresholds.fpr["0.05"]).length / rows.length;
    expect(flagged(again, fresh)).toBeGreaterThan(flagged(scorer, fresh) - 0.03);
    expect(flagged(again, normal)).toBeLessThan(0.09);
    const groups = remembered(artefact.memory as never);
    expect(groups.filter(({ family }) => family === "novel")).toMatchObject([{ role: "fit", rows: 30 }]);
    const more = feedbackOfLines(again, lines("anomaly", "novel", draws("novel", 10, 24)), "lines");
    const third = await calibrateModel(again, more, none);
    expect(third.artefact.training.figures.calibratedLabels).toBe(52);
    expect(third.artefact.training.families).toHaveLength(4);
  });

  test("rows told again count once, and a label that was corrected takes the place of the old one", async () => {
    const once = (await calibrateModel(scorer, feedbackOfLines(scorer, novel + mine, "lines"), none)).artefact;
    const again = opened(once);
    const twice = (await calibrateModel(again, feedbackOfLines(again, mine + novel, "lines"), none)).artefact;
    const weights = (of: typeof once) => [...tensorValues(of.tensors.get("head.w") as never)];
    for (const [i, weight] of weights(twice).entries()) expect(weight).toBeCloseTo(weights(once)[i], 3);
    const counts = ({ training }: typeof once) => [training.labels, training.figures.calibratedLabels];
    expect(counts(twice)).toEqual(counts(once));
    const rowsFor = (of: typeof once, family: string): number =>
      remembered(of.memory as never).reduce((sum, group) => sum + (group.family === family ? group.rows : 0), 0);
    expect([rowsFor(twice, "novel"), rowsFor(twice, "feedback")]).toEqual([30, 12]);

    const corrected = novel.split("\n").slice(0, 5).join("\n").replaceAll('"novel"', '"newer"');
    const third = (await calibrateModel(again, feedbackOfLines(again, corrected, "lines"), none)).artefact;
    expect([rowsFor(third, "novel"), rowsFor(third, "newer")]).toEqual([25, 5]);
    expect(counts(third)).toEqual(counts(once));
  });

  test("rows are known again after the model was stored in another tier", async () => {
    const once = (await calibrateModel(scorer, feedbackOfLines(scorer, novel + mine, "lines"), none)).artefact;
    for (const tier of ["f16", "int16"] as const) {
      const small = opened(quantise(once, tier));
      const { artefact } = await calibrateModel(small, feedbackOfLines(small, novel + mine, "lines"), none);
      expect(artefact.training.labels).toBe(once.training.labels);
      expect(artefact.memory?.groups).toEqual(once.memory?.groups);
    }
  });

  test("a family all of whose labels were corrected is none any more", async () => {
    const renamed = novel.replaceAll('"novel"', '"newer"');
    const calibrated = async (of: Scorer, text: string) =>
      opened((await calibrateModel(of, feedbackOfLines(of, text, "lines"), none)).artefact);
    const weights = ({ artefact }: Scorer) => [...tensorValues(artefact.tensors.get("head.w") as never)];
    const [direct, later] = [
      await calibrated(scorer, renamed),
      await calibrated(await calibrated(scorer, novel), renamed),
    ];
    for (const [i, weight] of weights(later).entries()) expect(weight).toBeCloseTo(weights(direct)[i], 3);

    expect(later.artefact.training.families.toSorted()).toEqual(["high", "low", "newer", "wide"]);
    const unlabelled = { holdOut: ["high", "low", "wide"], shots: 80, seed: 1, split: "rows" } as const;
    const bare = opened((await trainOn(toy(), unlabelled)).artefact);
    const back = await calibrated(await calibrated(bare, novel), lines("normal", "", draws("novel", 30, 20)));
    expect(back.artefact.training.labels).toBe(0);
  });

  test("more feedback than the memory has room for is learned, and thinned out in the memory", async () => {
    const many = feedbackOfLines(scorer, novel + lines("normal", "", draws("normal", 20_500, 25)), "lines");
    const { artefact } = await calibrateModel(scorer, many, none);
    const groups = remembered(opened(artefact).artefact.memory as never);
    const rows = groups.reduce((sum, group) => sum + group.rows, 0);
    expect(rows).toBeGreaterThan(19_990);
    expect(rows).toBeLessThanOrEqual(20_000);
    expect(artefact.training.figures.calibratedLabels).toBe(20_530);
  }, 60_000);

  test("without labels the head, its confidence and its thresholds stay what they are", async () => {
    const { normal, ...labelled } = feedbackOfLines(scorer, novel, "lines");
    const { artefact } = await calibrateModel(scorer, { ...labelled, normal, families: new Map(), count: 0 }, none);
    const before = scorer.artefact;
    const valuesOf = (of: typeof before, name: string) => [...tensorValues(of.tensors.get(name) as never)];
    expect(valuesOf(artefact, "head.w")).toEqual(valuesOf(before, "head.w"));
    // evidence is remembered to a thousandth
    expect(artefact.temperature).toBeCloseTo(before.temperature, 1);
    expect(artefact.thresholds.fpr["0.01"]).toBeCloseTo(before.thresholds.fpr["0.01"], 1);
  });

  test("every budget the model has gets a threshold of the new head, one that was added after training too", async () => {
    const { thresholds, training } = scorer.artefact;
    const fpr = { ...thresholds.fpr, "0.02": 0.99 };
    const figures = { ...training.figures, rethresholdedRows: 2000 };
    const model = opened({
      ...scorer.artefact,
      thresholds: { ...thresholds, fpr },
      training: { ...training, figures },
    });
    const { artefact } = await calibrateModel(model, feedbackOfLines(model, novel, "lines"), none);
    const { fpr: after } = artefact.thresholds;
    expect(Object.keys(after).toSorted()).toEqual(["0.001", "0.01", "0.02", "0.05"]);
    expect(after["0.02"]).toBeLessThanOrEqual(after["0.01"]);
    expect(after["0.02"]).toBeGreaterThanOrEqual(after["0.05"]);
    expect(artefact.training.figures).not.toHaveProperty("rethresholdedRows");
  });

  test("the score's reference is of rows from all over those remembered, where they are more than it tells of", async () => {
    const { memory, schema } = scorer.artefact;
    const groups = remembered(memory as never).map((group) => {
      const rows = Array.from({ length: group.rows }, (_, i) => group.data.subarray(i * KINDS, (i + 1) * KINDS));
      const rising = rows.toSorted((a, b) => total(a) - total(b));
      return group.role === "threshold"
        ? { ...group, data: Float64Array.from(rising.flatMap((row) => [...row])) }
        : group;
    });
    const few = { rows: 100, cols: scorer.inputs, data: Float32Array.from(draws("normal", 100, 27).flat()) };
    const reference = makeReference(schema, few, scorer.score(few.data, 100));
    const highest = async (more: Partial<Scorer["artefact"]>): Promise<number> => {
      const model = opened({ ...scorer.artefact, memory: memoryOf(groups), ...more });
      const { artefact } = await calibrateModel(model, feedbackOfLines(model, novel, "lines"), none);
      return artefact.reference?.score.edges.at(-1) ?? Number.NaN;
    };
    expect(await highest({ reference })).toBeGreaterThan(0.7 * (await highest({})));
  });

  test("by blocks a head that weighs single columns alone stays one", async () => {
    const { artefact: byBlocks } = await trainOn(toy(), { holdOut: [], shots: 80, seed: 1, split: "blocks" });
    const single = ["shallow", "tails"];
    const w = tensorValues(byBlocks.tensors.get("head.w") as never).map((value, i) =>
      single.includes(EVIDENCE[i % EVIDENCE.length]) ? value : 0,
    );
    const tensors = new Map(byBlocks.tensors).set("head.w", floatTensor(w, [2, EVIDENCE.length]));
    const model = new Scorer({ ...byBlocks, tensors }, kernelModule("score"), { selfTest: false });
    const { artefact, figures } = await calibrateModel(model, feedbackOfLines(model, novel, "lines"), none);
    const after = tensorValues(artefact.tensors.get("head.w") as never);
    const weighed = EVIDENCE.filter((_, i) => after[EVIDENCE.length + i] - after[i] > 0);
    expect(weighed.filter((kind) => !single.includes(kind))).toEqual([]);
    expect(weighed).toContain("tails");
    const [{ aucRoc }] = figures.feedback;
    expect(aucRoc.after).toBeGreaterThan(aucRoc.before - 0.002);
  });

  test("the same labels give the same artefact byte for byte", async () => {
    const feedback = feedbackOfLines(scorer, novel, "lines");
    const [first, second] = await Promise.all([1, 2].map(() => calibrateModel(scorer, feedback, none)));
    expect(writeArtefact(first.artefact)).toEqual(writeArtefact(second.artefact));
  });

  test("labels that turn the seen families round are refused, and a model without memory is", async () => {
    const turned =
      lines("normal", "", [...draws("high", 80, 30), ...draws("low", 80, 31), ...draws("wide", 80, 32)]) +
      lines("anomaly", "calm", draws("normal", 80, 33));
    const error = await errorOf(() => calibrateModel(scorer, feedbackOfLines(scorer, turned, "lines"), none));
    expect([error.code, error.message]).toEqual(["calibration-refused", expect.stringContaining("seen families")]);
    const { memory, ...forgetful } = scorer.artefact;
    const anomalies = memoryOf(remembered(memory as never).filter(({ role }) => role === "fit"));
    for (const less of [forgetful, { ...forgetful, memory: anomalies }]) {
      const old = opened(less);
      const refused = await errorOf(() => calibrateModel(old, feedbackOfLines(old, novel, "lines"), none));
      expect(refused.code).toBe("reference-missing");
    }
  });

  test("feedback comes from lines and from tables alike, and what is wrong in it is named", async () => {
    const rows = draws("novel", 3, 40);
    const header = `label,family,${rows[0].map((_, j) => `c${j}`).join(",")}`;
    const csv = [header, ...rows.map((row) => `anomaly,novel,${row.join(",")}`), `normal,,${rows[0].join(",")}`];
    const path = join(folder, "labelled.csv");
    writeFileSync(path, `${csv.join("\n")}\n`);
    const table = await readFeedback(scorer, { path, name: "labelled.csv" });
    const text = lines("anomaly", "novel", rows) + lines("normal", "", [rows[0]]);
    expect(table).toEqual(feedbackOfLines(scorer, text, "lines"));
    expect([table.count, table.normal.rows, [...table.families.keys()]]).toEqual([4, 1, ["novel"]]);
    const blank = csv.map((line) =>
      line.replace(/^anomaly,novel,/, " anomaly , novel ,").replace("normal,,", "normal,NA,"),
    );
    writeFileSync(path, `${blank.join("\n")}\n`);
    expect(await readFeedback(scorer, { path, name: "labelled.csv" })).toEqual(table);
    const unnamed = feedbackOfLines(scorer, text.replaceAll('"novel"', "null"), "lines");
    expect([...unnamed.families.keys()]).toEqual(["feedback"]);
    for (const [wrong, code] of [
      ["", "data-empty"],
      ["{", "data-unreadable"],
      ["null", "data-unreadable"],
      [lines("odd", "", rows), "data-unreadable"],
      ['{"label":"normal","instance":{"c0":1}}', "feature-missing"],
    ] as const) {
      expect((await errorOf(() => feedbackOfLines(scorer, wrong, "lines"))).code).toBe(code);
    }
    for (const wrong of ['{"label":"normal","instance":[1]}', lines("odd", "", [rows[0]])]) {
      const error = await errorOf(() => feedbackOfLines(scorer, `\n\n${wrong}`, "lines"));
      expect(error.message).toContain("row 3");
    }
    const unreadable = { path: join(folder, "folder.jsonl"), name: "folder.jsonl" };
    mkdirSync(unreadable.path);
    expect((await errorOf(() => readFeedback(scorer, unreadable))).code).toBe("data-unreadable");
  });

  test.each(["label", "family"])(
    "a table is refused where the model reads a feature %s out of it, lines are not",
    async (name) => {
      const features = scorer.artefact.schema.features.map((feature, i) => (i === 0 ? { ...feature, name } : feature));
      const golden = { rows: [], scores: [] };
      const clashing = new Scorer({ ...scorer.artefact, schema: { features }, golden }, kernelModule("score"));
      const [row] = draws("novel", 1, 40);
      const path = join(folder, `${name}.csv`);
      const columns = ["label", "family", ...features.map((feature) => feature.name)];
      writeFileSync(path, `${columns.join(",")}\nanomaly,novel,${row.join(",")}\n`);
      const error = await errorOf(() => readFeedback(clashing, { path, name: "told.csv" }));
      expect(error).toMatchObject({ code: "data-unreadable", place: { file: "told.csv", feature: name } });
      expect(error.remedy).toContain(".jsonl");
      const instance = Object.fromEntries(features.map((feature, i) => [feature.name, row[i]]));
      const line = JSON.stringify({ label: "anomaly", family: "novel", instance });
      expect([...feedbackOfLines(clashing, line, "lines").families.keys()]).toEqual(["novel"]);
    },
  );

  test("rows that a Worker keeps of other features are left out, and the command says how many and why", async () => {
    const [model, out] = ["model.safetensors", "better.safetensors"].map((name) => join(folder, name));
    const { training } = scorer.artefact;
    const figures = { ...training.figures, rethresholdedRows: 2000 };
    writeFileSync(model, writeArtefact({ ...scorer.artefact, training: { ...training, figures } }));
    const older = '{"label":"normal","instance":{"c0":1}}\n{"label":"anomaly","instance":{"size":1}}\n';
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const asLines = (body: string) => async () =>
      new Response(body, { headers: { "content-type": "application/x-ndjson" } });
    const answered = vi.spyOn(globalThis, "fetch").mockImplementation(asLines(older + novel));
    await calibrateCommand.run({ model, out, url: "https://flows.example", name: "flows" });
    expect(log.mock.calls.flat().join("\n")).toContain("2 labelled rows are left out, which the model does not take");
    expect(log.mock.calls.flat().join("\n")).toContain("30 labels learned");
    expect(log.mock.calls.flat().join("\n")).toContain("2000 recent rows, and no longer are");
    answered.mockImplementation(asLines(older));
    const error = await errorOf(() =>
      calibrateCommand.run({ model, out, url: "https://flows.example", name: "flows" }),
    );
    expect([error.code, error.message]).toEqual(["data-empty", expect.stringContaining("row 1 lacks features")]);
    answered.mockRestore();
    log.mockRestore();
  });
});

test("the published form is calibrated on the data it was trained on, and on no other", async () => {
  const learning = { hidden: 24, blocks: 1, latent: 12, episodes: 12, innerSteps: 10, outerSteps: 8, rate: 5e-3 };
  const how = { holdOut: [], shots: 40, seed: 3, split: "rows", method: "paper", learning } as const;
  const { artefact: trained } = await trainOn(toy(), how);
  const { thresholds } = trained;
  const scorer = opened({ ...trained, thresholds: { ...thresholds, fpr: { ...thresholds.fpr, "0.02": 0.9 } } });
  const feedback = feedbackOfLines(scorer, novel + mine, "lines");
  expect((await errorOf(() => calibrateModel(scorer, feedback, none))).code).toBe("option-invalid");
  const other = { ...toy(), files: [{ path: "other.csv", sha256: "0".repeat(64), rows: 1 }] };
  expect((await errorOf(() => calibrateModel(scorer, feedback, async () => other))).code).toBe("data-changed");
  const { artefact, figures } = await calibrateModel(scorer, feedback, async () => toy());
  for (const [name, { bytes }] of artefact.tensors) {
    if (!name.startsWith("head.")) expect(bytes).toEqual(scorer.artefact.tensors.get(name)?.bytes);
  }
  expect(artefact.tensors.get("head.w")?.bytes).not.toEqual(scorer.artefact.tensors.get("head.w")?.bytes);
  expect(figures.feedback).toMatchObject([{ family: "novel", rows: 30 }]);
  expect(opened(artefact).artefact.training.families).toContain("novel");
  expect(Object.keys(artefact.thresholds.fpr)).toContain("0.02");
}, 60_000);

test("a family held out of the published form and learned from feedback stays held out of its data", async () => {
  const learning = { hidden: 24, blocks: 1, latent: 12, episodes: 2, innerSteps: 5, outerSteps: 4, rate: 5e-3 };
  const how = { holdOut: ["wide"], shots: 40, seed: 3, split: "rows", method: "paper", learning } as const;
  // Of equal files, too, such as a family's that lies there twice.
  const [file] = toy().files;
  const data = { ...toy(), files: [file, { ...file, path: "copy.csv" }] };
  const scorer = opened((await trainOn(data, how)).artefact);
  const given = (of: Scorer, index: number) =>
    feedbackOfLines(of, lines("anomaly", "wide", draws("wide", 30, index)), "lines");
  const { artefact } = await calibrateModel(scorer, given(scorer, 50), async () => data);
  expect(artefact.training).toMatchObject({ families: ["high", "low", "wide"], heldOut: [] });
  const again = opened(artefact);
  const { figures } = await calibrateModel(again, given(again, 51), async () => data);
  expect(figures.seen.map(({ family }) => family).toSorted()).toEqual(["high", "low"]);
}, 60_000);

test("rows are placed among normal ones as AUC-ROC and a conformal threshold would have it", () => {
  const normal = Array.from({ length: 1000 }, (_, i) => i);
  expect(place(normal, [-1, 0, 499.5, 989, 990, 1e9])).toEqual({
    below: [0, 0.0005, 0.5, 0.9895, 0.9905, 1],
    flagged: 2,
  });
});

const placed = { before: 1, after: 1 };
const figuresOf = (auc: number, flagged: number, rows = 1000, brier = 0.1): CalibrationFigures => ({
  seen: [{ family: "worm", rows, aucRoc: placed, flagged: placed }],
  feedback: [],
  macro: {
    brier: { before: 0.1, after: brier },
    aucRoc: { before: 0.9, after: auc },
    flagged: { before: 0.5, after: flagged },
  },
});

test("falls within what is tolerated pass, and rises do", () => {
  expect(() => refuseLosses(figuresOf(0.8985, 0.495))).not.toThrow();
  expect(() => refuseLosses(figuresOf(0.95, 0.9))).not.toThrow();
  expect(() => refuseLosses(figuresOf(0.89, 0.9))).toThrow("AUC-ROC");
  expect(() => refuseLosses(figuresOf(0.95, 0.4))).toThrow("recall");
  expect(() => refuseLosses(figuresOf(0.95, 0.45, 20))).not.toThrow();
  expect(() => refuseLosses(figuresOf(0.95, 0.9, 1000, 0.14))).toThrow("Brier");
});

test("the longest step that loses nothing is taken, and the whole one is shown where none will do", () => {
  const falling = (by: number) => (step: number) => ({ step, figures: figuresOf(0.9 - by * step, 0.5) });
  const taken = [0.0001, 0.003, 0.007, 0.015, 0.1].map((by) => longest([1, 0.5, 0.25, 0.125], falling(by)).step);
  expect(taken).toEqual([1, 0.5, 0.25, 0.125, 1]);
  const wrong = longest([1, 0.5], (step) => ({ step, figures: figuresOf(0.9, 0.5, 1000, 0.1 + 0.04 * step) }));
  expect(wrong.step).toBe(1);
  expect(() => refuseLosses(wrong.figures)).toThrow("Brier");
});
