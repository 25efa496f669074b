/** Columns in at most 255 bins of about equally many rows: what histogram boosting sees of a table. */
import type { Address } from "../../../model/kernel.ts";
import type { Matrix } from "../../data/matrix.ts";
import { kernelModule } from "../engine.ts";
import { Team, type TeamFunctions } from "../team.ts";

const MOST_BINS = 255;

/** A table in bins: value v of column j is in the first bin b with v ≤ edges[j][b], else in the last. */
export interface Binned {
  readonly rows: number;
  /** Per column, the upper edges of all bins but the last, ascending. */
  readonly edges: readonly Float64Array[];
  /** Bins, (columns, rows). */
  readonly bins: Uint8Array;
}

/** What train.wasm exports for it: see assembly/trees.ts. */
interface BinFunctions extends TeamFunctions {
  binValues(rows: number, values: Address, edges: Address, count: number, out: Address): void;
}

export function binRows({ rows, cols, data }: Matrix): Binned {
  const kernel = new Team<BinFunctions>(kernelModule("train"));
  const values = kernel.allocate(rows);
  const limits = kernel.allocate(2 * MOST_BINS);
  const found = kernel.allocate(Math.ceil(rows / 4));
  const bins = new Uint8Array(cols * rows);
  const edges: Float64Array[] = [];
  const column = kernel.floats(values, rows);
  for (let j = 0; j < cols; j++) {
    for (let i = 0, at = j; i < rows; i++, at += cols) column[i] = data[at];
    const own = binEdges(column.toSorted());
    kernel.doubles(limits, own.length).set(own);
    kernel.functions.binValues(rows, values, limits, own.length, found);
    bins.set(new Uint8Array(kernel.functions.memory.buffer, found, rows), j * rows);
    edges.push(own);
  }
  return { rows, edges, bins };
}

/**
 * Half-way between neighbouring distinct values; where these are more than 255, at 254 quantiles (midpoint rule). In single
 * precision, as the artefact has them.
 */
export function binEdges(sorted: Float32Array): Float64Array {
  const distinct = distinctOf(sorted);
  if (distinct.length <= MOST_BINS) {
    return Float64Array.from({ length: distinct.length - 1 }, (_, i) => between(distinct[i], distinct[i + 1]));
  }
  const quantiles = Float64Array.from({ length: MOST_BINS - 1 }, (_, i) => {
    const place = ((i + 1) / MOST_BINS) * (sorted.length - 1);
    return between(sorted[Math.floor(place)], sorted[Math.ceil(place)]);
  });
  return quantiles.filter((edge, i) => i === 0 || edge !== quantiles[i - 1]);
}

/** A float between low and high, and below high where they are two: of neighbouring floats the lower one. */
function between(low: number, high: number): number {
  const middle = Math.fround((low + high) / 2);
  return middle < high ? middle : low;
}

function distinctOf(sorted: Float32Array): Float32Array {
  const distinct = sorted.slice();
  let count = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) distinct[count++] = sorted[i];
  return distinct.subarray(0, count);
}
