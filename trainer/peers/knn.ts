/** Distance to the manifold by neighbours: how far a row lies from its k-th nearest normal training row. */
import type { Matrix } from "../data/matrix.ts";
import { drawFor } from "../learn/draw.ts";
import { Distances } from "../learn/distances.ts";
import type { Fitted } from "./method.ts";
import { atMost } from "../learn/select.ts";
import { normalRows } from "./training-rows.ts";
import { tunedDetector } from "./tuned.ts";

const NEIGHBOURS = 5;
const MOST_ROWS = 10_000;
const DRAW = 4101;

/** Distance to the k-th nearest of at most 10,000 normal training rows (drawn by the seed where there are more). */
export const knn = tunedDetector({
  name: "knn",
  title: "kNN",
  source: "Ramaswamy, Rastogi, Shim: Efficient algorithms for mining outliers from large data sets, 2000",
  group: "practice",
  settings: [NEIGHBOURS, 1, 20],
  prepare: (side) => {
    const train = atMost(normalRows(side), MOST_ROWS, drawFor(side.seed, DRAW));
    return (neighbours) => fitNeighbours(train, neighbours);
  },
});

/** Scores are Euclidean distances to the nearest row of that rank, or the farthest where there are fewer rows; exact. */
export function fitNeighbours(train: Matrix, neighbours = NEIGHBOURS): Fitted {
  const distances = new Distances(train);
  const k = Math.min(neighbours, train.rows);
  const nearest = new Float64Array(k);
  return {
    bytes: distances.bytes,
    score: (rows) => {
      const scores = new Float64Array(rows.rows);
      distances.each(rows, (row, squared, offsets) => {
        const rough = smallest(offsets, nearest);
        // Whatever may really be among the k nearest lies within twice the rounding error of the rough k-th.
        const norm = Math.sqrt(squared) + Math.sqrt(Math.max(0, squared + rough));
        const limit = rough + 2 * distances.rounding(norm);
        nearest.fill(Infinity);
        for (let i = 0; i < offsets.length; i++) {
          if (offsets[i] <= limit) insert(nearest, distances.exact(rows, row, i));
        }
        scores[row] = Math.sqrt(nearest[k - 1]);
      });
      return scores;
    },
  };
}

/** The k-th smallest value, k being the length of `kept`. */
function smallest(values: Float32Array, kept: Float64Array): number {
  kept.fill(Infinity);
  let worst = Infinity;
  for (let i = 0; i < values.length; i++) {
    if (values[i] >= worst) continue;
    insert(kept, values[i]);
    worst = kept[kept.length - 1];
  }
  return worst;
}

/** Keeps the smallest values in ascending order. */
function insert(kept: Float64Array, value: number): void {
  let at = kept.length - 1;
  if (value >= kept[at]) return;
  for (; at > 0 && kept[at - 1] > value; at--) kept[at] = kept[at - 1];
  kept[at] = value;
}
