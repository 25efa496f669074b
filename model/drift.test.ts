import { expect, test } from "vitest";
import { reference, SCHEMA } from "../test/artefact.ts";
import { stream } from "../test/fixtures/artefact.ts";
import { drift, stabilityIndex } from "./drift.ts";
import { countsOf, type Reference } from "./reference.ts";

test("the index is 0 for the same shares, symmetric, and as worked out by hand", () => {
  expect(stabilityIndex([100, 300], [100, 300])).toBe(0);
  expect(stabilityIndex([1e6, 3e6], [1e4, 3e4])).toBeCloseTo(0, 4);
  const byHand = (0.5 - 0.25) * Math.log(0.5 / 0.25) + (0.5 - 0.75) * Math.log(0.5 / 0.75);
  expect(stabilityIndex([250_000, 750_000], [500_000, 500_000])).toBeCloseTo(byHand, 5);
  expect(stabilityIndex([500_000, 500_000], [250_000, 750_000])).toBeCloseTo(byHand, 5);
  expect(stabilityIndex([100, 0], [0, 100])).toBeCloseTo((200 / 101) * Math.log(201), 10);
});

test("the verdict follows the worst of score and features, and none is given on few rows", () => {
  const same = countsOf(reference);
  const stable = drift(SCHEMA, reference, same);
  expect(stable).toMatchObject({ rows: 1000, verdict: "stable", score: { verdict: "stable" } });
  expect(stable.meaning).toContain("look like the normal ones");
  const few = drift(
    SCHEMA,
    reference,
    same.map((count) => Math.floor(count / 10)),
  );
  expect(few.verdict).toBe("too few rows");
  expect(few.features.every(({ verdict }) => verdict === "too few rows")).toBe(true);
  const moved = same.slice();
  [moved[14], moved[15]] = [600, 400];
  const watched = drift(SCHEMA, reference, moved);
  expect(watched.verdict).toBe("watch");
  expect(watched.features[0]).toMatchObject({ name: "syn", verdict: "watch" });
  [moved[14], moved[15]] = [250, 750];
  expect(drift(SCHEMA, reference, moved)).toMatchObject({ verdict: "drifted", score: { verdict: "stable" } });
  const score = same.slice();
  [score[0], score[2]] = [10, 900];
  const byScore = drift(SCHEMA, reference, score);
  expect(byScore).toMatchObject({ verdict: "drifted", score: { verdict: "drifted" } });
  expect(byScore.meaning).toContain("few features");
});

test("of many features a tenth must have drifted, else there is something to watch", () => {
  const names = Array.from({ length: 30 }, (_, i) => `f${i}`);
  const schema = { features: names.map((name) => ({ ...SCHEMA.features[3], name })) };
  const syn = reference.features[3];
  const wide = { ...reference, features: names.map(() => syn) };
  const verdict = (many: number): string => {
    const features = names.flatMap((_, i) => (i < many ? [250, 750] : syn.counts));
    return drift(schema, wide, [...reference.score.counts, ...features]).verdict;
  };
  expect([verdict(0), verdict(2), verdict(3)]).toEqual(["stable", "watch", "drifted"]);
});

test("categories that neither side has tell nothing, however few rows one side has", () => {
  const values = Array.from({ length: 60 }, (_, i) => `service ${i}`);
  const schema = { features: [{ kind: "categorical", name: "service", values }] } as const;
  const none = Array.from({ length: 56 }, () => 0);
  const bins = { edges: [], counts: [60, 60, 60, 60, 60, ...none] };
  const few: Reference = { rows: 300, score: { edges: [0.5], counts: [240, 60] }, features: [bins] };
  const same = [16_000, 4000, 4000, 4000, 4000, 4000, 4000, ...none];
  expect(drift(schema, few, same)).toMatchObject({ verdict: "stable", features: [{ verdict: "stable" }] });
  expect(stabilityIndex([300, 0, 0], [100, 0, 20_000])).toBe(stabilityIndex([300, 0], [100, 20_000]));
});

/** Counts of `rows` drawn by `shares`. */
function drawn(shares: readonly number[], rows: number, next: () => number): number[] {
  const counts = shares.map(() => 0);
  const all = shares.reduce((a, b) => a + b, 0);
  for (let row = 0; row < rows; row++) {
    let [left, bin] = [next() * all, 0];
    while (left >= shares[bin]) left -= shares[bin++];
    counts[bin]++;
  }
  return counts;
}

test("many categories and few rows have a large index by chance alone, which is no drift; true drift is found all the same", () => {
  const next = stream(7);
  const values = Array.from({ length: 60 }, (_, i) => `service ${i}`);
  const schema = { features: [{ kind: "categorical", name: "service", values }] } as const;
  const shares = Array.from({ length: 61 }, (_, i) => 1 / (1 + i / 6));
  // as many rows of other services, in the place of a third of them
  const shifted = shares.map((share, i) => share * (1 + 0.9 * Math.sin(i)));
  const bins = { score: { edges: [0.5], counts: [400, 100] }, rows: 500 };
  let overByChance = 0;
  for (let round = 0; round < 100; round++) {
    const before: Reference = { ...bins, features: [{ edges: [], counts: drawn(shares, 500, next) }] };
    const calm = drift(schema, before, [...drawn([4, 1], 500, next), ...drawn(shares, 500, next)]);
    if (calm.features[0].psi >= calm.limits.watch) overByChance++;
    expect(calm).toMatchObject({ verdict: "stable", score: { verdict: "stable" } });
    expect(calm.features[0].verdict).toBe("too few rows");
    // what a χ² of 60 degrees of freedom passes once in 10,000 times
    expect(calm.features[0].chance).toBeCloseTo(109.5 * (1 / 500 + 1 / 500), 1);
    const moved = drift(schema, before, [...drawn([4, 1], 5000, next), ...drawn(shifted, 5000, next)]);
    expect(moved).toMatchObject({ verdict: "drifted", features: [{ verdict: "drifted" }] });
  }
  expect(overByChance).toBe(100);
});
