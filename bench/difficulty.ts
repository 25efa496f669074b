/** How hard each simulated family is: for one column, for distance to normal rows, for labels of other families. */
import { inputNames } from "../model/encode.ts";
import { baseOf, cellOf } from "../trainer/benchmark/cell.ts";
import { familiesOf } from "../trainer/data/families.ts";
import type { Matrix } from "../trainer/data/matrix.ts";
import type { SimulatedGroup } from "../trainer/data/simulate/simulate.ts";
import { datasetOf } from "../trainer/data/testing.ts";
import { separation } from "../trainer/evaluate/metrics.ts";
import { shallowTrees } from "../trainer/peers/boosted-trees.ts";
import { fitNeighbours } from "../trainer/peers/knn.ts";
import { logistic } from "../trainer/peers/logistic.ts";
import type { Fitted } from "../trainer/peers/method.ts";
import { normalRows } from "../trainer/peers/training-rows.ts";

/** AUC-ROC of one family against normal rows that nothing was fitted on, the family left out as the benchmark does it. */
export interface Difficulty {
  readonly family: string;
  /** Of every input by itself, or 1 − it where that is larger. */
  readonly columns: ReadonlyMap<string, number>;
  /** Distance to the fifth nearest normal training row; no labels. */
  readonly neighbours: number;
  /** Classifiers that saw labelled rows of every *other* family. */
  readonly logistic: number;
  readonly trees: number;
}

/** Labels of each other family. */
export const SHOTS = 100;

/** Measures every family, each left out in turn. */
export async function measure(groups: readonly SimulatedGroup[]): Promise<Difficulty[]> {
  const dataset = datasetOf(groups[0].columns, groups);
  const base = baseOf(dataset, { split: "random", seed: 1, shots: SHOTS, full: false });
  const names = inputNames(base.side.schema);
  const nearest = fitNeighbours(normalRows(base.side));
  const result: Difficulty[] = [];
  for (const family of familiesOf(dataset)) {
    const { side, test } = cellOf(base, [{ name: family, families: [family] }]);
    const [{ rows }] = test.unseen;
    const separates = ({ score }: Fitted): number => separation(score(test.normal), score(rows));
    const columns = names.map((name, input) => {
      const one = separation(column(test.normal, input), column(rows, input));
      return [name, Math.max(one, 1 - one)] as const;
    });
    result.push({
      family,
      columns: new Map(columns),
      neighbours: separates(nearest),
      logistic: separates(await logistic.fit(side)),
      trees: separates(await shallowTrees.fit(side)),
    });
  }
  return result;
}

function column({ rows, cols, data }: Matrix, input: number): Float32Array {
  return Float32Array.from({ length: rows }, (_, i) => data[i * cols + input]);
}
