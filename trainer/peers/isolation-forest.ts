/** An isolation forest: rows that random splits set apart quickly are anomalous. */
import type { Matrix } from "../data/matrix.ts";
import { drawFor } from "../learn/draw.ts";
import { averagePath, growIsolation } from "./isolation-trees.ts";
import { leafSums } from "../learn/tree-walk.ts";
import type { Fitted } from "./method.ts";
import { normalRows } from "./training-rows.ts";
import { tunedDetector } from "./tuned.ts";

const TREES = 300;
const ROWS_A_TREE = 256;
const DRAW = 4200;

export const isolationForest = tunedDetector({
  name: "isolation-forest",
  title: "Isolation forest",
  source: "Liu, Ting, Zhou: Isolation forest, 2008",
  group: "practice",
  settings: [ROWS_A_TREE, 64, 1024],
  prepare: (side) => {
    const train = normalRows(side);
    return (rowsATree) => fitForest(train, side.seed, TREES, rowsATree);
  },
});

/** Scores are 2^(−E[path] / c(rows a tree)), in (0, 1). */
export function fitForest(train: Matrix, seed: number, trees = TREES, rowsATree = ROWS_A_TREE): Fitted {
  const forest = growIsolation(train, { trees, rowsATree }, (tree) => drawFor(seed, DRAW + tree));
  const usual = Math.max(averagePath(Math.min(rowsATree, train.rows)), Number.MIN_VALUE) * trees;
  return {
    bytes: 4 * 3 * forest.column.length,
    score: (rows) => leafSums(forest, rows, 0).map((path) => 2 ** (-path / usual)),
  };
}
