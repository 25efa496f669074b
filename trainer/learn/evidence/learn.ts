/** The default learner: manifold evidence from normal rows, boundary evidence from labels with rotating roles, one head. */
import { setImmediate } from "node:timers/promises";
import type { EvidenceShape } from "../../../model/artefact.ts";
import { EVIDENCE, type EvidenceName, evidenceShapes, standardised } from "../../../model/evidence.ts";
import type { Tensor } from "../../../model/artefact.ts";
import type { Memory } from "../../../model/memory.ts";
import { floatTensor } from "../../../model/tensor.ts";
import type { Matrix } from "../../data/matrix.ts";
import { plattLine } from "../../evaluate/calibrate.ts";
import { beside, rowsAt, stacked } from "../select.ts";
import { TURNS } from "../../data/sides.ts";
import type { EncodedFit } from "../train.ts";
import { drawFor } from "../draw.ts";
import { gather } from "../judge.ts";
import { DEEP, familyFolds, fitForest, type Forest, meanLogOdds, merged, SHALLOW } from "./forests.ts";
import { conditional, distances, fitGaussian, type Gaussian } from "./gaussian.ts";
import { fitHead, type Head, headLogits, type Table } from "./head.ts";
import { drawInside, fitMember, HIDDEN, type Member, meanLogit, MEMBERS } from "./members.ts";
import { fitPieces, type Pieces } from "./pieces.ts";
import { fitPrototypes, nearest } from "./prototypes.ts";
import { fitRebuilder, type Rebuilder, residuals } from "./rebuild.ts";
import { remember } from "./remember.ts";
import { fitTails, surprises, type Tails } from "./tails.ts";

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

export interface LearnedEvidence {
  readonly shape: EvidenceShape;
  /** T of equation (1). */
  readonly temperature: number;
  readonly tensors: Map<string, Tensor>;
  /** Head weight of each kind, and what calibration added to the head's bias. */
  readonly figures: Readonly<Record<string, number>>;
  /** What the head was fitted on and judged by. */
  readonly memory: Memory;
  /** Scores of training rows by parts that had not seen their blocks; none when splitting by rows. */
  readonly outOfTurn: Float32Array;
}

/** Normal validation rows that set the head and the evidence's scales. */
const MOST_JUDGING = 5_000;
/** T stays inside these. */
const TEMPERATURES = [0.1, 10] as const;
/** Fewest normal domains that take turns when splitting by rows. */
const LEAST_DOMAINS = 3;
/** What evidence is drawn for; neighbouring numbers give unrelated draws. */
const DRAW = 9000;

/** Learned from normal rows. */
interface Manifold {
  readonly gaussian: Gaussian;
  readonly prototypes: Matrix;
  readonly rebuilder: Rebuilder;
  readonly tails: Tails;
}

/** Learned from labels. */
interface Boundary {
  readonly members: readonly Member[];
  readonly shallow: readonly Forest[];
  readonly deep: readonly Forest[];
}

/** Everything that gives evidence of a row before the head. */
interface Parts extends Manifold, Boundary {
  readonly pieces: Pieces;
}

/**
 * Inner loop, on normal rows alone: the Gaussian, prototypes and autoencoder of the normal manifold. Outer loop, in
 * episodes: forests and small networks learn the boundary on some families, others stay outside; the head is then fitted
 * on what each family gets from the parts that never saw it, so that it learns what to trust on families nobody has seen.
 * Normal rows take turns as well, by blocks where the split is by them, else by domains where there are three: the head
 * meets their rows as new ones, too.
 *
 * @param report called as steps end, with how many of how many
 */
