/** Boosted trees as evidence of the labels: forests blind to a fold of families each, for judging, and some on all. */
import { type ForestName, FORESTS } from "../../../model/evidence.ts";
import type { Matrix } from "../../data/matrix.ts";
import { type Booster, type BoosterOptions, fitBooster } from "../boosting/histogram-booster.ts";
import { drawRows, rowsAt, stacked } from "../select.ts";
import { labelled } from "../boosting/labelled.ts";
import type { Draw } from "../draw.ts";
import { MOST_ROWS } from "./points.ts";

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
/**
 * Trees of one split, so that columns add up: what few patients or runs show of two columns together others do not. Few
 * columns each, drawn anew, so that many columns have a say: which one tells most differs from patient to patient.
 */
const STUMPS = { ...SMALL, rounds: 150, leaves: 2, columns: 0.15 } as const satisfies BoosterOptions;

function optionsOf(byBlocks: boolean): Readonly<Record<ForestName, BoosterOptions>> {
  return { shallow: byBlocks ? STUMPS : SMALL, deep: LARGE, departure: SMALL };
}

/**
 * From which column on higher values may only raise what trees say: all of departures, and where those stand beside as many
 * inputs. What departs further from its like is no less anomalous: labels of a few families would teach otherwise by chance.
 */
function risingFrom(name: ForestName, columns: number): number {
  return { shallow: columns, deep: columns / 2, departure: 0 }[name];
}

/** How many forests of each kind. */
export type Counts = Readonly<Record<ForestName, number>>;
export const ONE_EACH: Counts = { shallow: 1, deep: 1, departure: 1 };
/** Forests that ship, grown on all families: several where columns are drawn, since which ones they are is chance. */
export const SHIPPED: Counts = { shallow: 1, deep: 3, departure: 1 };

/** How many forests ship in all. @param turns by blocks, as many forests of small trees: one without each */
export function shippingForests(turns: number): number {
  return SHIPPED.deep + SHIPPED.departure + (turns || SHIPPED.shallow);
}

/** What the trees of a kind are grown on. */
interface Ground {
  readonly normal: Matrix;
  readonly families: ReadonlyMap<string, Matrix>;
}

export type Grounds = Readonly<Record<ForestName, Ground>>;
/** Learned from labels. */
export type Forests = Readonly<Record<ForestName, readonly Booster[]>>;
export const NO_FORESTS: Forests = { shallow: [], deep: [], departure: [] };

/**
 * Some forests of each kind.
 *
 * @param byBlocks whether they are for rows of blocks never seen
 * @param outside families to keep from them
 */
export async function growForests(
  grounds: Grounds,
  byBlocks: boolean,
  outside: ReadonlySet<string>,
  many: Counts,
  draw: (kind: number, index: number) => Draw,
  step: (note: string, compute: () => Booster) => Promise<Booster>,
): Promise<Forests> {
  const options = optionsOf(byBlocks);
  const result: Record<ForestName, Booster[]> = { shallow: [], deep: [], departure: [] };
  for (const [kind, name] of FORESTS.entries()) {
    const rising = { ...options[name], risingFrom: risingFrom(name, grounds[name].normal.cols) };
    for (let index = 0; index < many[name]; index++) {
      const fit = () => fitForest(grounds[name], outside, rising, draw(kind, index));
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
): Booster {
  const seen = [...families].flatMap(([family, rows]) => (outside.has(family) ? [] : [rows]));
  const anomalous = stacked(seen, normal.cols);
  const leastRows = Math.min(options.leastRows, Math.max(1, Math.ceil(anomalous.rows / 5)));
  const drawn = rowsAt(normal, drawRows(normal.rows, MOST_ROWS, draw).toSorted());
  const seed = draw.next() >>> 0;
  return fitBooster(labelled(drawn, anomalous), { ...options, leastRows, seed });
}

/** Mean log odds of some forests, one a row. */
export function meanLogOdds(forests: readonly Booster[], rows: Matrix): Float32Array {
  const sum = new Float32Array(rows.rows);
  for (const booster of forests) {
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
export function merged(forests: readonly Booster[]): Trees {
  if (forests.length === 0) return { nodes: Float32Array.of(-1, 0, 0), roots: Float32Array.of(0), start: 0 };
  const nodes: number[] = [];
  const roots: number[] = [];
  let start = 0;
  for (const booster of forests) {
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
