/** The parts that give evidence of a row: the normal manifold's distances, and what was learned from labels. */
import { DISTANCES, EVIDENCE, type EvidenceName, standardised } from "../../../model/evidence.ts";
import type { Matrix } from "../../data/matrix.ts";
import type { Draw } from "../draw.ts";
import { beside } from "../select.ts";
import { type Forest, meanLogOdds } from "./forests.ts";
import { conditional, distances, fitGaussian, type Gaussian } from "./gaussian.ts";
import { type Member, meanLogit } from "./members.ts";
import type { Pieces } from "./pieces.ts";
import { fitPrototypes, nearness, type Prototypes } from "./prototypes.ts";
import { fitRebuilder, type Rebuilder, residuals } from "./rebuild.ts";
import type { Scale } from "./scale.ts";
import { fitTails, surprises, type Tails } from "./tails.ts";

/** Learned from normal rows. */
export interface Manifold {
  readonly gaussian: Gaussian;
  readonly prototypes: Prototypes;
  readonly rebuilder: Rebuilder;
  readonly tails: Tails;
}

/** Learned from labels. */
export interface Boundary {
  readonly members: readonly Member[];
  readonly shallow: readonly Forest[];
  readonly deep: readonly Forest[];
  readonly joint: readonly Forest[];
}

/** Everything that gives evidence of a row before the head. */
export interface Parts extends Manifold, Boundary {
  readonly pieces: Pieces;
  /** Scales of the distances that the joint trees see. */
  readonly scales: readonly Scale[];
}

/** Evidence of rows before it is standardised. */
export type Columns = Readonly<Record<EvidenceName, Float32Array>>;
export type Distances = Pick<Columns, (typeof DISTANCES)[number]>;

/** The steps of fitting a manifold, each named for progress. */
export const MANIFOLD_STEPS = 3;

export async function fitManifold(
  rows: Matrix,
  draws: readonly [Draw, Draw],
  step: <T>(note: string, compute: () => T) => Promise<T>,
): Promise<Manifold> {
  return {
    gaussian: await step("gaussian", () => fitGaussian(rows)),
    prototypes: await step("prototypes", () => fitPrototypes(rows, draws[0])),
    rebuilder: await step("autoencoder", () => fitRebuilder(rows, draws[1])),
    tails: fitTails(rows),
  };
}

export function distancesOf({ gaussian, prototypes, rebuilder, tails }: Manifold, rows: Matrix): Distances {
  return {
    gaussian: distances(gaussian, rows, conditional(gaussian, rows)),
    prototypes: nearness(prototypes, rows),
    residual: residuals(rebuilder, rows),
    tails: surprises(tails, rows),
  };
}

/**
 * Evidence of rows; the deep trees see residuals by the Gaussian they were grown beside.
 *
 * @param near the rows' distances by these parts, where they are known already
 */
export function evidenceOf(
  parts: Parts & { readonly residualsBy?: Gaussian },
  rows: Matrix,
  near: Distances = distancesOf(parts, rows),
): Columns {
  const { pieces, members, shallow, deep, joint, scales, residualsBy = parts.gaussian } = parts;
  return {
    ...near,
    shallow: meanLogOdds(shallow, rows),
    deep: meanLogOdds(deep, withResiduals(rows, residualsBy)),
    joint: meanLogOdds(joint, withDistances(rows, near, scales)),
    encoder: meanLogit(members, pieces, rows),
  };
}

/** The parts that never saw a family; where there are none, all of them. */
export function blind({ members, shallow, deep, joint }: Boundary, family: string): Boundary {
  const outside = (forests: readonly Forest[]): readonly Forest[] => some(forests, (one) => one.outside.has(family));
  return {
    members: some(members, ({ inside }) => !inside.has(family)),
    shallow: outside(shallow),
    deep: outside(deep),
    joint: outside(joint),
  };
}

/** The parts that never saw the normal rows of a turn. */
export function outOfTurn({ members, shallow, deep, joint }: Boundary, turn: number, folds: number): Boundary {
  const without = (forests: readonly Forest[]): readonly Forest[] => some(forests, ({ fold }) => turn % folds === fold);
  return {
    members: some(members, (member) => member.turn === turn),
    shallow: without(shallow),
    deep: without(deep),
    joint: without(joint),
  };
}

/** Those that fit, or all where none does. */
function some<T>(all: readonly T[], fits: (one: T) => boolean): readonly T[] {
  const chosen = all.filter(fits);
  return chosen.length > 0 ? chosen : all;
}

/** Inputs with their conditional residuals beside them: what the deep trees split. */
export function withResiduals(rows: Matrix, gaussian: Gaussian): Matrix {
  return beside(rows, conditional(gaussian, rows));
}

/** Inputs with standardised distances beside them: what the joint trees split. */
export function withDistances(rows: Matrix, near: Distances, scales: readonly Scale[]): Matrix {
  const cols = DISTANCES.length;
  const data = new Float32Array(rows.rows * cols);
  for (const [j, name] of DISTANCES.entries()) {
    const { centre, scale } = scales[EVIDENCE.indexOf(name)];
    for (let i = 0; i < rows.rows; i++) data[i * cols + j] = standardised(near[name][i], centre, scale);
  }
  return beside(rows, { rows: rows.rows, cols, data });
}
