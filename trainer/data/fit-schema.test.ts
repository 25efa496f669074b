import { describe, expect, test } from "vitest";
import type { Feature, NumericFeature } from "../../model/schema.ts";
import type { ColumnKind, Cells, Rows } from "./dataset.ts";
import { CLIP, fitSchema } from "./fit-schema.ts";
import { columnsOf, encodeRows } from "./matrix.ts";
import { rowAt } from "./rows.ts";
import { splitDataset } from "./split.ts";
import { datasetOf, errorOf } from "./testing.ts";

const COUNT = 4000;

/** The schema of one column, all of whose rows an official training side gives, and the encoding of `probe` under it. */
function fitColumn(kind: ColumnKind, cells: Cells, probe: Cells = cells): { feature: Feature; encoded: number[][] } {
  const columns = [
    { name: "id", kind: "numeric" },
    { name: "x", kind },
  ] as const;
  const id = Float64Array.from({ length: cells.length }, (_, i) => i);
  const data = datasetOf(columns, [
    { name: "all", role: "normal", cells: [id, cells], side: "train" },
    { name: "all", role: "normal", cells: [Float64Array.of(-1), cells.slice(0, 1)], side: "test" },
  ]);
  const schema = fitSchema(splitDataset(data, { seed: 1, holdOut: [], shots: 0, split: "rows" }).fit);
  const rows = { count: probe.length, cells: [id.slice(0, probe.length), probe] };
  const { data: out, cols } = encodeRows(schema, columns, rows);
  return {
    feature: schema.features[1],
    encoded: Array.from({ length: probe.length }, (_, i) => [...out.subarray(i * cols + 1, (i + 1) * cols)]),
  };
}

function numbers(value: (u: number, i: number) => number): Float64Array {
  return Float64Array.from({ length: COUNT }, (_, i) => value((i + 0.5) / COUNT, i));
}

function numeric(cells: Float64Array): NumericFeature {
  const { feature } = fitColumn("numeric", cells);
  if (feature.kind !== "numeric") throw new Error("not numeric");
  return feature;
}

test("well-behaved numbers: median and interquartile range", () => {
  const feature = numeric(numbers((u) => 10 + 4 * u));
  expect(feature).toMatchObject({ name: "x", signedLog: false, clip: CLIP });
  expect(feature.center).toBeCloseTo(12, 1);
  expect(feature.impute).toBe(feature.center);
  expect(feature.scale).toBeCloseTo(2 / 1.349, 1);
});

test("numbers beyond 50 are logged, negative ones too", () => {
  const feature = numeric(numbers((u) => (u < 0.5 ? 1 : -1) * 10 ** (10 * u)));
  expect(feature.signedLog).toBe(true);
  expect(feature.scale).toBeLessThan(30);
  expect(numeric(numbers((u) => 49 * u)).signedLog).toBe(false);
});

describe("a one-sided column whose unit says nothing", () => {
  // durations over six decades, in seconds; a fifth of them 0
  const seconds = numbers((u, i) => (i % 5 === 0 ? 0 : 10 ** (6 * u - 5)));
  const changes: Record<string, (x: number) => number> = {
    "in shares of the largest": (x) => x / seconds[COUNT - 1],
    "in standard scores": (x) => (x - 1) / 3,
    "turned round": (x) => -x,
  };

  test("is logged from its bound, in units of the tenth percentile of the distances from there", () => {
    const { signedLog } = numeric(seconds);
    expect(signedLog).toMatchObject({ origin: 0, unit: expect.closeTo(10 ** (6 * 0.1 - 5), 5) as number });
  });

  test.each(Object.keys(changes))("encodes alike %s", (change) => {
    const encoded = (cells: Float64Array) => fitColumn("numeric", cells).encoded.flat();
    const sign = change === "turned round" ? -1 : 1;
    const wanted = encoded(seconds);
    // which rows are for training depends on their content
    encoded(seconds.map(changes[change])).forEach((x, i) => expect(sign * x).toBeCloseTo(wanted[i], 1));
  });

  test("unless it spans more units than there are numbers", () => {
    const { signedLog, scale } = numeric(numbers((u, i) => (i % 500 === 0 ? 1.7e308 : u / 10)));
    expect([signedLog, Number.isFinite(scale)]).toEqual([true, true]);
  });

  test("but rates in hundredths, two-sided columns and counts are as they were", () => {
    expect(numeric(numbers((u) => Math.round(100 * u ** 4) / 100)).signedLog).toBe(false);
    expect(numeric(numbers((u) => (u < 0.5 ? -1 : 1) * 10 ** (6 * Math.abs(u - 0.5) - 3))).signedLog).toBe(false);
    expect(numeric(numbers((u) => Math.floor(10 ** (5 * u)))).signedLog).toBe(true);
  });
});

test("mostly one value: the deviation, however rare the others are", () => {
  expect(numeric(numbers((_, i) => (i % 10 === 0 ? 1 : 0))).scale).toBeCloseTo(0.3, 1);
  const rare = fitColumn(
    "numeric",
    numbers((_, i) => (i === 5 || i === 7 || i === 9 ? 1 : 0)),
    Float64Array.of(0, 1),
  );
  expect(rare.encoded).toEqual([[0], [CLIP]]);
});

test("the deviation serves where the interquartile range leaves more than one row in a thousand beyond the clip", () => {
  const some = numeric(numbers((u, i) => (i % 100 === 0 ? 41 : 1 + u)));
  expect(some.scale).toBeGreaterThan(3);
  expect(some.scale).toBeLessThan(5);
  const few = numeric(numbers((u, i) => (i % 2000 === 0 ? 41 : 1 + u)));
  expect(few.scale).toBeCloseTo(0.5 / 1.349, 1);
});

