import { expect, test } from "vitest";
import { leakNotes } from "./leaks.ts";
import { datasetOf } from "./testing.ts";

test("a column of one value that no anomalous row has is named, as a label left among the features would be", () => {
  const columns = [
    { name: "size", kind: "numeric" as const },
    { name: "Label", kind: "categorical" as const },
    { name: "attack", kind: "numeric" as const },
    { name: "flag", kind: "boolean" as const },
    { name: "rest", kind: "numeric" as const },
    { name: "varies", kind: "categorical" as const },
  ];
  const cells = (...rows: (string | number | null)[][]) =>
    columns.map(({ kind }, j) => {
      const column = rows.map((row) => row[j]);
      return kind === "categorical"
        ? (column as (string | null)[])
        : Float64Array.from(column, (x) => Number(x ?? NaN));
    });
  const dataset = datasetOf(columns, [
    { role: "normal", name: "mon", cells: cells([1, "ok", 0, 0, 7, "a"], [2, "ok", 0, 0, 7, "b"]) },
    { role: "normal", name: "tue", cells: cells([3, "ok", 0, 0, 7, "a"]) },
    { role: "anomaly", name: "dos", cells: cells([9, "dos", 1, null, 7, "c"], [8, null, 1, 1, 8, "c"]) },
    { role: "anomaly", name: "scan", cells: cells([9, "scan", 2, 1, 8, "d"]) },
  ]);
  expect(leakNotes(dataset)).toEqual([
    "Label, attack, flag: one value in all normal rows and in no anomalous one, as a label has. What is not known when rows are scored must go (--types Label=drop).",
  ]);
  expect(leakNotes({ ...dataset, groups: dataset.groups.slice(0, 2) })).toEqual([]);
  expect(leakNotes({ ...dataset, groups: dataset.groups.slice(2) })).toEqual([]);
});
