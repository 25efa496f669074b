import { describe, expect, test } from "vitest";
import type { HeldOut } from "../data/split.ts";
import type { Matrix } from "../data/matrix.ts";
import { separation } from "../evaluate/metrics.ts";
import { fitNeighbours } from "./knn.ts";
import type { EncodedSide, Fitted, TrainingSide } from "./method.ts";
import { blob, sideOf } from "./testing.ts";
import { type Tunable, tunedClassifier, tunedDetector } from "./tuned.ts";

const about = { name: "toy", title: "Toy", source: "none", group: "practice" } as const;

/** Two normal domains and some families, whose rows carry a number of their own in the first column. */
function sideWith(kins: readonly string[]): TrainingSide {
  const part = (rows: number, first: number): Matrix => {
    const matrix = blob(rows, 3, 0, first);
    for (let i = 0; i < rows; i++) matrix.data[3 * i] = first + i;
    return matrix;
  };
  return {
    ...sideOf(part(1, 0)),
    normal: [0, 1].map((d) => ({
      domain: `${d}`,
      train: part(5000, 1e4 * (d + 1)),
      validation: part(101, 1e5 * (d + 1)),
    })),
    seen: kins.map((kin, f) => ({
      family: `family ${f}`,
      kin,
      support: part(8, 1e6 * (f + 1)),
      validation: part(2, 1e6 * (f + 1) + 8),
    })),
  };
}

const ids = ({ rows, data }: Matrix): number[] => Array.from({ length: rows }, (_, i) => data[3 * i]);

/** Scores by how well its setting does on anomalies, and keeps what it was fitted on and what it scored. */
function recorder(settings: readonly [number, ...number[]]): {
  tunable: Tunable<number>;
  fits: { side: EncodedSide; setting: number; scored: number[] }[];
} {
  const fits: { side: EncodedSide; setting: number; scored: number[] }[] = [];
  const prepare =
    (side: EncodedSide) =>
    (setting: number): Fitted => {
      const scored: number[] = [];
      fits.push({ side, setting, scored });
      const score = (rows: Matrix): Float64Array => {
        scored.push(...ids(rows));
        // Anomalies have numbers from 1e6 on; the better the setting, the more of them score above normal rows.
        return Float64Array.from(ids(rows), (id) => (id >= 1e6 && id % 10 < setting ? 1 : 0));
      };
      return { bytes: setting, score };
    };
  return { tunable: { ...about, settings, prepare }, fits };
}

describe("a classifier's setting", () => {
  test("is judged on families, and on normal rows, that its fits have not seen; then fitted on everything", async () => {
    const side = sideWith(["a", "b", "b", "c", "d"]);
    const { tunable, fits } = recorder([3, 7, 5]);
    const fitted = await tunedClassifier(tunable).fit(side);
    expect(fitted.bytes).toBe(7);
    const judging = fits.slice(0, -1);
    expect(judging.map(({ setting }) => setting)).toEqual([3, 7, 5, 3, 7, 5, 3, 7, 5]);
    for (const { side: fold, scored } of judging) {
      const known = [
        ...fold.normal,
        ...fold.seen.map((part) => ({ train: part.support, validation: part.validation })),
      ];
      const seen = new Set(known.flatMap(({ train, validation }) => [...ids(train), ...ids(validation)]));
      expect(scored.filter((id) => seen.has(id))).toEqual([]);
      expect(fold.normal.reduce((sum, { train }) => sum + train.rows, 0)).toBe(3000);
      // A group is hidden whole.
      expect([0, 2]).toContain(fold.seen.filter(({ kin }) => kin === "b").length);
      expect(fold).not.toHaveProperty("fit");
    }
    const hidden = judging
      .filter(({ setting }) => setting === 3)
      .flatMap(({ scored }) => scored.filter((id) => id >= 1e6));
    const labels = side.seen.flatMap(({ support, validation }) => [...ids(support), ...ids(validation)]);
    expect(hidden.toSorted((a, b) => a - b)).toEqual(labels);
    expect(fits[fits.length - 1].side).toBe(side);
  });

  test("is the default with no label, with one group of families, without normal rows to judge by, and among equals", async () => {
    const several = sideWith(["a", "b"]);
    const none = blob(0, 3, 0, 1);
    const sides = [
      sideWith([]),
      sideWith(["a", "a"]),
      { ...several, normal: several.normal.map((part) => ({ ...part, validation: none })) },
    ];
    for (const tune of [tunedClassifier, tunedDetector]) {
      for (const side of sides) {
        const { tunable, fits } = recorder([3, 7]);
        expect((await tune(tunable).fit(side)).bytes).toBe(3);
        expect(fits).toHaveLength(1);
      }
      const { tunable } = recorder([11, 10, 12]);
      expect((await tune(tunable).fit(several)).bytes).toBe(11);
    }
  });
});

test("a detector's settings are fitted once each, without a label and without the rows that judge", async () => {
  const { tunable, fits } = recorder([3, 7, 5]);
  const side = sideWith(["a", "b", "c"]);
  expect((await tunedDetector(tunable).fit(side)).bytes).toBe(7);
  expect(fits.map(({ setting }) => setting)).toEqual([3, 7, 5]);
  for (const { side: fold, scored } of fits) {
    expect(fold.seen).toEqual([]);
    expect(fold.normal.map(({ train }) => train)).toEqual(side.normal.map(({ train }) => train));
    const stops = fold.normal.flatMap(({ validation }) => ids(validation));
    expect(scored.filter((id) => stops.includes(id))).toEqual([]);
    expect(scored).toHaveLength(30 + 100);
  }
});

test("where stray normal rows mislead the default, tuning finds the setting that tells an unseen family", async () => {
  // Anomalies lie where three stray normal training rows lie: their nearest neighbours are close, their 20th is far.
  const cols = 4;
  const near = (corner: number, rows: number, seed: number, spread: number): Matrix => {
    const matrix = blob(rows, cols, 0, seed, spread);
    for (let i = 0; i < rows; i++) matrix.data[i * cols + corner] += 9;
    return matrix;
  };
  const normal = blob(600, cols, 0, 1);
  for (let corner = 0; corner < 3; corner++) normal.data.set(near(corner, 3, 2 + corner, 0.01).data, corner * 3 * cols);
  const side: TrainingSide = {
    ...sideOf(normal, [near(0, 20, 5, 0.01), near(1, 20, 6, 0.01)]),
    normal: [{ domain: "all", train: normal, validation: blob(200, cols, 0, 7) }],
  };
  const test = { normal: blob(200, cols, 0, 8), unseen: near(2, 100, 9, 0.01) };
  const auc = ({ score }: Fitted): number =>
    separation(Float32Array.from(score(test.normal)), Float32Array.from(score(test.unseen)));
  expect(auc(fitNeighbours(normal, 1))).toBeLessThan(0.2);
  const tuned = tunedDetector<number>({
    ...about,
    settings: [1, 5, 20],
    prepare: (one) => (k) => fitNeighbours(one.normal[0].train, k),
  });
  expect(auc(await tuned.fit(side))).toBeGreaterThan(0.99);
});

test("held-out rows are nothing to tune on", () => {
  const tune = (side: TrainingSide): unknown => tunedClassifier(recorder([1]).tunable).fit(side);
  const notCalled = (heldOut: HeldOut, side: TrainingSide): void => {
    // @ts-expect-error: held-out rows are no training side
    tune(heldOut);
    // @ts-expect-error: nor can they stand for its data
    tune({ ...side, fit: heldOut });
  };
  expect(notCalled).toBeTypeOf("function");
});
