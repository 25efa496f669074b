import { describe, expect, test } from "vitest";
import { aucRoc } from "../evaluate/metrics.ts";
import { boostedTrees, forLabels, SHALLOW, shallowTrees, tunedTrees } from "./boosted-trees.ts";
import { blob, sideOf } from "./testing.ts";
import { stacked } from "../learn/select.ts";

describe.each([boostedTrees, shallowTrees, tunedTrees])("$name", (method) => {
  const rows = stacked([blob(100, 4, 0, 2), blob(100, 4, 3, 3)], 4);
  const labels = new Uint8Array(200).fill(1, 100);

  test("tells labelled families from normal rows, by probabilities", async () => {
    const fitted = await method.fit(sideOf(blob(500, 4, 0, 1), [blob(40, 4, 3, 4), blob(30, 4, 3, 5)]));
    const scores = fitted.score(rows);
    expect(aucRoc(labels, scores)).toBeGreaterThan(0.99);
    expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
  });

  test("without labels every row scores one half", async () => {
    const fitted = await method.fit(sideOf(blob(50, 4, 0, 1)));
    expect(fitted.score(rows).every((score) => score === 0.5)).toBe(true);
  });
});

test("shallow trees still split off few labels", async () => {
  expect(forLabels(SHALLOW, 400).leastRows).toBe(50);
  expect(forLabels(SHALLOW, 10).leastRows).toBe(3);
  const fitted = await shallowTrees.fit(sideOf(blob(500, 2, 0, 1), [blob(3, 2, 8, 4)]));
  const [inside, outside] = fitted.score(stacked([blob(1, 2, 0, 2), blob(1, 2, 8, 3)], 2));
  expect(outside).toBeGreaterThan(0.9);
  expect(inside).toBeLessThan(0.1);
});
