/** The parts that give evidence of a row: the normal manifold's distances, and what was learned from labels. */
import type { DISTANCES, EvidenceName } from "../../../model/evidence.ts";
import type { Matrix } from "../../data/matrix.ts";
import type { Draw } from "../draw.ts";
import { beside } from "../select.ts";
import { type Forest, type Ground, type Grounds, meanLogOdds } from "./forests.ts";
import { conditional, distances, fitGaussian, type Gaussian } from "./gaussian.ts";
import { departures, nearness, type Points } from "./points.ts";
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

export function distancesOf(manifold: Manifold, rows: Matrix): Distances {
  const { gaussian, prototypes, references, rebuilder, tails } = manifold;
  return {
    gaussian: distances(gaussian, rows, conditional(gaussian, rows)),
    prototypes: nearness(prototypes, rows),
    references: nearness(references, rows),
    residual: residuals(rebuilder, rows),
    tails: surprises(tails, rows),
  };
}

/** @param near the rows' distances by these parts, where they are known already */
export function evidenceOf(parts: Parts, rows: Matrix, near: Distances = distancesOf(parts, rows)): Columns {
  const { shallow, deep, departure, gaussian, references } = parts;
  return {
    ...near,
    shallow: meanLogOdds(shallow, rows),
    deep: meanLogOdds(deep, withResiduals(rows, gaussian)),
    departure: meanLogOdds(departure, departures(references, rows)),
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

/** Inputs with their conditional residuals beside them: what the deep trees split. */
function withResiduals(rows: Matrix, gaussian: Gaussian): Matrix {
  return beside(rows, conditional(gaussian, rows));
}

/** What the trees of each kind are grown on. */
export function groundsOf(
  normal: Matrix,
  families: ReadonlyMap<string, Matrix>,
  { gaussian, references }: Manifold,
): Grounds {
  const ground = (rows: Matrix, view: (rows: Matrix) => Matrix): Ground => ({
    normal: view(rows),
    families: new Map([...families].map(([family, own]) => [family, view(own)])),
  });
  return {
    shallow: { normal, families },
    deep: ground(normal, (rows) => withResiduals(rows, gaussian)),
    departure: ground(references.others, (rows) => departures(references, rows)),
  };
}