export async function learnEvidence(
  data: EncodedFit,
  seed: number,
  options: EvidenceOptions,
  report: (done: number, total: number, note: string) => void = () => {},
): Promise<LearnedEvidence> {
  const [{ cols }] = data.train;
  const normal = stacked(data.train, cols);
  const { support } = data;
  const draw = (index: number) => drawFor(seed, DRAW + index);
  const groups = [...Map.groupBy(support.keys(), (family) => data.kin.get(family) ?? family).values()];
  const folds = options.rotate ? familyFolds(groups, support, draw(0)) : [new Set<string>()];
  const turns = options.rotate ? turnsOf(data) : undefined;
  const inTurn = (kept: (turn: number) => boolean): Matrix =>
    turns ? rowsWhere(normal, (i) => kept(turns[i])) : normal;
  const labelled = support.size > 0;
  const total = 3 + MEMBERS + (labelled ? 2 * folds.length : 0) + (turns ? 3 * TURNS : 0);
  let done = 0;
  const step = async <T>(note: string, compute: () => T): Promise<T> => {
    await setImmediate();
    const result = compute();
    report(++done, total, note);
    return result;
  };
  const manifold = async (rows: Matrix, index: number): Promise<Manifold> => ({
    gaussian: await step("gaussian", () => fitGaussian(rows)),
    prototypes: await step("prototypes", () => fitPrototypes(rows, draw(index))),
    rebuilder: await step("autoencoder", () => fitRebuilder(rows, draw(index + 1))),
    tails: fitTails(rows),
  });

  const whole = await manifold(normal, 100);
  const pieces = fitPieces(normal, stacked([...support.values()], cols));
  const roles = options.rotate
    ? drawInside(groups, MEMBERS, draw(3))
    : Array.from({ length: MEMBERS }, () => new Set(support.keys()));
  const members: Member[] = [];
  for (const [i, inside] of roles.entries()) {
    const turn = turns ? i % TURNS : -1;
    const domains = turns ? [inTurn((at) => at !== turn)] : data.train;
    const how = { domains, families: support, pieces, corruption: options.corruption, turn, draw: draw(10 + i) };
    members.push(await step("encoder", () => fitMember(inside, how)));
  }
  const shallow: Forest[] = [];
  const deep: Forest[] = [];
  if (labelled) {
    const familiesBeside = new Map([...support].map(([family, rows]) => [family, withResiduals(rows, whole.gaussian)]));
    for (const [fold, outside] of folds.entries()) {
      const rows = folds.length > 1 ? inTurn((turn) => turn % folds.length !== fold) : normal;
      const role = { outside, fold };
      shallow.push(await step("trees", () => fitForest(rows, support, role, SHALLOW, draw(40 + fold))));
      const beside = withResiduals(rows, whole.gaussian);
      deep.push(await step("trees", () => fitForest(beside, familiesBeside, role, DEEP, draw(60 + fold))));
    }
  }
  const boundary = { members, shallow, deep };
  const parts = { ...whole, pieces, ...boundary };

  const judging = [
    evidenceOf(parts, gather(data.validation.length > 0 ? data.validation : data.train, MOST_JUDGING, cols)),
  ];
  if (turns) {
    for (let turn = 0; turn < TURNS; turn++) {
      const rest = await manifold(
        inTurn((at) => at !== turn),
        200 + 2 * turn,
      );
      const out = inTurn((at) => at === turn);
      if (out.rows === 0) continue;
      const blindParts = {
        members: some(members, (member) => member.turn === turn),
        shallow: some(shallow, ({ fold }) => turn % folds.length === fold),
        deep: some(deep, ({ fold }) => turn % folds.length === fold),
      };
      const beside = { ...rest, residualsBy: whole.gaussian, pieces, ...blindParts };
      judging.push(evidenceOf(beside, gather([out], Math.ceil(MOST_JUDGING / TURNS), cols)));
    }
  }
  const columns = joined(judging);
  const scales = EVIDENCE.map((name) => scaleOf(columns[name]));
  const tables = new Map(
    [...support].map(([family, rows]) => {
      const all = stacked([rows, ...list(data.seenValidation.get(family))], cols);
      return [family, table(evidenceOf({ ...parts, ...blind(boundary, family) }, all), scales)];
    }),
  );
  const used = EVIDENCE.map(
    (name) => options.evidence.includes(name) && (labelled || (name !== "shallow" && name !== "deep")),
  );
  const normals = table(columns, scales);
  const head = fitHead(normals, options.learnHead && groups.length > 1 ? tables : new Map(), used);
  const shape = shapeOf(parts, cols);
  const fresh = new Map(
    [...data.seenValidation].map(([family, rows]) => [family, table(evidenceOf(parts, rows), scales)]),
  );
  const { temperature, shift } = calibrate(head, normals, [...fresh.values()]);
  // by rows, new rows are of known domains, as validation rows are: whole domains kept out would set thresholds too high
  const validation = judging[0].shallow.length;
  const known = data.turns && turns ? validation : normals.rows;
  return {
    shape,
    temperature,
    tensors: tensorsOf(shape, parts, scales, { weights: head.weights, bias: head.bias + shift }),
    figures: { ...Object.fromEntries(EVIDENCE.map((name, i) => [`weight-${name}`, head.weights[i]])), shift },
    memory: remember({ normals, setting: data.turns && turns ? normals.rows : validation, fit: tables, check: fresh }),
    outOfTurn: Float32Array.from(
      headLogits(head, normals).slice(known),
      (logit) => 1 / (1 + Math.exp(-(logit + shift) / temperature)),
    ),
  };
}

/** The turn of every training row: its block's, else its domain's; none where all rows would be kept out in one turn. */
function turnsOf({ turns, train }: EncodedFit): Uint8Array | undefined {
  const all = turns ?? domainTurns(train);
  return all && new Set(all).size > 1 ? all : undefined;
}

