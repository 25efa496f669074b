import { describe, expect, test } from "vitest";
import { drawFor, gaussian, shuffled } from "../learn/draw.ts";
import type { Dataset } from "./dataset.ts";
import { neighbourNotes } from "./neighbours.ts";
import { datasetOf } from "./testing.ts";

/** A normal domain of `rows` rows: a column that drifts, one of noise, one that never varies. */
function drifting(rows: number, mixed: boolean, missing = false): Dataset {
  const draw = drawFor(3, rows);
  let level = 0;
  const walk = Array.from({ length: rows }, () => (level += gaussian(draw)));
  const drift = Float64Array.from(mixed ? shuffled(draw, walk) : walk);
  if (missing) drift.fill(Number.NaN, 0, 20);
  const flat = new Float64Array(rows).fill(7);
  const columns = ["drift", "slow", "flat"].map((name) => ({ name, kind: "numeric" as const }));
  return datasetOf(columns, [{ role: "normal", name: "day", cells: [drift, drift.slice(), flat] }]);
}

describe("rows of a time series", () => {
  test.each([
    ["that drift are noted", drifting(2500, false), true],
    ["with values missing are, too", drifting(2500, false, true), true],
    ["that are shuffled are not", drifting(2500, true), false],
    ["of which there are few are not", drifting(150, false), false],
  ])("%s", (_, dataset, noted) => {
    const notes = neighbourNotes(dataset);
    expect(notes).toEqual(noted ? [expect.stringMatching(/\(day\).*--split blocks/)] : []);
  });

  test("without numbers nothing is said", () => {
    const texts = Array.from({ length: 300 }, (_, i) => (i < 150 ? "a" : "b"));
    const dataset = datasetOf(
      [{ name: "kind", kind: "categorical" }],
      [{ role: "normal", name: "day", cells: [texts] }],
    );
    expect(neighbourNotes(dataset)).toEqual([]);
  });
});
