import { expect, test } from "vitest";
import type { Matrix } from "../../data/matrix.ts";
import { NO_TURN } from "../../data/sides.ts";
import { drawFor, gaussian } from "../draw.ts";
import type { EncodedFit } from "../encode-fit.ts";
import { episodesOf, familyFolds, NOTHING } from "./episodes.ts";
import { type Forests, meanLogOdds } from "./forests.ts";
import { Learning } from "./without.ts";

const COLS = 3;

/** Standard normal rows, moved along one column. */
function rowsAt(column: number, offset: number, rows: number, seed: number): Matrix {
  const draw = drawFor(1, seed);
  const data = Float32Array.from(
    { length: rows * COLS },
    (_, i) => gaussian(draw) + (i % COLS === column ? offset : 0),
  );
  return { rows, cols: COLS, data };
}

test("by rows families stay outside, then domains; by blocks both at once, and each at least once", () => {
  const [a, b, c] = ["a", "b", "c"].map((name) => new Set([name]));
  expect(episodesOf([a, b], [0, 4], false)).toEqual([
    { outside: a, turn: null },
    { outside: b, turn: null },
    { outside: new Set(), turn: 0 },
    { outside: new Set(), turn: 4 },
  ]);
  for (const [folds, turns] of [
    [
      [a, b, c],
      [0, 1],
    ],
    [
      [a, b],
      [0, 1, 2, 3],
    ],
    [[a, b, c], [2]],
  ] as const) {
    const episodes = episodesOf(folds, turns, true);
    expect(new Set(episodes.map(({ outside }) => outside))).toEqual(new Set(folds));
    expect(new Set(episodes.map(({ turn }) => turn))).toEqual(new Set(turns));
    expect(episodes).toHaveLength(Math.max(folds.length, turns.length));
  }
  // one family has nobody to be judged beside; one block leaves nothing to learn from
  expect(episodesOf([], [0, 1], true).map(({ outside, turn }) => [outside.size, turn])).toEqual([
    [0, 0],
    [0, 1],
  ]);
  expect(episodesOf([a, b], [], true).map(({ turn }) => turn)).toEqual([null, null]);
});

test("kin are outside together; with fewer than two groups there are no folds", () => {
  const families = new Map(["a", "b", "c"].map((name, i) => [name, rowsAt(0, 1, 5 + i, i)]));
  const folds = familyFolds([["a", "b"], ["c"]], families, drawFor(1, 2));
  expect(folds.map((fold) => [...fold].sort().join())).toEqual(["a,b", "c"]);
  expect(familyFolds([["a", "b", "c"]], families, drawFor(1, 2))).toEqual([]);
});

test("an episode's parts know neither its families nor its turn: normal rows and labels in blocks of it", async () => {
  const normal = rowsAt(0, 0, 600, 1);
  const turns = Uint8Array.from({ length: normal.rows }, (_, i) => i % 2);
  // family "a" shows in column 1 in blocks of turn 0 and in column 2 elsewhere, "b" in column 0
  const [inTurn, apart, other] = [rowsAt(1, 8, 40, 2), rowsAt(2, 8, 40, 3), rowsAt(0, 8, 80, 4)];
  const a = { rows: 80, cols: COLS, data: Float32Array.from([...inTurn.data, ...apart.data]) };
  const data = {
    spans: Int32Array.of(0, 1, 2, 3),
    train: [normal],
    turns,
    validation: [],
    support: new Map([
      ["a", a],
      ["b", other],
    ]),
    supportTurns: new Map([["a", Uint8Array.from({ length: 80 }, (_, i) => (i < 40 ? 0 : NO_TURN))]]),
    kin: new Map(),
    seenValidation: new Map(),
  };
  const learningOn = (fit: EncodedFit) =>
    new Learning(
      fit,
      normal,
      null,
      turns,
      normal,
      (i) => drawFor(1, 100 + i),
      async (_, compute) => compute(),
    );
  const learning = learningOn(data);
  const mean = (forests: Forests["shallow"], rows: Matrix): number =>
    meanLogOdds(forests, rows).reduce((sum, value) => sum + value, 0) / rows.rows;
  const odds = async (episode: Parameters<typeof learning.without>[0], rows: Matrix): Promise<number> => {
    const parts = await learning.without(episode, 0);
    return mean(parts.shallow, rows);
  };
  const usual = await odds(NOTHING, normal);
  for (const rows of [inTurn, apart, other]) expect(await odds(NOTHING, rows)).toBeGreaterThan(usual + 3);
  const turn = { outside: new Set<string>(), turn: 0 };
  expect(await odds(turn, apart)).toBeGreaterThan((await odds(turn, inTurn)) + 3);
  const family = { outside: new Set(["b"]), turn: null };
  expect(await odds(family, a)).toBeGreaterThan((await odds(family, other)) + 3);
  expect(learning.rowsOf(1).rows).toBe(300);
  // by blocks small trees, of one split, ship once without each turn; three larger forests, and one on departures, as ever
  const shipping = await learning.shipping([0, 1], 50);
  expect([shipping.shallow.length, shipping.deep.length, shipping.departure.length]).toEqual([2, 3, 1]);
  expect(shipping.shallow.every(({ nodes, roots }) => nodes === 3 * roots.length)).toBe(true);
  const blind = shipping.shallow.slice(0, 1);
  expect(mean(blind, apart)).toBeGreaterThan(mean(blind, inTurn) + 3);
  // all that is left is outside: labels of the turn's blocks have to do
  const both = { outside: new Set(["b"]), turn: 0 };
  const bare = {
    ...data,
    support: new Map([
      ["a", inTurn],
      ["b", other],
    ]),
    supportTurns: new Map([["a", new Uint8Array(40)]]),
  };
  const few = learningOn(bare);
  const parts = await few.without(both, 0);
  expect(Math.min(...meanLogOdds(parts.shallow, inTurn))).toBeGreaterThan(usual);
});