/** Turns of whole domains, where there are enough of them for each turn to leave several. */
function domainTurns(domains: readonly Matrix[]): Uint8Array | undefined {
  if (domains.length < LEAST_DOMAINS) return undefined;
  const order = [...domains.keys()].sort((a, b) => domains[b].rows - domains[a].rows);
  const turnOf = new Map(order.map((domain, i) => [domain, i % TURNS]));
  return Uint8Array.from(domains.flatMap(({ rows }, i) => Array.from({ length: rows }, () => turnOf.get(i) ?? 0)));
}

/** The parts that never saw a family; where there are none, all of them. */
function blind({ members, shallow, deep }: Boundary, family: string): Boundary {
  return {
    members: some(members, ({ inside }) => !inside.has(family)),
    shallow: some(shallow, ({ outside }) => outside.has(family)),
    deep: some(deep, ({ outside }) => outside.has(family)),
  };
}

/** Those that fit, or all where none does. */
function some<T>(all: readonly T[], fits: (one: T) => boolean): readonly T[] {
  const chosen = all.filter(fits);
  return chosen.length > 0 ? chosen : all;
}

function rowsWhere(rows: Matrix, wanted: (i: number) => boolean): Matrix {
  return rowsAt(rows, Array.from({ length: rows.rows }, (_, i) => i).filter(wanted));
}

/** Evidence of several lots of rows, one after another. */
function joined(lots: readonly Columns[]): Columns {
  const join = (name: EvidenceName): Float32Array => Float32Array.from(lots.flatMap((lot) => [...lot[name]]));
  return Object.fromEntries(EVIDENCE.map((name) => [name, join(name)])) as Record<EvidenceName, Float32Array>;
}

/**
 * Temperature and bias that make the confidence of the whole model a probability on validation rows, normal ones and
 * labels of seen families that no part was fitted on (Platt 1999); families alike, normal and anomalous half each.
 */
export function calibrate(head: Head, normal: Table, seen: readonly Table[]): { temperature: number; shift: number } {
  if (seen.length === 0 || normal.rows === 0) return { temperature: 1, shift: 0 };
  const logits = [normal, ...seen].flatMap((rows) => headLogits(head, rows));
  const labels = new Uint8Array(logits.length).fill(1, normal.rows);
  const { slope, intercept } = plattLine(labels, logits);
  if (!(slope > 0)) return { temperature: 1, shift: 0 };
  const temperature = Math.min(TEMPERATURES[1], Math.max(TEMPERATURES[0], 1 / slope));
  return { temperature, shift: intercept / slope };
}

type Columns = Readonly<Record<EvidenceName, Float32Array>>;

/** Evidence of rows before it is standardised; the deep trees see residuals by the Gaussian they were grown beside. */
function evidenceOf(parts: Parts & { readonly residualsBy?: Gaussian }, rows: Matrix): Columns {
  const { gaussian, prototypes, rebuilder, tails, pieces, members, shallow, deep, residualsBy = gaussian } = parts;
  const deviations = conditional(gaussian, rows);
  return {
    shallow: meanLogOdds(shallow, rows),
    deep: meanLogOdds(deep, withResiduals(rows, residualsBy)),
    encoder: meanLogit(members, pieces, rows),
    gaussian: distances(gaussian, rows, deviations),
    prototypes: nearest(prototypes, rows).distance,
    residual: residuals(rebuilder, rows),
    tails: surprises(tails, rows),
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
function table(columns: Columns, scales: readonly Scale[]): Table {
  const rows = columns.shallow.length;
  const kinds = EVIDENCE.length;
  const data = new Float64Array(rows * kinds);
  for (const [j, name] of EVIDENCE.entries()) {
    const { centre, scale } = scales[j];
    for (let i = 0; i < rows; i++) data[i * kinds + j] = standardised(name, columns[name][i], centre, scale);
  }
  return { rows, data };
}

function shapeOf({ pieces, tails, prototypes, rebuilder, shallow, deep }: Parts, inputs: number): EvidenceShape {
  const forest = (forests: readonly Forest[]): { trees: number; nodes: number } => {
    const { nodes, roots } = merged(forests);
    return { trees: roots.length, nodes: nodes.length / 3 };
  };
  const [small, large] = [forest(shallow), forest(deep)];
  return {
    kind: "evidence",
    inputs,
    pieces: pieces.count,
    tailPieces: tails.pieces.count,
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
  { gaussian, prototypes, rebuilder, tails, pieces, members, shallow, deep }: Parts,
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
  values.set("expand", pieceTable(pieces)).set("tails.expand", pieceTable(tails.pieces));
  values.set("tails.w", tails.weight).set("tails.b", [tails.bias]);
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

/** Rows of (column, from, scale). */
function pieceTable({ count, column, from, scale }: Pieces): Float32Array {
  return Float32Array.from({ length: 3 * count }, (_, at) => [column, from, scale][at % 3][Math.floor(at / 3)]);
}

function withResiduals(rows: Matrix, gaussian: Gaussian): Matrix {
  return beside(rows, conditional(gaussian, rows));
}

function list<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
