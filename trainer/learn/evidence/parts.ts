/** The parts that give evidence of a row: the normal manifold's distances, and what was learned from labels. */
import type { DISTANCES, EvidenceName } from "../../../model/evidence.ts";
import type { Matrix } from "../../data/matrix.ts";
import type { Draw } from "../draw.ts";
import { beside } from "../select.ts";
import { type Forests, type Grounds, meanLogOdds } from "./forests.ts";
import { distances, fitGaussian, type Gaussian } from "./gaussian.ts";
import { departures, nearest, nearness, type Points } from "./points.ts";
import { fitPrototypes } from "./prototypes.ts";
import { type Relevance, weighted } from "./relevance.ts";
import { fitReferences, type References } from "./references.ts";
import { fitTails, surprises, type Tails } from "./tails.ts";

/** Learned from normal rows. */
export interface Manifold {
  readonly relevance: Relevance;
  readonly gaussian: Gaussian;
  /** Of several sets. */
  readonly prototypes: readonly Points[];
  readonly references: References;
  readonly tails: Tails;
}

/** Everything that gives evidence of a row before the head. */
export interface Parts extends Manifold, Forests {}

/** Evidence of rows before it is standardised. */
export type Columns = Readonly<Record<EvidenceName, Float32Array>>;
export type Distances = Pick<Columns, (typeof DISTANCES)[number]>;

/** The steps of fitting a manifold, each named for progress. */
export const MANIFOLD_STEPS = 3;

export async function fitManifold(
  rows: Matrix,
  relevance: Relevance,
  draw: (index: number) => Draw,
  step: <T>(note: string, compute: () => T) => Promise<T>,
): Promise<Manifold> {
  const seen = weighted(rows, relevance);
  return {
    relevance,
    gaussian: await step("gaussian", () => fitGaussian(rows, relevance)),
    prototypes: await step("prototypes", () => fitPrototypes(seen, draw(0))),
    references: await step("references", () => fitReferences(seen, draw(2))),
    tails: fitTails(rows),
  };
}

/** Rows as a manifold has them: their distances, and what trees on labels split besides the rows. */
export interface View {
  readonly distances: Distances;
  readonly departure: Matrix;
  /** Inputs, and beside them what they depart by. */
  readonly deep: Matrix;
}

export function viewOf(manifold: Manifold, rows: Matrix): View {
  const { relevance, gaussian, prototypes, references, tails } = manifold;
  const seen = weighted(rows, relevance);
  const placed = nearest(references.centres, seen);
  const departure = departures(references, seen, placed);
  return {
    distances: {
      gaussian: distances(gaussian, rows),
      prototypes: mean(prototypes.map((set) => nearness(set, seen))),
      references: nearness(references, seen, placed),
      tails: surprises(tails, rows),
    },
    departure,
    deep: beside(rows, departure),
  };
}

/**
 * The same where single columns alone have a say: what looks at whole rows shrinks to one point and no tree, so that the
 * model is small and no normal row is in its file.
 */
export function withoutWholeRows(parts: Parts): Parts {
  const { cols } = parts.references.rows;
  const point = { centres: { rows: 1, cols, data: new Float32Array(cols) }, scale: Float32Array.of(1) };
  return {
    ...parts,
    relevance: null,
    prototypes: [point],
    references: { ...parts.references, ...point },
    deep: [],
    departure: [],
  };
}

/** Mean of columns, row by row. */
function mean(columns: readonly Float32Array[]): Float32Array {
  const [first] = columns;
  return first.map((_, i) => columns.reduce((sum, column) => sum + column[i], 0) / columns.length);
}

/** @param view the rows as these parts have them, where that is known already */
export function evidenceOf(parts: Parts, rows: Matrix, view: View = viewOf(parts, rows)): Columns {
  return {
    ...view.distances,
    shallow: meanLogOdds(parts.shallow, rows),
    deep: meanLogOdds(parts.deep, view.deep),
    departure: meanLogOdds(parts.departure, view.departure),
  };
}

/** What the trees of each kind are grown on. */
export function groundsOf(normal: Matrix, families: ReadonlyMap<string, Matrix>, manifold: Manifold): Grounds {
  const { references, relevance } = manifold;
  const { rows: others, placed } = references;
  const apart = departures(references, others, placed);
  const departed = new Map(
    [...families].map(([family, rows]) => [family, departures(references, weighted(rows, relevance))]),
  );
  const both = [...families].map(([family, rows]) => [family, beside(rows, departed.get(family) ?? rows)] as const);
  return {
    shallow: { normal, families },
    deep: { normal: beside(others, apart), families: new Map(both) },
    departure: { normal: apart, families: departed },
  };
}
