import { beforeAll, describe, expect, it } from "vitest";
import { type Difficulty, measure } from "../../../bench/difficulty.ts";
import { simulate } from "./simulate.ts";

describe.each([1, 2])("difficulty at seed %i", (seed) => {
  let families: Difficulty[] = [];
  beforeAll(async () => {
    families = await measure(simulate({ seed, rows: 800, anomalies: 300 }));
  }, 120_000);
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
    expect(seen).toEqual(expect.arrayContaining(["exfiltration", "amplification"]));
  });

  it("some families only the labels of others see: distance fails", () => {
    const seen = named((family) => family.trees >= 0.9 && family.logistic >= 0.75 && family.neighbours < 0.8);
    expect(seen).toEqual(expect.arrayContaining(["brute_force", "web_attack", "credential_stuffing"]));
  });

  it("some are easy both ways, some hard both ways without being hopeless", () => {
    expect(named((family) => family.neighbours > 0.9 && better(family) > 0.9)).toContain("icmp_tunnel");
    const hard = named(({ neighbours, logistic, trees }) =>
      [neighbours, Math.max(logistic, trees)].every((one) => one > 0.6 && one < 0.9),
    );
    expect(hard).toContain("cryptomining");
  });
});
