import { expect, test } from "vitest";
import { SCHEMA, sampleArtefact } from "../test/artefact.ts";
import { readArtefact, writeArtefact } from "./artefact.ts";
import type { EvaluationSummary } from "./evaluation.ts";

const FIGURES = { family: "worm", unseen: true, rows: 40, aucRoc: 0.97, averagePrecision: 0.95, f1: 0.9, recall: 0.6 };
const STAGE = { name: "before", score: "distance", aucRoc: 0.6, normal: [3, 1, 0], anomalous: [0, 2, 5] } as const;
const EVALUATION: EvaluationSummary = {
  families: [FIGURES],
  normalRows: 500,
  falsePositives: { "0.01": 0.012 },
  stages: [STAGE],
  examples: { rows: [SCHEMA.features.map(() => null)], families: ["normal"] },
};

test("what an artefact tells of unseen rows is read back as it was written", () => {
  const { evaluation } = readArtefact(writeArtefact(sampleArtefact({ evaluation: EVALUATION })));
  expect(JSON.stringify(evaluation)).toBe(JSON.stringify(EVALUATION));
  expect(readArtefact(writeArtefact(sampleArtefact())).evaluation).toBeUndefined();
});

test.each<[string, Partial<Record<keyof EvaluationSummary, unknown>>, string]>([
  ["a share above one", { families: [{ ...FIGURES, recall: 1.5 }] }, "families[0].recall"],
  ["half a row", { normalRows: 0.5 }, "normalRows"],
  ["a rate that is no share", { falsePositives: { "0.01": 2 } }, "falsePositives"],
  ["a stage of another name", { stages: [{ ...STAGE, name: "later" }] }, "stages[0].name"],
  ["sides of different length", { stages: [{ ...STAGE, normal: [1] }] }, "stages[0]"],
  ["four stages", { stages: [STAGE, STAGE, STAGE, STAGE] }, "stages"],
  ["an example that does not encode", { examples: { rows: [["x"]], families: ["normal"] } }, "examples"],
  ["an example without a family", { examples: { rows: EVALUATION.examples?.rows, families: [] } }, "examples"],
  ["an unknown part", { extra: 1 } as object, "extra"],
])("%s is refused, and the place is named", (_, change, place) => {
  const evaluation = { ...EVALUATION, ...change } as EvaluationSummary;
  const write = (): unknown => writeArtefact(sampleArtefact({ evaluation }));
  expect(write).toThrow(expect.objectContaining({ code: "artefact-malformed" }));
  expect(write).toThrow(place);
});
