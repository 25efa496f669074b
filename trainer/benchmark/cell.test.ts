import { describe, expect, test } from "vitest";
import type { Dataset, Rows } from "../data/dataset.ts";
import { domainsOf, familiesOf, normalRows } from "../data/families.ts";
import type { Matrix } from "../data/matrix.ts";
import { rowHashes } from "../data/row-hash.ts";
import { splitDataset } from "../data/split.ts";
import { type SimulatedGroup, simulate } from "../data/simulate/simulate.ts";
import { columns } from "../data/simulate/features.ts";
import { datasetOf } from "../data/testing.ts";
import type { Method, TrainingSide } from "../peers/method.ts";
import { baseOf, type BaseRequest, cellOf, SPLITS } from "./cell.ts";
import { LEAST_TESTED, runTask } from "./task.ts";

const groups = simulate({ seed: 4, rows: 200, anomalies: 60 });
const dataset = flows(groups);
const request: BaseRequest = { split: "random", seed: 1, shots: 20, full: false };
const all = familiesOf(dataset).map((name) => ({ name, families: [name] }));

/** Simulated groups as a data set in memory. */
function flows(list: readonly Pick<SimulatedGroup, "name" | "role" | "cells" | "count">[]): Dataset {
  return datasetOf(
    columns.map(({ name, kind }) => ({ name, kind })),
    list.map(({ name, role, cells, count }) => ({
      name,
      role,
      cells: cells.map((cell, column) => {
        if (columns[column].kind === "categorical") return Array.from({ length: count }, (_, i) => String(cell[i]));
        return Float64Array.from({ length: count }, (_, i) => Number(cell[i]));
      }),
    })),
  );
}

/** A method that keeps what it was fitted on and the rows it was asked about. */
function recorder(labels: boolean): { method: Method; sides: TrainingSide[]; scored: Matrix[] } {
  const sides: TrainingSide[] = [];
  const scored: Matrix[] = [];
  const method: Method = {
    name: "recorder",
    title: "Recorder",
    source: "",
    group: "practice",
    labels,
    fit(side) {
      sides.push(side);
      const score = (rows: Matrix): Float32Array => {
        scored.push(rows);
        return Float32Array.from({ length: rows.rows }, (_, i) => rows.data[i * rows.cols]);
      };
      return { score, bytes: 4 };
    },
  };
  return { method, sides, scored };
}

const hashesOf = (rows: Rows): number[] => [...rowHashes(rows, 0)];

function vectors({ rows, cols, data }: Matrix): string[] {
  return Array.from({ length: rows }, (_, i) => data.subarray(i * cols, (i + 1) * cols).join());
}

describe.each(SPLITS)("split %s", (split) => {
  test.each([true, false])("no held-out row reaches a method, whether it takes labels (%s) or not", async (labels) => {
    const { method, sides, scored } = recorder(labels);
    const base = baseOf(dataset, { ...request, split });
    const task = {
      ...request,
      split,
      folder: "",
      data: "flows",
      method: "recorder",
      holdOutK: 1,
      sets: all.map((one) => [one]),
    };
    const lines = await runTask(task, method, { base, cell: (holdOut) => cellOf(base, holdOut) });
    // By blocks a family may have too few rows in test blocks.
    const measured = all.filter((one) => cellOf(base, [one]).test.unseen[0].rows.rows >= LEAST_TESTED);
    expect(measured.length).toBeGreaterThan(split === "blocks" ? 4 : all.length - 1);
    expect(lines.map(({ family }) => family)).toEqual(measured.map(({ name }) => name));
    expect(sides).toHaveLength(labels ? measured.length : 1);
    const tested = new Set(scored.flatMap(vectors));
    for (const [i, side] of sides.entries()) {
      const fitted = new Set([
        ...side.fit.normal.flatMap(({ train, validation }) => [...hashesOf(train), ...hashesOf(validation)]),
        ...side.fit.seen.flatMap(({ support, validation }) => [...hashesOf(support), ...hashesOf(validation)]),
      ]);
      const encoded = new Set([
        ...side.normal.flatMap(({ train, validation }) => [...vectors(train), ...vectors(validation)]),
        ...side.seen.flatMap(({ support, validation }) => [...vectors(support), ...vectors(validation)]),
      ]);
      // thresholds are of rows that no method is fitted on
      for (const part of [...side.normal.map(({ train }) => train), ...side.seen.map(({ support }) => support)]) {
        expect(scored.includes(part)).toBe(false);
      }
      for (const { validation } of [...side.normal, ...(labels ? side.seen : [])]) {
        expect(validation.rows === 0 || scored.includes(validation)).toBe(true);
      }
      for (const { name } of labels ? [measured[i]] : all) {
        const held = dataset.groups.filter((group) => group.role === "anomaly" && group.name === name);
        expect(held.flatMap(hashesOf).filter((hash) => fitted.has(hash))).toEqual([]);
        expect(side.seen.some(({ family }) => family === name)).toBe(false);
      }
      const { test: rows } = cellOf(base, labels ? [measured[i]] : all);
      const unseen = [rows.normal, ...rows.unseen.map((family) => family.rows), ...(labels ? [rows.seen] : [])];
      for (const row of unseen.flatMap(vectors)) {
        expect(encoded.has(row)).toBe(false);
        if (labels) expect(tested.has(row)).toBe(true);
      }
      expect(side.fit.labels).toBe(labels ? 20 * (all.length - 1) : 0);
    }
  });
});

