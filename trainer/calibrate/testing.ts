/** For tests of calibration: a small data set with three families, rows of a fourth, and lines as the Worker gives them. */
import { hash } from "node:crypto";
import type { Dataset } from "../data/dataset.ts";
import { datasetOf } from "../data/testing.ts";
import { drawFor, gaussian } from "../learn/draw.ts";

const COLUMNS = 6;
/** Where the families lie: `novel` in two columns at once, each of them less far out. */
const SHIFTS: Readonly<Record<string, readonly number[]>> = {
  normal: [0, 0, 0, 0, 0, 0],
  high: [0, 5, 0, 0, 0, 0],
  low: [0, 0, -5, 0, 0, 0],
  wide: [0, 0, 0, 2.5, 0, 0],
  novel: [0, 0, 0, 0, 3.5, 3.5],
};

/** Rows of a family; another index, other rows. */
export function draws(name: string, rows: number, index: number): number[][] {
  const draw = drawFor(11, index);
  return Array.from({ length: rows }, () => SHIFTS[name].map((shift) => shift + gaussian(draw)));
}

/** Normal rows and three families; a file that hashes alike stands for it being the same data set. */
export function toy(): Dataset {
  const columns = Array.from({ length: COLUMNS }, (_, j) => ({ name: `c${j}`, kind: "numeric" as const }));
  const groups = (["normal", "high", "low", "wide"] as const).map((name, index) => {
    const rows = draws(name, name === "normal" ? 2400 : 120, index);
    const cells = columns.map((_, j) => Float64Array.from(rows, (row) => row[j]));
    return { name, role: name === "normal" ? ("normal" as const) : ("anomaly" as const), cells };
  });
  const sha256 = hash("sha256", "toy");
  return { ...datasetOf(columns, groups), files: [{ path: "toy.csv", sha256, rows: 2760 }] };
}

/** A row as a caller gives it. */
export function named(row: readonly number[]): Record<string, number> {
  return Object.fromEntries(row.map((value, j) => [`c${j}`, value]));
}

/** Lines as the Worker gives them. */
export function lines(label: string, family: string, rows: readonly (readonly number[])[]): string {
  return rows
    .map((row) => `${JSON.stringify({ id: "", label, family, instance: named(row), version: 1, given: 0 })}\n`)
    .join("");
}
