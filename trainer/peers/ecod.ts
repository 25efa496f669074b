/** ECOD: how far out in the tails of its columns' empirical distributions a row lies, columns taken as independent. */
import type { Matrix } from "../data/matrix.ts";
import { countBelow, countUpTo } from "../counts.ts";
import type { Fitted, Method } from "./method.ts";
import { normalRows } from "./training-rows.ts";

export const ecod: Method = {
  name: "ecod",
  title: "ECOD",
  source:
    "Li, Zhao, Hu, Botta, Ionescu, Chen: ECOD, unsupervised outlier detection using empirical cumulative distribution functions, 2022",
  group: "practice",
  labels: false,
  fit: (side) => fitTails(normalRows(side)),
};

/**
 * Scores are the largest of three sums over columns: −log of the left tail, of the right tail, and of the tail on the
 * side the column is skewed to. A scored row counts along in its own tails, (1 + count)/(1 + n), so that none is empty;
 * other scored rows do not, so a score depends on the row alone.
 */
export function fitTails(train: Matrix): Fitted {
  const { rows: n, cols } = train;
  const sorted = new Float32Array(n * cols); // (cols, n)
  const skewed = new Int8Array(cols);
  for (let j = 0; j < cols; j++) {
    const column = sorted.subarray(j * n, (j + 1) * n);
    for (let i = 0; i < n; i++) column[i] = train.data[i * cols + j];
    column.sort();
    skewed[j] = skewSign(column);
  }
  // −log((1 + count)/(1 + n)) by count.
  const surprise = Float64Array.from({ length: n + 1 }, (_, count) => Math.log((1 + n) / (1 + count)));
  return {
    bytes: 4 * sorted.length + cols,
    score: ({ rows, data }) => {
      const left = new Float64Array(rows);
      const right = new Float64Array(rows);
      const automatic = new Float64Array(rows);
      for (let j = 0; j < cols; j++) {
        const column = sorted.subarray(j * n, (j + 1) * n);
        for (let i = 0; i < rows; i++) {
          const value = data[i * cols + j];
          const low = surprise[countUpTo(column, value)];
          const high = surprise[n - countBelow(column, value)];
          left[i] += low;
          right[i] += high;
          automatic[i] += skewed[j] < 0 ? low : skewed[j] > 0 ? high : low + high;
        }
      }
      return automatic.map((sum, i) => Math.max(sum, left[i], right[i]));
    },
  };
}

/** Sign of the third central moment; 0 for a column that does not vary. */
function skewSign(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  const mean = sum / values.length;
  let cubes = 0;
  for (let i = 0; i < values.length; i++) cubes += (values[i] - mean) ** 3;
  return values[0] === values[values.length - 1] ? 0 : Math.sign(cubes);
}
