/** Boosted trees as evidence of the labels: forests blind to a fold of families each, for judging, and some on all. */
import { type ForestName, FORESTS } from "../../../model/evidence.ts";
import type { Matrix } from "../../data/matrix.ts";
import { type Booster, type BoosterOptions, fitBooster } from "../boosting/histogram-booster.ts";
import { drawRows, rowsAt, stacked } from "../select.ts";
import { labelled } from "../boosting/labelled.ts";
import { type Draw, shuffled } from "../draw.ts";

/** Small trees, on the inputs and on departures: they transfer to unseen families. */
const SMALL = { rounds: 60, leaves: 7, leastRows: 50, l2: 5, rate: 0.1 } as const satisfies BoosterOptions;
/** Larger trees on both, half of the columns each: they find what few columns show together. */
const LARGE = {
  rounds: 100,
  leaves: 15,
  leastRows: 50,
  l2: 5,
  rate: 0.1,
  columns: 0.5,
} as const satisfies BoosterOptions;
const GROWTH = { shallow: SMALL, deep: LARGE, departure: SMALL } as const;

/** Forests of each kind that ship, grown on all families. */
export const REFITS = 3;
const FOLDS = 8;
/** Normal rows of one forest, drawn anew for each. */
const MOST_NORMALS = 6000;

export interface Forest {
  readonly booster: Booster;
  /** Families it never saw. */
  readonly outside: ReadonlySet<string>;
}

/**
 * Groups of families in at most eight folds, larger ones first, so that folds are alike; one fold of none where they are
 * fewer than two. Kin stay together: what is judged shall be as new to its judges as an unseen family would be.
 */
export function familyFolds(
  groups: readonly (readonly string[])[],
  families: ReadonlyMap<string, Matrix>,
  draw: Draw,
): Set<string>[] {
  if (groups.length < 2) return [new Set()];
  const rowsOf = (group: readonly string[]): number =>
    group.reduce((sum, family) => sum + (families.get(family)?.rows ?? 0), 0);
  const order = shuffled(draw, groups).sort((a, b) => rowsOf(b) - rowsOf(a));
  const folds = Array.from({ length: Math.min(FOLDS, order.length) }, () => new Set<string>());
  for (const [i, group] of order.entries()) for (const family of group) folds[i % folds.length].add(family);
  return folds;
}

/** What the trees of a kind are grown on. */
interface Ground {
  readonly normal: Matrix;
  readonly families: ReadonlyMap<string, Matrix>;
}

export type Grounds = Readonly<Record<ForestName, Ground>>;
export type Forests = Readonly<Record<ForestName, readonly Forest[]>>;
export const NO_FORESTS: Forests = { shallow: [], deep: [], departure: [] };

/** A forest of each kind for each set of families to keep from it. */
export async function growForests(
  grounds: Grounds,
  outsides: readonly ReadonlySet<string>[],
  draw: (kind: number, fold: number) => Draw,
  step: (note: string, compute: () => Forest) => Promise<Forest>,
): Promise<Forests> {
  const result: Record<ForestName, Forest[]> = { shallow: [], deep: [], departure: [] };
  for (const [fold, outside] of outsides.entries()) {
    for (const [kind, name] of FORESTS.entries()) {
      const fit = () => fitForest(grounds[name], outside, GROWTH[name], draw(kind, fold));
      result[name].push(await step("trees", fit));
    }
  }
  return result;
}

/** A forest on normal rows against the families that are not kept from it. */
function fitForest(
  { normal, families }: Ground,
  outside: ReadonlySet<string>,
  options: BoosterOptions,
  draw: Draw,
): Forest {
  const seen = [...families].flatMap(([family, rows]) => (outside.has(family) ? [] : [rows]));
  const anomalous = stacked(seen, normal.cols);
  const leastRows = Math.min(options.leastRows, Math.max(1, Math.ceil(anomalous.rows / 5)));
  const drawn = rowsAt(normal, drawRows(normal.rows, MOST_NORMALS, draw).toSorted());
  const seed = draw.next() >>> 0;
  return { booster: fitBooster(labelled(drawn, anomalous), { ...options, leastRows, seed }), outside };
}

/** Mean log odds of some forests, one a row. */
export function meanLogOdds(forests: readonly Forest[], rows: Matrix): Float32Array {
  const sum = new Float32Array(rows.rows);
  for (const { booster } of forests) {
    const logits = booster.logits(rows);
    for (let i = 0; i < sum.length; i++) sum[i] += logits[i] / forests.length;
  }
  return sum;
}

/** Trees as the artefact has them. */
export interface Trees {
  /** (nodes, 3): column or −1, threshold or leaf value, low child. */
  readonly nodes: Float32Array;
  readonly roots: Float32Array;
  /** What scoring starts from. */
  readonly start: number;
}

/** Forests as one. */
export function merged(forests: readonly Forest[]): Trees {
  if (forests.length === 0) return { nodes: Float32Array.of(-1, 0, 0), roots: Float32Array.of(0), start: 0 };
  const nodes: number[] = [];
  const roots: number[] = [];
  let start = 0;
  for (const { booster } of forests) {
    const offset = nodes.length / 3;
    for (let i = 0; i < booster.column.length; i++) {
      const leaf = booster.column[i] < 0;
      nodes.push(booster.column[i], leaf ? booster.value[i] / forests.length : booster.value[i]);
      nodes.push(leaf ? 0 : booster.low[i] + offset);
    }
    roots.push(...booster.roots.map((root) => root + offset));
    start += booster.start / forests.length;
  }
  return { nodes: Float32Array.from(nodes), roots: Float32Array.from(roots), start };
}
