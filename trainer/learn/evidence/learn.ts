/** The default learner: manifold evidence from normal rows, boundary evidence from labels with rotating roles, one head. */
import { setImmediate } from "node:timers/promises";
import type { EvidenceShape } from "../../../model/artefact.ts";
import { EVIDENCE, type EvidenceName, evidenceShapes, standardised } from "../../../model/evidence.ts";
import type { Tensor } from "../../../model/artefact.ts";
import { floatTensor } from "../../../model/tensor.ts";
import type { Matrix } from "../../data/matrix.ts";
import { plattLine } from "../../evaluate/calibrate.ts";
import { stacked } from "../../peers/training-rows.ts";
import { drawFor } from "../draw.ts";
import { gather } from "../judge.ts";
import { DEEP, familyFolds, fitForest, type Forest, meanLogOdds, merged, SHALLOW } from "./forests.ts";
import { conditional, distances, fitGaussian, type Gaussian } from "./gaussian.ts";
import { fitHead, type Head, headLogits, type Table } from "./head.ts";
import { drawInside, fitMember, HIDDEN, type Member, meanLogit, MEMBERS } from "./members.ts";
import { fitPieces, type Pieces } from "./pieces.ts";
import { fitPrototypes, nearest } from "./prototypes.ts";
import { fitRebuilder, type Rebuilder, residuals } from "./rebuild.ts";

export interface EvidenceOptions {
  /** Kinds of evidence to use; all unless told. Others get no weight. */
  readonly evidence: readonly EvidenceName[];
  /** Weight of corrupted normal rows in the encoder's loss; 0 leaves them out. */
  readonly corruption: number;
  /** Whether families take turns to be hidden from what judges them; without, the head sees evidence of its own labels. */
  readonly rotate: boolean;
  /** Whether the head's weights are learned; without, they are equal. */
  readonly learnHead: boolean;
}

export const EVIDENCE_DEFAULTS: EvidenceOptions = { evidence: EVIDENCE, corruption: 1, rotate: true, learnHead: true };

/** The training side, encoded. */
export interface EvidenceData {
  readonly train: readonly Matrix[];
  readonly validation: readonly Matrix[];
  readonly support: ReadonlyMap<string, Matrix>;
  readonly seenValidation: ReadonlyMap<string, Matrix>;
}

export interface LearnedEvidence {
  readonly shape: EvidenceShape;
  /** T of equation (1). */
  readonly temperature: number;
  readonly tensors: Map<string, Tensor>;
  /** Head weight of each kind, and the ridge chosen. */
  readonly figures: Readonly<Record<string, number>>;
}

/** Normal validation rows that set the head and the evidence's scales. */
const MOST_JUDGING = 5_000;
/** T stays inside these. */
const TEMPERATURES = [0.1, 10] as const;
/** What evidence is drawn for; neighbouring numbers give unrelated draws. */
const DRAW = 9000;

/** Everything that gives evidence of a row before the head. */
interface Parts {
  readonly gaussian: Gaussian;
  readonly prototypes: Matrix;
  readonly rebuilder: Rebuilder;
  readonly pieces: Pieces;
  readonly members: readonly Member[];
  readonly shallow: readonly Forest[];
  readonly deep: readonly Forest[];
}

/**
 * Inner loop, on normal rows alone: the Gaussian, prototypes and autoencoder of the normal manifold. Outer loop, in
 * episodes: forests and small networks learn the boundary on some families, others stay outside; the head is then fitted
 * on what each family gets from the parts that never saw it, so that it learns what to trust on families nobody has seen.
 *
 * @param report called as steps end, with how many of how many
 */
