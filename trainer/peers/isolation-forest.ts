/** An isolation forest: rows that random splits set apart quickly are anomalous. */
import type { Matrix } from "../data/matrix.ts";
import { below, type Draw, drawFor, unit } from "../learn/draw.ts";
import type { Fitted } from "./method.ts";
import { drawRows } from "../learn/select.ts";
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

/** Nodes of all trees in one run; a node without children is a leaf. */
interface Forest {
  /** First node of every tree. */
  readonly roots: number[];
  /** The column a node splits, −1 in a leaf. */
  readonly column: number[];
  /** Rows with values up to this go low; in a leaf, the path length that ends there. */
  readonly value: number[];
  /** Low child; the high one is the node after it. */
  readonly low: number[];
}

/** Scores are 2^(−E[path] / c(rows a tree)), in (0, 1). */
export function fitForest(train: Matrix, seed: number, trees = TREES, rowsATree = ROWS_A_TREE): Fitted {
  const size = Math.min(rowsATree, train.rows);
  const forest: Forest = { roots: [], column: [], value: [], low: [] };
  const depth = Math.ceil(Math.log2(Math.max(2, size)));
  for (let tree = 0; tree < trees; tree++) {
    const draw = drawFor(seed, DRAW + tree);
    forest.roots.push(addNode(forest));
    grow(forest, forest.roots[tree], train, drawRows(train.rows, size, draw), depth, depth, draw);
  }
  const column = Int16Array.from(forest.column);
  const value = Float32Array.from(forest.value);
  const low = Int32Array.from(forest.low);
  const usual = Math.max(averagePath(size), Number.MIN_VALUE) * trees;
  return {
    bytes: 4 * 3 * column.length,
    score: ({ rows, cols, data }) => {
      const paths = new Float64Array(rows);
      for (const root of forest.roots) {
        for (let i = 0, at = 0; i < rows; i++, at += cols) {
          let node = root;
          for (let j = column[node]; j >= 0; j = column[node]) {
            node = data[at + j] <= value[node] ? low[node] : low[node] + 1;
          }
          paths[i] += value[node];
        }
      }
      return paths.map((path) => 2 ** (-path / usual));
    },
  };
}

/** Splits `members` at a random value of a random column that varies among them, until `left` levels are used up. */
function grow(
  forest: Forest,
  node: number,
  train: Matrix,
  members: Int32Array,
  left: number,
  depth: number,
  draw: Draw,
): void {
  const split = left > 0 && members.length > 1 ? drawSplit(train, members, draw) : undefined;
  if (!split) {
    forest.value[node] = depth - left + averagePath(members.length);
    return;
  }
  const { column, limit } = split;
  const isLow = (row: number): boolean => train.data[row * train.cols + column] <= limit;
  const low = addNode(forest);
  const high = addNode(forest);
  forest.column[node] = column;
  forest.value[node] = limit;
  forest.low[node] = low;
  grow(forest, low, train, members.filter(isLow), left - 1, depth, draw);
  const isHigh = (row: number): boolean => !isLow(row);
  grow(forest, high, train, members.filter(isHigh), left - 1, depth, draw);
}

/** A column that varies, and a value from its smallest up to but not including its largest; none if all rows are alike. */
function drawSplit(
  { cols, data }: Matrix,
  members: Int32Array,
  draw: Draw,
): { column: number; limit: number } | undefined {
  const columns = Int32Array.from({ length: cols }, (_, j) => j);
  for (let tried = 0; tried < cols; tried++) {
    const at = tried + below(draw, cols - tried);
    const column = columns[at];
    columns[at] = columns[tried];
    let least = Infinity;
    let most = -Infinity;
    for (let i = 0; i < members.length; i++) {
      const value = data[members[i] * cols + column];
      if (value < least) least = value;
      if (value > most) most = value;
    }
    if (least === most) continue;
    const limit = Math.fround(least + unit(draw) * (most - least));
    return { column, limit: limit < most ? limit : least };
  }
  return undefined;
}

function addNode({ column, value, low }: Forest): number {
  value.push(0);
  low.push(0);
  return column.push(-1) - 1;
}

/** c(n): the average path of an unsuccessful search among n rows, 2·H(n − 1) − 2·(n − 1)/n. */
function averagePath(n: number): number {
  if (n <= 1) return 0;
  if (n === 2) return 1;
  return 2 * (Math.log(n - 1) + 0.5772156649015329) - (2 * (n - 1)) / n;
}
