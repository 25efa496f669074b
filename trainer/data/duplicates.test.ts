import { expect, test } from "vitest";
import { drawFor, unit } from "../learn/draw.ts";
import { dropDuplicates } from "./duplicates.ts";
import { datasetOf } from "./testing.ts";

const columns = [
  { name: "a", kind: "numeric" },
  { name: "b", kind: "categorical" },
] as const;

/** Rows of few different values, missing ones among them, so that most rows occur again. */
function repeated(count: number, seed: number): [Float64Array, (string | null)[]] {
  const draw = drawFor(seed, 0);
  const a = Float64Array.from({ length: count }, () => {
    const value = Math.floor(40 * unit(draw));
    return value === 0 ? Number.NaN : value;
  });
  const b = Array.from({ length: count }, () => ["tcp", "udp", null, "icmp"][Math.floor(4 * unit(draw))]);
  return [a, b];
}

test("of equal rows the first stays, in its place and block, over thousands of rows in several groups", () => {
  const sketches = [1, 2, 3].map((seed) => ({
    name: `site ${seed}`,
    role: "normal" as const,
    cells: repeated(3000, seed),
  }));
  const { groups } = datasetOf(columns, sketches);
  const seen = new Set<string>();
  const wanted = groups.map(({ cells: [a, b], block, count }) =>
    Array.from({ length: count }, (_, i) => ({ key: `${a[i]} ${b[i]}`, block: block[i] })).filter(({ key }) => {
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    }),
  );
  const { groups: left } = dropDuplicates(groups);
  expect(
    left.map(({ cells: [a, b], block, count }) =>
      Array.from({ length: count }, (_, i) => ({ key: `${a[i]} ${b[i]}`, block: block[i] })),
    ),
  ).toEqual(wanted);
});

test("an official test row stays and its copy before it goes; families keep their own and are named in notes", () => {
  const rows = (...values: number[]) => [Float64Array.from(values), values.map(() => "tcp")];
  const { groups } = datasetOf(columns, [
    { name: "all", role: "normal", side: "train", cells: rows(1, 2, 3) },
    { name: "all", role: "normal", side: "test", cells: rows(3, 4) },
    { name: "dos", role: "anomaly", cells: rows(2, 7, 7) },
    { name: "scan", role: "anomaly", cells: rows(7, 8) },
  ]);
  const { groups: left, notes } = dropDuplicates(groups);
  expect(left.map(({ cells }) => [...cells[0]])).toEqual([
    [1, 2],
    [3, 4],
    [2, 7],
    [7, 8],
  ]);
  expect(notes).toEqual([
    "1 rows are both normal and anomalous and stay in both.",
    "1 rows occur in more than one family and stay in each.",
    "2 rows repeat another normal row, or one of their family, and are left out.",
  ]);
});