export async function learnEvidence(
  data: EvidenceData,
  seed: number,
  options: EvidenceOptions,
  report: (done: number, total: number, note: string) => void = () => {},
): Promise<LearnedEvidence> {
  const [{ cols }] = data.train;
  const normal = stacked(data.train, cols);
  const families = new Map(
    [...data.support].map(([family, rows]) => [
      family,
      stacked([rows, ...list(data.seenValidation.get(family))], cols),
    ]),
  );
  const draw = (index: number) => drawFor(seed, DRAW + index);
  const folds = options.rotate ? familyFolds(data.support, draw(0)) : [new Set<string>()];
  const labelled = families.size > 0;
  const total = 3 + MEMBERS + (labelled ? 2 * folds.length : 0);
  let done = 0;
  const step = async <T>(note: string, compute: () => T): Promise<T> => {
    await setImmediate();
    const result = compute();
    report(++done, total, note);
    return result;
  };

  const gaussian = await step("gaussian", () => fitGaussian(normal));
  const prototypes = await step("prototypes", () => fitPrototypes(normal, draw(1)));
  const rebuilder = await step("autoencoder", () => fitRebuilder(normal, draw(2)));
  const pieces = fitPieces(normal, stacked([...data.support.values()], cols));
  const roles = options.rotate
    ? drawInside([...data.support.keys()], MEMBERS, draw(3))
    : Array.from({ length: MEMBERS }, () => new Set(data.support.keys()));
  const members: Member[] = [];
  for (const [i, inside] of roles.entries()) {
    const member = {
      domains: data.train,
      families: data.support,
      pieces,
      corruption: options.corruption,
      draw: draw(10 + i),
    };
    members.push(await step("encoder", () => fitMember(inside, member)));
  }
  const shallow: Forest[] = [];
  const deep: Forest[] = [];
  if (labelled) {
    const beside = withResiduals(normal, gaussian);
    const familiesBeside = new Map([...data.support].map(([family, rows]) => [family, withResiduals(rows, gaussian)]));
    for (const [i, fold] of folds.entries()) {
      shallow.push(await step("trees", () => fitForest(normal, data.support, fold, SHALLOW, draw(40 + i))));
      deep.push(await step("trees", () => fitForest(beside, familiesBeside, fold, DEEP, draw(60 + i))));
    }
  }
  const parts = { gaussian, prototypes, rebuilder, pieces, members, shallow, deep };

  const judging = gather(data.validation.length > 0 ? data.validation : data.train, MOST_JUDGING, cols);
  const columns = evidenceOf(parts, judging, parts);
  const scales = EVIDENCE.map((name) => scaleOf(columns[name]));
  const tables = new Map(
    [...families].map(([family, rows]) => [family, table(evidenceOf(parts, rows, blind(parts, family)), scales)]),
  );
  const used = EVIDENCE.map(
    (name) => options.evidence.includes(name) && (labelled || (name !== "shallow" && name !== "deep")),
  );
  const head = fitHead(table(columns, scales), options.learnHead && families.size > 1 ? tables : new Map(), used);
  const shape = shapeOf(parts, cols);
  const fresh = [...data.seenValidation.values()].map((rows) => table(evidenceOf(parts, rows, parts), scales));
  const { temperature, shift } = calibrate(head, table(columns, scales), fresh);
  return {
    shape,
    temperature,
    tensors: tensorsOf(shape, parts, scales, { weights: head.weights, bias: head.bias + shift }),
    figures: Object.fromEntries(EVIDENCE.map((name, i) => [`weight-${name}`, head.weights[i]])),
  };
}

/**
 * Temperature and bias that make the confidence of the whole model a probability on validation rows, normal ones and
 * labels of seen families that no part was fitted on (Platt 1999); families alike, normal and anomalous half each.
 */
function calibrate(head: Head, normal: Table, seen: readonly Table[]): { temperature: number; shift: number } {
  if (seen.length === 0 || normal.rows === 0) return { temperature: 1, shift: 0 };
  const logits = [normal, ...seen].flatMap((rows) => headLogits(head, rows));
  const labels = new Uint8Array(logits.length).fill(1, normal.rows);
  const { slope, intercept } = plattLine(labels, logits);
  if (!(slope > 0)) return { temperature: 1, shift: 0 };
  const temperature = Math.min(TEMPERATURES[1], Math.max(TEMPERATURES[0], 1 / slope));
  return { temperature, shift: intercept / slope };
}

/** The parts that never saw a family; where there are none, all of them. */
function blind(parts: Parts, family: string): Pick<Parts, "members" | "shallow" | "deep"> {
  const unless = <T>(all: readonly T[], some: readonly T[]): readonly T[] => (some.length > 0 ? some : all);
  const forests = (all: readonly Forest[]): readonly Forest[] =>
    unless(
      all,
      all.filter(({ outside }) => outside.has(family)),
    );
  const members = parts.members.filter(({ inside }) => !inside.has(family));
  return { members: unless(parts.members, members), shallow: forests(parts.shallow), deep: forests(parts.deep) };
}

/** Evidence of rows before it is standardised, by the chosen members and forests. */
function evidenceOf(
  { gaussian, prototypes, rebuilder, pieces }: Parts,
  rows: Matrix,
  { members, shallow, deep }: Pick<Parts, "members" | "shallow" | "deep">,
): Record<EvidenceName, Float32Array> {
  const deviations = conditional(gaussian, rows);
  return {
    shallow: meanLogOdds(shallow, rows),
    deep: meanLogOdds(deep, beside(rows, deviations)),
    encoder: meanLogit(members, pieces, rows),
    gaussian: distances(gaussian, rows, deviations),
    prototypes: nearest(prototypes, rows).distance,
    residual: residuals(rebuilder, rows),
  };
}

interface Scale {
  readonly centre: number;
  readonly scale: number;
}

/** Median, and 1/(95th percentile − median), of normal validation rows. */
function scaleOf(values: Float32Array): Scale {
  const sorted = values.toSorted();
  const centre = sorted[Math.floor(0.5 * (sorted.length - 1))];
  const spread = sorted[Math.floor(0.95 * (sorted.length - 1))] - centre;
  return { centre: Math.fround(centre), scale: Math.fround(1 / Math.max(spread, 1e-4)) };
}

