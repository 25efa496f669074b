import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readArtefact, writeArtefact } from "../../model/artefact.ts";
import { Scorer } from "../../model/scorer.ts";
import { makeArtefact, randomRows, SCHEMA } from "../../test/fixtures/artefact.ts";
import { kernelModule } from "../learn/engine.ts";
import { rethreshold } from "./rethreshold.ts";
import { fileDrift } from "./scored-file.ts";

const folder = mkdtempSync(join(tmpdir(), "unseen-threshold-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const scorer = new Scorer(makeArtefact(kernelModule("score"), 5).artefact, kernelModule("score"));

/** Random rows as a file, `bytes` multiplied. */
function file(name: string, count: number, seed: number, factor = 1): { path: string; name: string } {
  const rows = randomRows(count, seed).map(([bytes, ...rest]) => [
    bytes === null ? null : Number(bytes) * factor,
    ...rest,
  ]);
  const path = join(folder, name);
  const header = SCHEMA.features.map((feature) => feature.name).join(",");
  writeFileSync(path, `${header}\n${rows.map((row) => row.map((cell) => cell ?? "").join(",")).join("\n")}\n`);
  return { path, name };
}

test("a threshold is set so that the budget holds on other rows of the same kind; other budgets do not contradict it", async () => {
  const recent = file("recent.csv", 20_000, 1);
  const { artefact, budgets, rows } = await rethreshold(scorer, recent, { budgets: [0.01], reference: false });
  expect([rows, artefact.reference, artefact.evaluation]).toEqual([20_000, undefined, undefined]);
  const { fpr } = artefact.thresholds;
  expect(Object.keys(fpr)).toEqual(["0.001", "0.01", "0.05"]);
  expect(fpr["0.001"]).toBeGreaterThanOrEqual(fpr["0.01"]);
  expect(fpr["0.01"]).toBeGreaterThanOrEqual(fpr["0.05"]);
  const change = budgets.find(({ budget }) => budget === "0.01");
  const scores = scorer.scoreRows(randomRows(20_000, 1));
  const flagged = (threshold: number): number => scores.filter((score) => score >= threshold).length / 20_000;
  const [flaggedBefore, flaggedAfter] = [flagged(0.7), flagged(fpr["0.01"])];
  expect(change).toEqual({ budget: "0.01", before: 0.7, after: fpr["0.01"], flaggedBefore, flaggedAfter });
  expect(flaggedAfter).toBeLessThanOrEqual(0.01);
  const fresh = scorer.scoreRows(randomRows(20_000, 2)).filter((score) => score >= fpr["0.01"]).length / 20_000;
  expect(Math.abs(fresh - 0.01)).toBeLessThan(0.003);
  const again = readArtefact(writeArtefact(artefact));
  expect(again.thresholds.f1).toBe(scorer.artefact.thresholds.f1);
  expect(again.training.figures.rethresholdedRows).toBe(20_000);
});

test("figures by the thresholds of before are dropped; stages of training and example rows stay", async () => {
  const stage = { name: "after outer", score: "score", aucRoc: 0.9, normal: [3, 1], anomalous: [1, 3] } as const;
  const figures = { family: "worm", unseen: true, rows: 4, aucRoc: 0.9, averagePrecision: 0.9, f1: 0.8, recall: 0.7 };
  const examples = { rows: randomRows(1, 9), families: ["normal"] };
  const evaluation = { normalRows: 4, falsePositives: { "0.01": 0.02 }, stages: [stage], examples };
  const measured = { ...scorer.artefact, evaluation: { ...evaluation, families: [figures] } };
  const model = new Scorer(measured, kernelModule("score"), { selfTest: false });
  const { artefact } = await rethreshold(model, file("some.csv", 1000, 3), { budgets: [0.01], reference: false });
  const left = { ...evaluation, families: [], normalRows: 0, falsePositives: {} };
  expect(readArtefact(writeArtefact(artefact)).evaluation).toEqual(left);
});

test("a budget that the model had no threshold for gets one; others move as far as they contradict, and no further", async () => {
  const rows = file("more.csv", 3000, 7);
  const from = async (fpr: Readonly<Record<string, number>>) => {
    const thresholds = { f1: 0.4, fpr };
    const model = new Scorer({ ...scorer.artefact, thresholds }, kernelModule("score"), { selfTest: false });
    const how = { budgets: [0.02, 0.01], reference: false };
    const { artefact, budgets } = await rethreshold(model, rows, how);
    expect(budgets.map(({ budget }) => budget)).toEqual(["0.001", "0.01", "0.02", "0.05"]);
    expect(budgets[2]).toMatchObject({ before: undefined, flaggedBefore: undefined });
    expect(artefact.thresholds.f1).toBe(0.4);
    return artefact.thresholds.fpr;
  };
  const low = await from({ "0.001": 0.003, "0.01": 0.002, "0.05": 0.001 });
  const high = await from({ "0.001": 1, "0.01": 0.9999, "0.05": 0.9999 });
  expect(low["0.01"]).toBeGreaterThan(low["0.02"]);
  expect(low).toEqual({ ...low, "0.001": low["0.01"], "0.05": 0.001 });
  expect(high).toEqual({ ...low, "0.001": 1, "0.05": low["0.02"] });
});

test("a budget keeps the name that the model has for it, and a threshold is at most 1", async () => {
  const thresholds = { f1: 0.5, fpr: { "0.010": 0.7 } };
  const model = new Scorer({ ...scorer.artefact, thresholds, temperature: 1e-6 }, kernelModule("score"), {
    selfTest: false,
  });
  const { artefact, budgets } = await rethreshold(model, file("sure.csv", 1000, 8), {
    budgets: [0.01],
    reference: false,
  });
  expect(artefact.thresholds.fpr).toEqual({ "0.010": 1 });
  expect(budgets).toMatchObject([{ before: 0.7, after: 1 }]);
});

test("too few rows for the smallest budget are refused, with how many it takes", async () => {
  const how = { budgets: [0.05, 0.03], reference: false };
  await expect(rethreshold(scorer, file("few.csv", 333, 3), how)).rejects.toMatchObject({
    code: "data-too-small",
    message: expect.stringContaining("takes 334"),
  });
  expect((await rethreshold(scorer, file("enough.csv", 334, 3), how)).rows).toBe(334);
});

test("with a reference of such rows, others of their kind are stable and rows of another kind drifted", async () => {
  await expect(fileDrift(scorer, file("none.csv", 10, 4))).rejects.toMatchObject({ code: "reference-missing" });
  const how = { budgets: [0.01], reference: true };
  const { artefact } = await rethreshold(scorer, file("reference.csv", 5000, 5), how);
  const known = Scorer.open(writeArtefact(artefact), kernelModule("score"));
  const same = await fileDrift(known, file("same.csv", 3000, 6));
  expect(same).toMatchObject({ verdict: "stable", rows: 3000, referenceRows: 5000 });
  const other = await fileDrift(known, file("other.csv", 3000, 6, 50));
  expect(other.verdict).toBe("drifted");
  expect(other.features[0]).toMatchObject({ name: "bytes", verdict: "drifted" });
  expect(other.features.slice(1).every(({ verdict }) => verdict === "stable")).toBe(true);
  expect((await fileDrift(known, file("handful.csv", 100, 6))).verdict).toBe("too few rows");
});
