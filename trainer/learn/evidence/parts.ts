/** The parts that give evidence of a row: the normal manifold's distances, and what was learned from labels. */
import type { DISTANCES, EvidenceName } from "../../../model/evidence.ts";
import type { Matrix } from "../../data/matrix.ts";
import type { Draw } from "../draw.ts";
import { beside } from "../select.ts";
import { type Forest, type Grounds, meanLogOdds } from "./forests.ts";
import { conditional, distances, fitGaussian, type Gaussian } from "./gaussian.ts";
import { departures, nearest, nearness, type Points } from "./points.ts";
import { fitPrototypes } from "./prototypes.ts";
import { fitReferences, type References } from "./references.ts";
import { fitRebuilder, type Rebuilder, residuals } from "./rebuild.ts";
import { fitTails, surprises, type Tails } from "./tails.ts";

/** Learned from normal rows. */
export interface Manifold {
  readonly gaussian: Gaussian;
  readonly prototypes: Points;
  readonly references: References;
  readonly rebuilder: Rebuilder;
  readonly tails: Tails;
}

/** Learned from labels. */
export interface Boundary {
  readonly shallow: readonly Forest[];
  readonly deep: readonly Forest[];
  readonly departure: readonly Forest[];
}

/** Everything that gives evidence of a row before the head. */
export interface Parts extends Manifold, Boundary {}

/** Evidence of rows before it is standardised. */
export type Columns = Readonly<Record<EvidenceName, Float32Array>>;
export type Distances = Pick<Columns, (typeof DISTANCES)[number]>;

/** The steps of fitting a manifold, each named for progress. */
export const MANIFOLD_STEPS = 4;

export async function fitManifold(
  rows: Matrix,
  draw: (index: number) => Draw,
  step: <T>(note: string, compute: () => T) => Promise<T>,
): Promise<Manifold> {
  return {
    gaussian: await step("gaussian", () => fitGaussian(rows)),
    prototypes: await step("prototypes", () => fitPrototypes(rows, draw(0))),
    references: await step("references", () => fitReferences(rows, draw(2))),
    rebuilder: await step("autoencoder", () => fitRebuilder(rows, draw(1))),
    tails: fitTails(rows),
  };
}

/** Rows as a manifold has them: their distances, and beside the rows what trees on labels split. */
export interface View {
  readonly distances: Distances;
  /** Inputs and their conditional residuals. */
  readonly deep: Matrix;
  readonly departure: Matrix;
}

export function viewOf(manifold: Manifold, rows: Matrix): View {
  const { gaussian, prototypes, references, rebuilder, tails } = manifold;
  const conditionals = conditional(gaussian, rows);
  const placed = nearest(references.centres, rows);
  return {
    distances: {
      gaussian: distances(gaussian, rows, conditionals),
      prototypes: nearness(prototypes, rows),
      references: nearness(references, rows, placed),
      residual: residuals(rebuilder, rows),
      tails: surprises(tails, rows),
    },
    deep: beside(rows, conditionals),
    departure: departures(references, rows, placed),
  };
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

/** The forests that never saw a family; where there are none, all of them. */
export function blind({ shallow, deep, departure }: Boundary, family: string): Boundary {
  const outside = (forests: readonly Forest[]): readonly Forest[] => {
    const chosen = forests.filter((one) => one.outside.has(family));
    return chosen.length > 0 ? chosen : forests;
  };
  return { shallow: outside(shallow), deep: outside(deep), departure: outside(departure) };
}

/** What the trees of each kind are grown on. */
export function groundsOf(
  normal: Matrix,
  families: ReadonlyMap<string, Matrix>,
  { gaussian, references }: Manifold,
): Grounds {
  const each = (view: (rows: Matrix) => Matrix): ReadonlyMap<string, Matrix> =>
    new Map([...families].map(([family, rows]) => [family, view(rows)]));
  const deep = (rows: Matrix): Matrix => beside(rows, conditional(gaussian, rows));
  const { others, placed } = references;
  return {
    shallow: { normal, families },
    deep: { normal: deep(normal), families: each(deep) },
    departure: {
      normal: departures(references, others, placed),
      families: each((rows) => departures(references, rows)),
    },
  };
}
