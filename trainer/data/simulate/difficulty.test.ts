import { beforeAll, describe, expect, it } from "vitest";
import { area, measure, type Difficulty } from "../../../bench/difficulty/measure.ts";
import { simulate } from "./simulate.ts";

const sample = { train: 1750, test: 1050, shots: 100, queries: 200 };

describe("area", () => {
  it("is the share of pairs in the right order, ties half", () => {
    expect(area([0, 1], [2, 3])).toBe(1);
    expect(area([2, 3], [0, 1])).toBe(0);
    expect(area([1, 2], [1, 2])).toBe(0.5);
    expect(area([1, 2, 2], [2])).toBeCloseTo(2 / 3, 12);
  });
});

describe.each([1, 2])("difficulty at seed %i", (seed) => {
  let families: Difficulty[] = [];
  beforeAll(() => {
    families = measure(simulate({ seed, rows: 410, anomalies: 200 }), sample);
  }, 60_000);
  const named = (holds: (family: Difficulty) => boolean) => families.filter(holds).map(({ family }) => family);
  const better = ({ logistic, trees }: Difficulty) => Math.max(logistic, trees);

  it("no single column tells all families from normal rows", () => {
    for (const column of families[0]?.columns.keys() ?? []) {
      const areas = families.map(({ columns }) => columns.get(column) ?? 1);
      expect(Math.min(...areas), column).toBeLessThan(0.8);
      expect(areas.filter((one) => one > 0.95).length, column).toBeLessThanOrEqual(families.length / 2);
    }
  });

  it("some families only distance to normal rows sees: both classifiers fail", () => {
    const seen = named((family) => family.neighbours >= 0.9 && better(family) < 0.8);
    expect(seen).toEqual(expect.arrayContaining(["slowloris", "exfiltration", "amplification"]));
  });

  it("some families only the labels of others see: distance fails", () => {
    const seen = named((family) => family.trees >= 0.9 && family.logistic >= 0.75 && family.neighbours < 0.8);
    expect(seen).toEqual(expect.arrayContaining(["brute_force", "web_attack", "credential_stuffing"]));
  });

  it("some are easy both ways, some hard both ways without being hopeless", () => {
    expect(named((family) => family.neighbours > 0.95 && better(family) > 0.95)).toContain("syn_flood");
    const hard = named(({ neighbours, logistic, trees }) =>
      [neighbours, Math.max(logistic, trees)].every((one) => one > 0.6 && one < 0.9),
    );
    expect(hard).toContain("cryptomining");
  });
});
