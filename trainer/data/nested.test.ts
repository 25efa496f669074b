import fc from "fast-check";
import { expect, test } from "vitest";
import type { Rows } from "./dataset.ts";
import { trainingPart } from "./nested.ts";
import { rowHashes } from "./row-hash.ts";
import { splitDataset } from "./split.ts";
import { datasetOf, type GroupSketch } from "./testing.ts";

/** Rows whose one value tells them from all others. */
function group(role: GroupSketch["role"], name: string, from: number, count: number, side?: "test"): GroupSketch {
  const cells = [Float64Array.from({ length: count }, (_, i) => from + i)];
  return { role, name, cells, ...(side ? { side } : {}) };
}

const DATASET = datasetOf(
  [{ name: "x", kind: "numeric" }],
  [
    group("normal", "day", 0, 900),
    group("normal", "night", 1000, 400),
    group("normal", "night", 1500, 100, "test"),
    group("anomaly", "dos", 2000, 300),
    group("anomaly", "dos", 2500, 50, "test"),
    group("anomaly", "late", 3000, 50, "test"),
  ],
);
const xOf = (rows: Rows): number[] => [...(rows.cells[0] as Float64Array)];
const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

test("what fitting may see, and no other row: training and validation rows each on their official side, labels", () => {
  const anyOptions = fc.record({
    seed: fc.nat(50),
    shots: fc.integer({ min: 1, max: 60 }),
    split: fc.constantFrom("rows" as const, "blocks" as const),
    normalRows: fc.option(fc.integer({ min: 20, max: 2000 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(anyOptions, ({ normalRows, ...rest }) => {
      const options = { ...rest, ...(normalRows === undefined ? {} : { normalRows }) };
      const { fit } = splitDataset(DATASET, { ...options, holdOut: [] });
      const { groups } = trainingPart(DATASET, options);
      const rows = (role: string, side: string): number[] =>
        sorted(groups.filter((one) => one.role === role && one.side === side).flatMap(xOf));
      expect(rows("normal", "train")).toEqual(sorted(fit.normal.flatMap(({ train }) => xOf(train))));
      expect(rows("normal", "test")).toEqual(sorted(fit.normal.flatMap(({ validation }) => xOf(validation))));
      const labels = fit.seen.flatMap(({ support, validation }) => [...xOf(support), ...xOf(validation)]);
      expect(rows("anomaly", "train")).toEqual(sorted(labels));
      expect(rows("anomaly", "test")).toEqual([]);
      for (const one of groups) {
        const whole = DATASET.groups.find((other) => other.blockNames === one.blockNames);
        const blocks = new Map(xOf(whole as Rows).map((x, i) => [x, whole?.block[i]]));
        expect([...one.block]).toEqual(xOf(one).map((x) => blocks.get(x)));
      }
    }),
  );
});

test("hashes under the seed tell equal rows of a family's official test side apart from its labels", () => {
  const twice = datasetOf(DATASET.columns, [
    group("normal", "day", 0, 200),
    group("anomaly", "dos", 500, 40),
    group("anomaly", "dos", 500, 40, "test"),
  ]);
  const labels = trainingPart(twice, { seed: 1, shots: 10, split: "rows" }).groups.filter((g) => g.role === "anomaly");
  expect(labels.map(({ count }) => count)).toEqual([10]);
  expect(new Set(labels.flatMap((rows) => [...rowHashes(rows, 1)])).size).toBe(10);
});
