/** Simulated rows as plain numeric vectors: signed log, robust scale from normal training rows, one-hot. */

import { UnseenError } from "../../model/errors.ts";
import type { SimulatedGroup } from "../../trainer/data/simulate/simulate.ts";

/** (cols) numbers. */
export type Vector = Float64Array;

/** How many rows are measured with; fewer is quicker and rougher. */
export interface Sample {
  /** Normal rows to learn from and normal rows to measure on, over all domains. */
  readonly train: number;
  readonly test: number;
  /** Labelled rows of each other family, and rows of the family left out. */
  readonly shots: number;
  readonly queries: number;
}

export interface Sides {
  readonly train: readonly Vector[];
  readonly test: readonly Vector[];
  /** Every row of a family; the first `shots` are its labels when another family is left out. */
  readonly families: ReadonlyMap<string, readonly Vector[]>;
}

const CLIP = 8;
const PROTOCOLS = ["tcp", "udp", "icmp"];

/** Encodes the groups; the first rows of each normal domain are for learning, the last ones for measuring. */
export function encodeSides(groups: readonly SimulatedGroup[], sample: Sample): Sides {
  const normal = groups.filter(({ role }) => role === "normal").map(encode);
  const train = normal.flatMap((rows) => rows.slice(0, Math.ceil(sample.train / normal.length)));
  const test = normal.flatMap((rows) => rows.slice(-Math.ceil(sample.test / normal.length)));
  if (normal.some((rows) => rows.length * normal.length < sample.train + sample.test + 2 * normal.length)) {
    throw new UnseenError(
      "data-too-small",
      "Too few normal rows to learn from some and measure on others.",
      "Simulate more rows per domain.",
    );
  }
  const scale = robustScale(train);
  const scaled = (rows: readonly Vector[]) => rows.map((row) => apply(row, scale));
  const families = groups.filter(({ role }) => role === "anomaly");
  return {
    train: scaled(train),
    test: scaled(test),
    families: new Map(families.map((group) => [group.name, scaled(encode(group))])),
  };
}

/** Names of the encoded columns. */
export function encodedNames({ columns }: SimulatedGroup): string[] {
  return columns.flatMap(({ name, kind }) =>
    kind === "categorical" ? PROTOCOLS.map((value) => `${name}=${value}`) : [name],
  );
}

function encode({ columns, cells, count }: SimulatedGroup): Vector[] {
  return Array.from({ length: count }, (_, row) =>
    Float64Array.from(
      columns.flatMap(({ kind }, column) => {
        const cell = cells[column]?.[row] ?? null;
        if (kind === "categorical") return PROTOCOLS.map((value) => Number(cell === value));
        const value = Number(cell);
        return [kind === "boolean" ? value : Math.sign(value) * Math.log1p(Math.abs(value))];
      }),
    ),
  );
}

interface Scale {
  readonly center: number;
  readonly width: number;
}

/** Median and interquartile range / 1.349; where that is 0, the standard deviation; where that is 0 too, 1. */
function robustScale(rows: readonly Vector[]): Scale[] {
  return Array.from(rows[0] ?? [], (_, col) => {
    const values = Float64Array.from(rows, (row) => row[col] ?? 0).sort();
    const quantile = (share: number) => values[Math.floor(share * (values.length - 1))] ?? 0;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    const width = (quantile(0.75) - quantile(0.25)) / 1.349 || Math.sqrt(variance) || 1;
    return { center: quantile(0.5), width };
  });
}

function apply(row: Vector, scale: readonly Scale[]): Vector {
  return row.map((value, col) => {
    const { center, width } = scale[col] ?? { center: 0, width: 1 };
    return Math.min(CLIP, Math.max(-CLIP, (value - center) / width));
  });
}
