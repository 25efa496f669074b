/** Columns in at most 255 bins of about equally many rows: what histogram boosting sees of a table. */
import type { Matrix } from "../../data/matrix.ts";

const MOST_BINS = 255;

/** A table in bins: value v of column j is in the first bin b with v ≤ edges[j][b], else in the last. */
export interface Binned {
  readonly rows: number;
  /** Per column, the upper edges of all bins but the last, ascending. */
  readonly edges: readonly Float64Array[];
  /** Bins, (columns, rows). */
  readonly bins: Uint8Array;
}

export function binRows({ rows, cols, data }: Matrix): Binned {
  const bins = new Uint8Array(cols * rows);
  const edges: Float64Array[] = [];
  const column = new Float32Array(rows);
  for (let j = 0; j < cols; j++) {
    for (let i = 0; i < rows; i++) column[i] = data[i * cols + j];
    const limits = binEdges(column.toSorted());
    for (let i = 0; i < rows; i++) bins[j * rows + i] = binOf(limits, column[i]);
    edges.push(limits);
  }
  return { rows, edges, bins };
}

/** Half-way between neighbouring distinct values; where these are more than 255, at 254 quantiles (midpoint rule). */
export function binEdges(sorted: Float32Array): Float64Array {
  const distinct = sorted.filter((value, i) => i === 0 || value !== sorted[i - 1]);
  if (distinct.length <= MOST_BINS) {
    return Float64Array.from({ length: distinct.length - 1 }, (_, i) => (distinct[i] + distinct[i + 1]) / 2);
  }
  const quantiles = Float64Array.from({ length: MOST_BINS - 1 }, (_, i) => {
    const place = ((i + 1) / MOST_BINS) * (sorted.length - 1);
    return (sorted[Math.floor(place)] + sorted[Math.ceil(place)]) / 2;
  });
  return quantiles.filter((edge, i) => i === 0 || edge !== quantiles[i - 1]);
}

function binOf(edges: Float64Array, value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
