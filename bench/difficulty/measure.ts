/** How hard each simulated family is: for one column, for distance to normal rows, for labels of other families. */

import type { SimulatedGroup } from "../../trainer/data/simulate/simulate.ts";
import { fitLogistic } from "./logistic.ts";
import { fifthNearest } from "./neighbours.ts";
import { encodedNames, encodeSides, type Sample, type Vector } from "./table.ts";
import { fitTrees } from "./trees.ts";

/** Areas under the ROC curve of one family against normal rows nothing was fitted on. */
export interface Difficulty {
  readonly family: string;
  /** Area of every encoded column by itself, or 1 − area where that is larger. */
  readonly columns: ReadonlyMap<string, number>;
  /** Distance to the fifth nearest normal training row; no labels. */
  readonly neighbours: number;
  /** Classifiers that saw labelled rows of every *other* family. */
  readonly logistic: number;
  readonly trees: number;
}

export const fullSample: Sample = { train: 4000, test: 2000, shots: 100, queries: 500 };

/** Measures every family, each left out in turn. */
export function measure(groups: readonly SimulatedGroup[], sample: Sample = fullSample): Difficulty[] {
  const { train, test, families } = encodeSides(groups, sample);
  const names = groups[0] === undefined ? [] : encodedNames(groups[0]);
  const distance = (row: Vector) => fifthNearest(train, row);
  const normalDistances = test.map(distance);
  return Array.from(families, ([family, all]) => {
    const rows = all.slice(0, sample.queries);
    const labels = [...families].flatMap(([name, other]) => (name === family ? [] : other.slice(0, sample.shots)));
    const separates = (score: (row: Vector) => number) => area(test.map(score), rows.map(score));
    const columns = names.map((name, col) => {
      const one = separates((row) => row[col] ?? 0);
      return [name, Math.max(one, 1 - one)] as const;
    });
    return {
      family,
      columns: new Map(columns),
      neighbours: area(normalDistances, rows.map(distance)),
      logistic: separates(fitLogistic(train, labels)),
      trees: separates(fitTrees(train, labels)),
    };
  });
}

/** Area under the ROC curve by ranks; ties count half. */
export function area(normal: readonly number[], anomalous: readonly number[]): number {
  const sorted = Float64Array.from(normal).sort();
  let sum = 0;
  for (const score of anomalous) sum += (below(sorted, score, false) + below(sorted, score, true)) / 2;
  return sum / (normal.length * anomalous.length);
}

/** How many of the sorted values are below `score`, or not above it. */
function below(sorted: Float64Array, score: number, orEqual: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const value = sorted[middle] ?? 0;
    if (value < score || (orEqual && value === score)) low = middle + 1;
    else high = middle;
  }
  return low;
}
