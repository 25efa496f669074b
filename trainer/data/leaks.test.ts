import { expect, test } from "vitest";
import { leakNotes } from "./leaks.ts";
import { datasetOf } from "./testing.ts";

test("columns whose values tell anomalous rows from normal ones are named, as a label left among the features would be", () => {
  const columns = [
    { name: "size", kind: "numeric" as const },
    { name: "Label", kind: "categorical" as const },
    { name: "attack", kind: "numeric" as const },
    { name: "flag", kind: "boolean" as const },
    { name: "rest", kind: "numeric" as const },
    { name: "host", kind: "categorical" as const },
    { name: "proto", kind: "categorical" as const },
  ];
  const cells = (...rows: (string | number | null)[][]) =>
    columns.map(({ kind }, j) => {
      const column = rows.map((row) => row[j]);
      return kind === "categorical"
        ? (column as (string | null)[])
        : Float64Array.from(column, (x) => Number(x ?? NaN));
    });
  const dataset = datasetOf(columns, [
    { role: "normal", name: "mon", cells: cells([1, "ok", 0, 0, 7, "a", "tcp"], [2, "ok", 0, 0, 7, "b", "udp"]) },
    { role: "normal", name: "tue", cells: cells([3, "ok", 0, 0, 7, "a", null]) },
    { role: "anomaly", name: "dos", cells: cells([9, "dos", 1, null, 7, "c", "tcp"], [8, null, 1, 1, 8, "c", "icmp"]) },
    { role: "anomaly", name: "scan", cells: cells([9, "scan", 2, 1, 8, "d", "icmp"]) },
  ]);
  expect(leakNotes(dataset)).toEqual([
    'Label, attack, flag, host: no anomalous row has a value that normal rows have, as with a label left among the columns. What is not known when rows are scored must go (--types "Label=drop").',
  ]);
  expect(leakNotes({ ...dataset, groups: dataset.groups.slice(0, 2) })).toEqual([]);
  expect(leakNotes({ ...dataset, groups: dataset.groups.slice(2) })).toEqual([]);
});

const NEVER =
  'never falls from one normal row to the next, as an index or a time does, which may give the time of capture away (--types "index=drop").';

test("a number that never falls from row to row is named, as an index or a time written as a number is", () => {
  const rows = 40;
  const numbers = (of: (i: number) => number): Float64Array => Float64Array.from({ length: rows }, (_, i) => of(i));
  const columns = ["index", "seconds", "one", "cycle", "late"].map((name) => ({ name, kind: "numeric" as const }));
  const day = (name: string, from: number) => ({
    role: "normal" as const,
    name,
    cells: [
      numbers((i) => from + 3 * i),
      numbers((i) => (i === 7 ? Number.NaN : from + Math.floor(i / 2))),
      numbers(() => 1),
      numbers((i) => i % 30),
      numbers((i) => (from > 0 ? i : -i)),
    ],
  });
  expect(leakNotes(datasetOf(columns, [day("mon", 5), day("tue", 900)]))).toEqual([
    expect.stringContaining("index, seconds, late: never falls from one normal row to the next"),
  ]);
  expect(leakNotes(datasetOf(columns, [day("mon", 0), day("tue", 900)]))).toEqual([`index, seconds: ${NEVER}`]);
  const few = { ...day("mon", 5), cells: day("mon", 5).cells.map((cells) => cells.slice(0, 19)) };
  expect(leakNotes(datasetOf(columns, [few]))).toEqual([]);
  const fallen = { ...few, name: "wed", cells: few.cells.map((cells) => cells.toReversed()) };
  expect(leakNotes(datasetOf(columns, [day("mon", 0), fallen]))).toEqual([`index, seconds: ${NEVER}`]);
});
