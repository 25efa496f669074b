import { describe, expect, test } from "vitest";
import { drawFor, unit } from "../draw.ts";
import { binEdges, binRows } from "./bins.ts";
import { type BoosterOptions, fitBooster } from "./histogram-booster.ts";
import { blob, matrixOf } from "../../peers/testing.ts";
import type { Labelled } from "./labelled.ts";

const plain: BoosterOptions = { rounds: 1, leaves: 2, leastRows: 1, l2: 0, rate: 1 };

/** Rows with labels, all of weight 1. */
function problem(rows: readonly (readonly number[])[], label: (row: readonly number[]) => boolean): Labelled {
  const labels = Uint8Array.from(rows, (row) => Number(label(row)));
  return { rows: matrixOf(rows), labels, weights: new Float64Array(rows.length).fill(1) };
}

function uniform(rows: number, cols: number): number[][] {
  const draw = drawFor(7, 0);
  return Array.from({ length: rows }, () => Array.from({ length: cols }, () => unit(draw)));
}

describe("bins", () => {
  test("edges lie half-way between distinct values, and a value on an edge falls below it", () => {
    expect([...binEdges(Float32Array.of(1, 1, 2, 4))]).toEqual([1.5, 3]);
    expect([...binEdges(Float32Array.of(5, 5))]).toEqual([]);
    // where no float lies between, the lower one: the artefact keeps edges in single precision
    expect([...binEdges(Float32Array.of(1 - 2 ** -24, 1, 1 + 2 ** -23))]).toEqual([1 - 2 ** -24, 1]);
    expect([...binRows(matrixOf([[4], [1], [2], [1]])).bins]).toEqual([2, 0, 1, 0]);
  });

  test("many distinct values: 255 bins of about equally many rows", () => {
    const { bins, edges } = binRows(blob(10_200, 1, 0, 1));
    expect(edges[0].length).toBe(254);
    const counts = new Array<number>(255).fill(0);
    for (const bin of bins) counts[bin]++;
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(39);
    expect(Math.max(...counts)).toBeLessThanOrEqual(41);
  });
});

describe("histogram booster", () => {
  test("one stump finds the threshold of the one column that matters, and its leaves are Newton's steps", () => {
    const rows = uniform(200, 5).concat([
      [0.5, 0.5, 0.295, 0.5, 0.5],
      [0.5, 0.5, 0.305, 0.5, 0.5],
    ]);
    const training = problem(rows, (row) => row[2] > 0.3);
    const share = training.labels.reduce((sum, label) => sum + label, 0) / rows.length;
    const booster = fitBooster(training, plain);
    const answers = booster.logits(
      matrixOf([
        [1, 1, 0.295, 1, 1],
        [0, 0, 0.305, 0, 0],
      ]),
    );
    const start = Math.log(share / (1 - share));
    expect(answers[0]).toBeCloseTo(start - share / (share * (1 - share)), 4);
    expect(answers[1]).toBeCloseTo(start + (1 - share) / (share * (1 - share)), 4);
    expect(booster.nodes).toBe(3);
  });

  test("from a column on, a higher value never lowers the logit, whatever the labels say", () => {
    const rows = uniform(600, 4);
    // falls with columns 1 and 2, but for a band of column 2, and together with column 0
    const training = problem(rows, ([a, b, c]) => (a > 0.5 ? b < 0.4 : c < 0.3 || (c > 0.5 && c < 0.8)));
    const options = { ...plain, rounds: 40, leaves: 12, rate: 0.3 };
    const probes = uniform(300, 4);
    const raised = (column: number): number[][] =>
      probes.map((row) => row.map((value, j) => (j === column ? value + (1 - value) * 0.5 : value)));
    const falls = (from: number | undefined, column: number): number => {
      const booster = fitBooster(training, from === undefined ? options : { ...options, risingFrom: from });
      const [before, after] = [booster.logits(matrixOf(probes)), booster.logits(matrixOf(raised(column)))];
      return before.filter((logit, i) => after[i] < logit - 1e-9).length;
    };
    expect(falls(undefined, 2)).toBeGreaterThan(50);
    for (const column of [0, 1, 2, 3]) expect(falls(0, column)).toBe(0);
    for (const column of [2, 3]) expect(falls(2, column)).toBe(0);
    expect(falls(2, 1)).toBeGreaterThan(50);
  });

  test("weights, ridge and rate enter the leaves as G/(H + l2)", () => {
    const rows = [[0], [0], [0], [1]];
    const training = { ...problem(rows, ([x]) => x === 1), weights: Float64Array.of(1, 1, 1, 3) };
    const booster = fitBooster(training, { ...plain, l2: 2, rate: 0.1 });
    // Balanced, so it starts at 0: G = ±1.5, H = 0.75 on either side.
    const [low, high] = booster.logits(matrixOf([[0], [1]]));
    expect(low).toBeCloseTo((-0.1 * 1.5) / 2.75, 6);
    expect(high).toBeCloseTo((0.1 * 1.5) / 2.75, 6);
  });

  test("leaves grow where they gain most: three for a step within a step, and never below the fewest rows", () => {
    const rows = uniform(400, 3);
    const nested = problem(rows, ([a, b]) => a > 0.5 && b > 0.5);
    const exact = fitBooster(nested, { ...plain, leaves: 3 }).logits(nested.rows);
    for (const [i, label] of nested.labels.entries()) expect(Math.sign(exact[i])).toBe(label === 1 ? 1 : -1);
    expect(fitBooster(nested, { ...plain, leaves: 3 }).nodes).toBe(5);
    const rare = problem(rows, ([a]) => a > 0.98);
    const coarse = fitBooster(rare, { ...plain, leastRows: 50 }).logits(rare.rows);
    const highest = Math.max(...coarse);
    expect(coarse.filter((logit) => logit === highest).length).toBeGreaterThanOrEqual(50);
  });

  test("the loss on the training rows falls with the rounds, so scoring sends rows where growing sent them", () => {
    const training = problem(uniform(300, 4), ([a, b, c]) => a + b > c + 0.5);
    const losses = [1, 5, 20, 60].map((rounds) => {
      const logits = fitBooster(training, { ...plain, rounds, leaves: 7, leastRows: 10, rate: 0.2 }).logits(
        training.rows,
      );
      return logits.reduce((sum, logit, i) => sum + Math.log1p(Math.exp(training.labels[i] === 1 ? -logit : logit)), 0);
    });
    expect(losses).toEqual(losses.toSorted((a, b) => b - a));
    expect(losses[3]).toBeLessThan(losses[0] / 20);
  });

  test("a share of the columns: drawn by the seed, and rows are told apart all the same", () => {
    const training = problem(uniform(300, 6), ([a]) => a > 0.5);
    const options = { ...plain, rounds: 30, columns: 0.5, rate: 0.3 };
    const one = fitBooster(training, { ...options, seed: 1 }).logits(training.rows);
    expect(fitBooster(training, { ...options, seed: 1 }).logits(training.rows)).toEqual(one);
    expect(fitBooster(training, { ...options, seed: 2 }).logits(training.rows)).not.toEqual(one);
    for (const [i, label] of training.labels.entries()) expect(one[i] > 0).toBe(label === 1);
  });
});
