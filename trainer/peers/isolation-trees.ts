/** Isolation trees: random splits, and how many of them it takes to set a row apart (Liu, Ting, Zhou 2008). */
import type { Matrix } from "../data/matrix.ts";
import { addNode, type Nodes } from "../learn/boosting/tree-growth.ts";
import { below, type Draw, unit } from "../learn/draw.ts";
import { drawRows } from "../learn/select.ts";
import type { TreeNodes } from "../learn/tree-walk.ts";

export interface IsolationOptions {
  readonly trees: number;
  readonly rowsATree: number;
}

/** Trees whose leaves hold how long a path ends there; each grows on rows of its own, by a draw of its own. */
export function growIsolation(
  train: Matrix,
  { trees, rowsATree }: IsolationOptions,
  drawOf: (tree: number) => Draw,
): TreeNodes {
  const size = Math.min(rowsATree, train.rows);
  const levels = Math.ceil(Math.log2(Math.max(2, size)));
  const forest: Nodes = { column: [], value: [], low: [] };
  const roots = Array.from({ length: trees }, (_, tree) => {
    const draw = drawOf(tree);
    const root = addNode(forest);
    grow(forest, root, train, drawRows(train.rows, size, draw), levels, levels, draw);
    return root;
  });
  return {
    roots,
    column: Int32Array.from(forest.column),
    // leaves in single precision, as thresholds are
    value: Float64Array.from(forest.value, Math.fround),
    low: Int32Array.from(forest.low),
  };
}

/** Splits `members` at a random value of a random column that varies among them, until `left` levels are used up. */
function grow(
  forest: Nodes,
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

/** c(n): the average path of an unsuccessful search among n rows, 2·H(n − 1) − 2·(n − 1)/n. */
export function averagePath(n: number): number {
  if (n <= 1) return 0;
  if (n === 2) return 1;
  return 2 * (Math.log(n - 1) + 0.5772156649015329) - (2 * (n - 1)) / n;
}
