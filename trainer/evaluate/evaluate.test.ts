import { describe, expect, test } from "vitest";
import type { Scorer } from "../../model/scorer.ts";
import { sampleArtefact } from "../../test/artefact.ts";
import type { Dataset, Rows } from "../data/dataset.ts";
import { splitDataset } from "../data/split.ts";
import { datasetOf, errorOf, type GroupSketch } from "../data/testing.ts";
import { testSide } from "./evaluate.ts";

const group = (role: GroupSketch["role"], name: string, from: number, count: number): GroupSketch => ({
  role,
  name,
  cells: [Float64Array.from({ length: count }, (_, i) => from + i)],
});
const dataset = (...anomalies: GroupSketch[]): Dataset =>
  datasetOf([{ name: "x", kind: "numeric" }], [group("normal", "day", 0, 1000), ...anomalies]);
const x = (rows: Rows): number[] => [...(rows.cells[0] as Float64Array)];

/** A model that was trained on a data set, as far as evaluation asks. */
function trainedOn(data: Dataset, holdOut: readonly string[]): { model: Scorer; known: Set<number> } {
  const { fit, heldOut } = splitDataset(data, { seed: 3, shots: 100, split: "rows", holdOut });
  const sample = sampleArtefact();
  const training = {
    ...sample.training,
    seed: 3,
    shots: 100,
    split: "rows" as const,
    heldOut: heldOut.unseen.map(({ family }) => family),
    families: fit.seen.map(({ family }) => family),
    reach: Object.fromEntries(fit.seen.map(({ family, reach }) => [family, reach])),
  };
  const parts = [...fit.normal.map(({ train }) => train), ...fit.seen.flatMap((f) => [f.support, f.validation])];
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

  test("need no held-out family: later data may have none", () => {
    const later = dataset(group("anomaly", "dos", 5000, 150));
    expect(testSide(model, later)).toMatchObject({ wanted: [] });
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
  });

  test("cannot be those of a family that was trained on", async () => {
    const fault = await errorOf(() => testSide(model, data, ["dos"]));
    expect(fault).toMatchObject({ code: "family-unknown", remedy: expect.stringContaining("--hold-out dos") });
  });
});
