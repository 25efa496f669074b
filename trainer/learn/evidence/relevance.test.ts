import { describe, expect, test } from "vitest";
import type { Matrix } from "../../data/matrix.ts";
import { below, type Draw, drawFor, gaussian, unit } from "../draw.ts";
import { irrelevantFeatures, relevanceOf, weighted } from "./relevance.ts";

/** What a row holds: `load` and `heat` go together, `sensor` and two dice go their own way. */
type RowOf = (draw: Draw) => number[];
const normalRow: RowOf = (draw) => {
  const load = gaussian(draw);
  const sensor = gaussian(draw);
  return [load, load + gaussian(draw), sensor, gaussian(draw), ...die(draw)];
};
const overload: RowOf = (draw) => normalRow(draw).map((x, j) => (j === 0 ? x + 3 : x));
const broken: RowOf = (draw) => normalRow(draw).map((x, j) => (j === 2 ? x + 3 : x));
/** Features of one input each, and a die of six. */
const SPANS = Int32Array.of(0, 1, 2, 3, 4, 10);

function die(draw: Draw): number[] {
  const face = below(draw, 6);
  return Array.from({ length: 6 }, (_, i) => (i === face ? 1 : 0));
}

function rows(count: number, row: RowOf, seed: number): Matrix {
  const draw = drawFor(7, seed);
  const data = Float32Array.from(Array.from({ length: count }, () => row(draw)).flat());
  return { rows: count, cols: 10, data };
}

const overloads = new Map([["overload", rows(120, overload, 2)]]);

describe("features that say nothing", () => {
  test("are those that go with no other and show no family, numbers and categories alike", () => {
    for (let seed = 10; seed < 20; seed++) {
      expect(irrelevantFeatures(rows(4_000, normalRow, seed), overloads, SPANS)).toEqual([2, 3, 4]);
    }
  });

  test("are none where a family shows in a feature that goes with no other: the next may show in another such", () => {
    const families = new Map([...overloads, ["broken sensor", rows(120, broken, 3)]]);
    expect(irrelevantFeatures(rows(4_000, normalRow, 1), families, SPANS)).toEqual([]);
  });

  test("are none where a family has a category that normal rows have never had", () => {
    const loaded: RowOf = (draw) => [...overload(draw).slice(0, 4), 0, 0, 0, 0, 0, 1];
    const faces = (draw: Draw): number[] => {
      const row = normalRow(draw);
      return row[9] > 0 ? [...row.slice(0, 4), 1, 0, 0, 0, 0, 0] : row;
    };
    const families = new Map([["sixes", rows(120, loaded, 3)]]);
    expect(irrelevantFeatures(rows(4_000, faces, 1), families, SPANS)).toEqual([]);
  });

  test("are not told by too few rows or labels, nor where nothing goes with anything", () => {
    const normal = rows(4_000, normalRow, 1);
    expect(irrelevantFeatures(rows(900, normalRow, 1), overloads, SPANS)).toEqual([]);
    expect(irrelevantFeatures(normal, new Map([["overload", rows(90, overload, 2)]]), SPANS)).toEqual([]);
    expect(irrelevantFeatures(normal, new Map(), SPANS)).toEqual([]);
    const chance: RowOf = (draw) => [...Array.from({ length: 4 }, () => gaussian(draw)), ...die(draw)];
    const any = new Map([["any", rows(120, chance, 2)]]);
    expect(irrelevantFeatures(rows(4_000, chance, 1), any, SPANS)).toEqual([]);
  });

  test("are not those that are the same for nearly all rows", () => {
    const rare: RowOf = (draw) => {
      const row = normalRow(draw);
      row[3] = unit(draw) < 0.05 ? 1 : 0;
      return row;
    };
    expect(irrelevantFeatures(rows(4_000, rare, 1), overloads, SPANS)).toEqual([2, 4]);
  });
});

test("of n irrelevant features each counts 1/n, all inputs of a category alike; a single one counts in full", () => {
  const relevance = relevanceOf([2, 4], SPANS);
  const share = 0.5;
  expect([...(relevance ?? [])]).toEqual([1, 1, share, 1, share, share, share, share, share, share]);
  expect(relevanceOf([2], SPANS)).toBeNull();
  const some = rows(3, normalRow, 1);
  expect(weighted(some, null)).toBe(some);
  expect(weighted(some, relevance).data[12]).toBe(Math.fround(some.data[12] * share));
});