test("constant on normal rows: stays, and a value it never had shows", () => {
  expect(
    fitColumn(
      "numeric",
      numbers(() => 0),
      Float64Array.of(0, 1, -3, 1e9),
    ).encoded.flat(),
  ).toEqual([0, 1, -3, CLIP]);
  expect(
    fitColumn(
      "numeric",
      numbers(() => 1500),
      Float64Array.of(1500, 1502),
    ).encoded.flat(),
  ).toEqual([0, 2]);
  expect(
    fitColumn(
      "numeric",
      numbers(() => 0.001),
      Float64Array.of(0.001, 0.003),
    ).encoded.flat(),
  ).toEqual([0, 2]);
  expect(
    fitColumn(
      "numeric",
      numbers((_, i) => 0.1 + (i % 2) * 1e-17),
    ).feature,
  ).toMatchObject({ scale: 0.1 });
});

test("missing values take the median and encode to about nothing", () => {
  const { encoded, feature } = fitColumn(
    "numeric",
    numbers((u, i) => (i % 3 === 0 ? Number.NaN : 1000 * u)),
    Float64Array.of(Number.NaN),
  );
  expect(Math.abs(encoded[0][0])).toBeLessThan(1e-3);
  expect(feature).toMatchObject({ impute: expect.closeTo(500, -1) as number });
  expect(
    fitColumn(
      "numeric",
      numbers(() => Number.NaN),
      Float64Array.of(Number.NaN, 4),
    ).encoded.flat(),
  ).toEqual([0, 4]);
});

test("booleans are centred on the share of true and never beyond the clip", () => {
  const { feature } = fitColumn(
    "boolean",
    numbers((_, i) => (i % 4 === 0 ? 1 : 0)),
  );
  expect(feature).toMatchObject({
    impute: expect.closeTo(0.25, 1) as number,
    scale: expect.closeTo(0.43, 1) as number,
  });
  const never = fitColumn(
    "boolean",
    numbers(() => 0),
    Float64Array.of(0, 1, Number.NaN),
  );
  expect(never.encoded).toEqual([[0], [10], [0]]);
});

test("normal training rows of all domains are looked at, and no validation row", () => {
  const columns = [
    { name: "id", kind: "numeric" },
    { name: "x", kind: "boolean" },
  ] as const;
  const domain = (name: string, from: number) => {
    const id = Float64Array.from({ length: 200 }, (_, i) => from + i);
    return { name, role: "normal" as const, cells: [id, id.map((value) => (value % 3 === 0 ? 1 : 0))] };
  };
  const data = datasetOf(columns, [domain("day", 0), domain("night", 1000)]);
  const { fit } = splitDataset(data, { seed: 1, holdOut: [], shots: 0, split: "rows" });
  const share = (...parts: readonly Rows[]): number => {
    const values = parts.flatMap(({ cells }) => [...(cells[1] as Float64Array)]);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const trained = share(...fit.normal.map(({ train }) => train));
  expect(trained).not.toBe(share(...fit.normal.flatMap(({ train, validation }) => [train, validation])));
  expect(fitSchema(fit).features[1]).toMatchObject({ impute: trained });
});

test("categories: frequent ones have a column, in a settled order, the rest share one", () => {
  const cells = Array.from({ length: COUNT }, (_, i) =>
    i < 2 ? "rare" : i % 2 === 0 ? "udp" : i % 50 === 1 ? "icmp" : "tcp",
  );
  const { feature, encoded } = fitColumn("categorical", cells, ["udp", "rare", "never seen", null]);
  expect(feature).toMatchObject({ values: ["udp", "tcp", "icmp"] });
  expect(encoded).toEqual([
    [1, 0, 0, 0],
    [0, 0, 0, 1],
    [0, 0, 0, 1],
    [0, 0, 0, 1],
  ]);
  const many = fitColumn(
    "categorical",
    Array.from({ length: COUNT }, (_, i) => `port ${i % 40}`),
  );
  expect(many.feature).toMatchObject({ values: { length: 32 } });
});

test("columns are found by name, a lacking one is named", async () => {
  const schema = { features: [{ kind: "categorical", name: "p", values: ["tcp"] }] } as const;
  const columns = [
    { name: "n", kind: "numeric" },
    { name: "p", kind: "categorical" },
  ] as const;
  const rows = { count: 2, cells: [Float64Array.of(1, Number.NaN), ["udp", "tcp"]] };
  expect(encodeRows(schema, columns, rows)).toEqual({ rows: 2, cols: 2, data: Float32Array.of(0, 1, 1, 0) });
  expect(columnsOf(schema)).toEqual([columns[1]]);
  expect(rowAt(rows, 1, columns)).toEqual([null, "tcp"]);
  const error = await errorOf(() => encodeRows(schema, [columns[0]], rows));
  expect(error).toMatchObject({ code: "column-unknown", place: { feature: "p" } });
});

test("rows come back as callers give them", () => {
  const rows = { count: 1, cells: [Float64Array.of(1), Float64Array.of(Number.NaN), [null]] };
  const columns = [
    { name: "b", kind: "boolean" },
    { name: "c", kind: "boolean" },
    { name: "t", kind: "categorical" },
  ] as const;
  expect(rowAt(rows, 0, columns)).toEqual([true, null, null]);
});
