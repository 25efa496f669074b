/** The parts that give evidence of a row: the normal manifold's distances, and what was learned from labels. */
import type { DISTANCES, EvidenceName } from "../../../model/evidence.ts";
import type { Matrix } from "../../data/matrix.ts";
import type { Draw } from "../draw.ts";
import { growIsolation } from "../isolation.ts";
import { beside } from "../select.ts";
import { leafSums, type TreeNodes } from "../tree-walk.ts";
import { type Forest, type Grounds, meanLogOdds } from "./forests.ts";
import { conditional, distances, fitGaussian, type Gaussian } from "./gaussian.ts";
import { fitPrototypes, nearness, type Prototypes } from "./prototypes.ts";
import { fitRebuilder, type Rebuilder, residuals } from "./rebuild.ts";
import { fitTails, surprises, type Tails } from "./tails.ts";

/** Learned from normal rows. */
export interface Manifold {
  readonly gaussian: Gaussian;
  readonly prototypes: Prototypes;
  readonly rebuilder: Rebuilder;
  readonly tails: Tails;
  readonly isolation: TreeNodes;
}

/** Learned from labels. */
export interface Boundary {
  readonly shallow: readonly Forest[];
  readonly deep: readonly Forest[];
}

/** Everything that gives evidence of a row before the head. */
export interface Parts extends Manifold, Boundary {}

/** Evidence of rows before it is standardised. */
export type Columns = Readonly<Record<EvidenceName, Float32Array>>;
export type Distances = Pick<Columns, (typeof DISTANCES)[number]>;

/** The steps of fitting a manifold, each named for progress. */
export const MANIFOLD_STEPS = 4;
/** Trees of at most 32 leaves, which the kernel goes through without a branch. */
const ISOLATION = { trees: 100, rowsATree: 64, depth: 5 } as const;

export async function fitManifold(
  rows: Matrix,
  draw: (index: number) => Draw,
  step: <T>(note: string, compute: () => T) => Promise<T>,
): Promise<Manifold> {
  return {
    gaussian: await step("gaussian", () => fitGaussian(rows)),
    prototypes: await step("prototypes", () => fitPrototypes(rows, draw(0))),
    rebuilder: await step("autoencoder", () => fitRebuilder(rows, draw(1))),
    tails: fitTails(rows),
    isolation: await step("isolation", () => growIsolation(rows, ISOLATION, (tree) => draw(2 + tree))),
  };
}

export function distancesOf(manifold: Manifold, rows: Matrix): Distances {
  const { gaussian, prototypes, rebuilder, tails, isolation } = manifold;
  return {
    gaussian: distances(gaussian, rows, conditional(gaussian, rows)),
    prototypes: nearness(prototypes, rows),
    residual: residuals(rebuilder, rows),
    tails: surprises(tails, rows),
    isolation: Float32Array.from(leafSums(isolation, rows, 0), (path) => -path / isolation.roots.length),
  };
}

/** @param near the rows' distances by these parts, where they are known already */
export function evidenceOf(parts: Parts, rows: Matrix, near: Distances = distancesOf(parts, rows)): Columns {
  const { shallow, deep, gaussian } = parts;
  return {
    ...near,
    shallow: meanLogOdds(shallow, rows),
    deep: meanLogOdds(deep, withResiduals(rows, gaussian)),
  };
}

/** The forests that never saw a family; where there are none, all of them. */
export function blind({ shallow, deep }: Boundary, family: string): Boundary {
  const outside = (forests: readonly Forest[]): readonly Forest[] => {
    const chosen = forests.filter((one) => one.outside.has(family));
    return chosen.length > 0 ? chosen : forests;
  };
  return { shallow: outside(shallow), deep: outside(deep) };
}

/** Inputs with their conditional residuals beside them: what the deep trees split. */
function withResiduals(rows: Matrix, gaussian: Gaussian): Matrix {
  return beside(rows, conditional(gaussian, rows));
}

/** What the trees of each kind are grown on. */
export function groundsOf(normal: Matrix, families: ReadonlyMap<string, Matrix>, gaussian: Gaussian): Grounds {
  const beyond = [...families].map(([family, rows]) => [family, withResiduals(rows, gaussian)] as const);
  return {
    shallow: { normal, families },
    deep: { normal: withResiduals(normal, gaussian), families: new Map(beyond) },
  };
}