describe.each(SPLITS)("nested in a training side, split %s", (split) => {
  const asked = { ...request, split, nested: true };
  const outer = splitDataset(dataset, {
    seed: 1,
    shots: 20,
    split: split === "blocks" ? "blocks" : "rows",
    holdOut: [],
  });
  const allowed = new Set([
    ...outer.fit.normal.flatMap(({ train, validation }) => [...hashesOf(train), ...hashesOf(validation)]),
    ...outer.fit.seen.flatMap(({ support, validation }) => [...hashesOf(support), ...hashesOf(validation)]),
  ]);

  test("no row of its test side is anywhere, and hidden families are told by all their labels", () => {
    const base = baseOf(dataset, asked);
    expect(base.dataset.groups.flatMap(hashesOf).filter((hash) => !allowed.has(hash))).toEqual([]);
    const [held] = all;
    const { side, test: rows } = cellOf(base, [held]);
    const labels = outer.fit.seen.find(({ family }) => family === held.name);
    expect(rows.unseen.map((one) => one.rows.rows)).toEqual([
      (labels?.support.count ?? 0) + (labels?.validation.count ?? 0),
    ]);
    expect(side.seen.map(({ family }) => family)).not.toContain(held.name);
    if (split === "domain-out") return;
    const judging = outer.fit.normal.reduce((sum, { validation }) => sum + validation.count, 0);
    expect(base.normalTest.rows).toBe(judging);
  });

  test("a group some of whose families have no label is hidden all the same", () => {
    const { groups: known, ...rest } = dataset;
    const late = known.map((one) => (one.name === all[0].name ? { ...one, side: "test" as const } : one));
    const base = baseOf({ ...rest, groups: late }, asked);
    const group = { name: "both", families: all.slice(0, 2).map(({ name }) => name) };
    const { side } = cellOf(base, [group]);
    expect(side.seen.map(({ family }) => family)).toEqual(all.slice(2).map(({ name }) => name));
  });
});

test("the schema is the same whatever family is held out, and whatever its rows are", () => {
  const base = baseOf(dataset, request);
  const turned = groups.map((group) =>
    group.role === "normal" ? group : { ...group, cells: group.cells.map((cell) => cell.toReversed()) },
  );
  const spoilt = flows(turned);
  expect(baseOf(spoilt, request).side.schema).toEqual(base.side.schema);
  expect(cellOf(base, [all[0]]).side.schema).toBe(base.side.schema);
});

test("with a domain out, test rows are that domain's, another with the next seed", () => {
  const sizes = groups.map((group) => (group.name === groups[1].name ? { ...group, count: 150 } : group));
  const uneven = flows(sizes);
  const domains = [1, 2].map((seed) => baseOf(uneven, { ...request, split: "domain-out", seed }));
  for (const { domain, side, normalTest } of domains) {
    expect(side.normal.map((normal) => normal.domain)).not.toContain(domain);
    const held = uneven.groups.find((group) => group.role === "normal" && group.name === domain);
    expect(normalTest.rows).toBe(held?.count);
  }
  expect(domains[0].domain).not.toBe(domains[1].domain);
  expect(domains.map(({ domain }) => domain)).not.toContain(groups[1].name);
  // inside a training side as well the largest comes first
  const inside = baseOf(uneven, { ...request, split: "domain-out", nested: true, seed: 1 });
  const sizeOf = (name: string): number => normalRows(inside.dataset, name);
  expect(sizeOf(inside.domain ?? "")).toBe(Math.max(...domainsOf(inside.dataset).map(sizeOf)));
});