/** Standardised evidence, (rows, kinds). */
function table(columns: Record<EvidenceName, Float32Array>, scales: readonly Scale[]): Table {
  const rows = columns.shallow.length;
  const kinds = EVIDENCE.length;
  const data = new Float64Array(rows * kinds);
  for (const [j, name] of EVIDENCE.entries()) {
    const { centre, scale } = scales[j];
    for (let i = 0; i < rows; i++) data[i * kinds + j] = standardised(name, columns[name][i], centre, scale);
  }
  return { rows, data };
}

function shapeOf({ pieces, prototypes, rebuilder, shallow, deep }: Parts, inputs: number): EvidenceShape {
  const forest = (forests: readonly Forest[]): { trees: number; nodes: number } => {
    const { nodes, roots } = merged(forests);
    return { trees: roots.length, nodes: nodes.length / 3 };
  };
  const [small, large] = [forest(shallow), forest(deep)];
  return {
    kind: "evidence",
    inputs,
    pieces: pieces.count,
    members: MEMBERS,
    hidden: HIDDEN,
    prototypes: prototypes.rows,
    wide: rebuilder.wide,
    code: rebuilder.code,
    shallowTrees: small.trees,
    shallowNodes: small.nodes,
    deepTrees: large.trees,
    deepNodes: large.nodes,
  };
}

function tensorsOf(
  shape: EvidenceShape,
  { gaussian, prototypes, rebuilder, pieces, members, shallow, deep }: Parts,
  scales: readonly Scale[],
  { weights, bias }: { weights: Float64Array; bias: number },
): Map<string, Tensor> {
  const values = new Map<string, ArrayLike<number>>();
  const layer = (name: string, from: ReturnType<Member["net"]["inspect"]>, index: number): void => {
    for (const kind of ["w", "b"]) {
      const found = from.find((weight) => weight.name === `${index}.${kind}`);
      if (found) values.set(`${name}.${kind}`, found.value);
    }
  };
  values.set(
    "expand",
    Float32Array.from({ length: 3 * pieces.count }, (_, at) => {
      const p = Math.floor(at / 3);
      return [pieces.column[p], pieces.from[p], pieces.scale[p]][at % 3];
    }),
  );
  for (const [i, { net }] of members.entries()) {
    const weightsOf = net.inspect();
    for (const [k, name] of ["in", "mid", "out"].entries()) layer(`m${i}.${name}`, weightsOf, k + 1);
  }
  values.set("gaussian.w", gaussian.w).set("gaussian.b", gaussian.b);
  values.set("gaussian.mean", gaussian.mean).set("gaussian.weight", gaussian.weight);
  values.set("prototypes.w", prototypes.data);
  values.set(
    "prototypes.b",
    Float32Array.from({ length: prototypes.rows }, (_, i) => {
      const row = prototypes.data.subarray(i * prototypes.cols, (i + 1) * prototypes.cols);
      return -row.reduce((sum, x) => sum + x * x, 0) / 2;
    }),
  );
  const [narrow, widen] = [rebuilder.narrow.inspect(), rebuilder.widen.inspect()];
  layer("residual.in", narrow, 1);
  layer("residual.code", narrow, 2);
  layer("residual.wide", widen, 1);
  layer("residual.out", widen, 2);
  const [small, large] = [merged(shallow), merged(deep)];
  values.set("shallow.nodes", small.nodes).set("shallow.roots", small.roots);
  values.set("deep.nodes", large.nodes).set("deep.roots", large.roots);
  values.set("forest.start", [small.start, large.start]);
  values.set(
    "centre",
    scales.map(({ centre }) => centre),
  );
  values.set(
    "scale",
    scales.map(({ scale }) => scale),
  );
  const half = Array.from(weights, (weight) => weight / 2);
  values.set("head.w", [...half.map((weight) => -weight), ...half]).set("head.b", [-bias / 2, bias / 2]);
  return new Map(
    [...evidenceShapes(shape)].map(([name, size]) => [
      name,
      floatTensor(Float32Array.from(values.get(name) ?? []), size),
    ]),
  );
}

function withResiduals(rows: Matrix, gaussian: Gaussian): Matrix {
  return beside(rows, conditional(gaussian, rows));
}

/** Two matrices of as many rows, side by side. */
function beside(left: Matrix, right: Matrix): Matrix {
  const cols = left.cols + right.cols;
  const data = new Float32Array(left.rows * cols);
  for (let i = 0; i < left.rows; i++) {
    data.set(left.data.subarray(i * left.cols, (i + 1) * left.cols), i * cols);
    data.set(right.data.subarray(i * right.cols, (i + 1) * right.cols), i * cols + left.cols);
  }
  return { rows: left.rows, cols, data };
}

function list<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
