/** The default learner: manifold evidence from normal rows, boundary evidence from labels with rotating roles, one head. */
import { setImmediate } from "node:timers/promises";
import type { EvidenceShape, Tensor } from "../../../model/artefact.ts";
import { DISTANCES, EVIDENCE, type EvidenceName, FORESTS } from "../../../model/evidence.ts";
import type { Memory } from "../../../model/memory.ts";
import type { Matrix } from "../../data/matrix.ts";
import { TURNS } from "../../data/sides.ts";
import { drawFor } from "../draw.ts";
import { gather } from "../judge.ts";
import { keptOf, rowsAt, rowsWhere, stacked } from "../select.ts";
import type { EncodedFit } from "../encode-fit.ts";
import { familyFolds, type Forests, growForests, NO_FORESTS, REFITS } from "./forests.ts";
import { calibrate, fitHead, headLogits, type Table } from "./head.ts";
import { drawInside, fitMember, type Member, MEMBERS } from "./members.ts";
import {
  blind,
  type Boundary,
  type Columns,
  distancesOf,
  type Distances,
  evidenceOf,
  fitManifold,
  type Manifold,
  MANIFOLD_STEPS,
  outOfTurn,
  withDistances,
  withResiduals,
} from "./parts.ts";
import { fitPieces } from "./pieces.ts";
import { remember } from "./remember.ts";
import { joined, type Scale, scaleOf, table } from "./scale.ts";
import { shapeOf, tensorsOf } from "./tensors.ts";

export interface EvidenceOptions {
  /** Kinds of evidence to use; all unless told. Others get no weight. */
  readonly evidence: readonly EvidenceName[];
  /** Weight of corrupted normal rows in the encoder's loss; 0 leaves them out. */
  readonly corruption: number;
  /** Whether families take turns to be hidden from what judges them; without, the head sees evidence of its own labels. */
  readonly rotate: boolean;
  /** Whether forests are grown anew on all families to ship; without, those blind to some of them do. */
  readonly anew: boolean;
  /** Whether the head's weights are learned; without, they are equal. */
  readonly learnHead: boolean;
}

export const EVIDENCE_DEFAULTS: EvidenceOptions = {
  evidence: EVIDENCE,
  corruption: 1,
  rotate: true,
  anew: true,
  learnHead: true,
};

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
/** Normal rows whose distances the joint trees learn from. */
const MOST_JOINT = 12_000;
/** What evidence is drawn for; neighbouring numbers give unrelated draws. */
const DRAW = 9000;

/**
 * Inner loop, on normal rows alone: the Gaussian, prototypes and autoencoder of the normal manifold. Outer loop, in
 * episodes: forests and small networks learn the boundary on some families, others stay outside; the head is then fitted
 * on what each family gets from the parts that never saw it, so that it learns what to trust on families nobody has seen.
 * Forests are then grown anew on all families, and those ship. Blocks of normal rows, where the split is by them, take
 * turns as well: the head meets their rows as new ones, too.
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
  const turns = options.rotate && new Set(data.turns).size > 1 ? data.turns : undefined;
  const inTurn = (kept: (turn: number) => boolean): Matrix => keptOf(normal, turns, kept);
  const labelled = support.size > 0;
  // without folds, the forests that ship judge as well
  const grown = folds.length > 1 ? folds.length : 0;
  const anew = options.anew || grown === 0 ? REFITS : 0;
  const parties = turns ?? halvesOf(normal.rows);
  const rounds = turns ? TURNS : labelled ? 2 : 0;
  const total = MANIFOLD_STEPS * (1 + rounds) + MEMBERS + (labelled ? FORESTS.length * (grown + anew) : 0);
  let done = 0;
  const step = async <T>(note: string, compute: () => T): Promise<T> => {
    await setImmediate();
    const result = compute();
    report(++done, total, note);
    return result;
  };
  const manifold = (rows: Matrix, index: number): Promise<Manifold> =>
    fitManifold(rows, [draw(index), draw(index + 1)], step);

  const whole = await manifold(normal, 100);
  // normal rows as new ones: their distances by manifolds that never saw their turn, or their half
  const rest: Manifold[] = [];
  for (let party = 0; party < rounds; party++) {
    const others = rowsWhere(normal, (i) => parties[i] !== party);
    rest.push(others.rows > 1 ? await manifold(others, 200 + 2 * party) : whole);
  }
  const judges = [gather(data.validation.length > 0 ? data.validation : data.train, MOST_JUDGING, cols)];
  const lots = turns
    ? rest.flatMap((_, turn) => {
        const out = inTurn((at) => at === turn);
        return out.rows > 0 ? [{ turn, rows: gather([out], Math.ceil(MOST_JUDGING / TURNS), cols) }] : [];
      })
    : [];
  const nearWhole = distancesOf(whole, judges[0]);
  const nearLots = lots.map(({ turn, rows }) => distancesOf(rest[turn], rows));
  const near = joined(DISTANCES, [nearWhole, ...nearLots]);
  const nearScales = EVIDENCE.map((name): Scale => (isDistance(name) ? scaleOf(near[name]) : { centre: 0, scale: 1 }));

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
  const forests = { judging: NO_FORESTS, shipping: NO_FORESTS };
  if (labelled) {
    const map = (change: (rows: Matrix) => Matrix): Map<string, Matrix> =>
      new Map([...support].map(([family, rows]) => [family, change(rows)]));
    const together = asNew(normal, parties, rest, nearScales);
    const grounds = {
      shallow: { normal, turns, families: support },
      deep: {
        normal: withResiduals(normal, whole.gaussian),
        turns,
        families: map((rows) => withResiduals(rows, whole.gaussian)),
      },
      joint: {
        normal: together.rows,
        turns: turns && together.parties,
        families: map((rows) => withDistances(rows, distancesOf(whole, rows), nearScales)),
      },
    };
    const grow = (outsides: readonly ReadonlySet<string>[], first: number): Promise<Forests> =>
      growForests(grounds, outsides, (kind, fold) => draw(first + 20 * kind + fold), step);
    const all = Array.from({ length: anew }, () => new Set<string>());
    if (anew > 0) forests.shipping = await grow(all, 50);
    forests.judging = grown > 0 ? await grow(folds, 40) : forests.shipping;
    if (anew === 0) forests.shipping = forests.judging;
  }
  const common = { ...whole, pieces, scales: nearScales, members };
  const judging = { ...common, ...forests.judging };
  const shipping = { ...common, ...forests.shipping };

  /** Evidence of normal rows, those of a turn by the parts that never saw it. */
  const normalsBy = (parts: Boundary & typeof common, many: number): Columns =>
    joined(EVIDENCE, [
      evidenceOf(parts, judges[0], nearWhole),
      ...lots.map(({ turn, rows }, i) => {
        const others = { ...rest[turn], ...outOfTurn(parts, turn, many), residualsBy: whole.gaussian };
        return evidenceOf({ ...parts, ...others }, rows, nearLots[i]);
      }),
    ]);
  const judged = standardise(normalsBy(judging, grown || anew));
  const tables = new Map(
    [...support].map(([family, rows]) => {
      const all = stacked([rows, ...list(data.seenValidation.get(family))], cols);
      return [family, table(evidenceOf({ ...judging, ...blind(judging, family) }, all), judged.scales)];
    }),
  );
  const trees: readonly EvidenceName[] = FORESTS;
  const used = EVIDENCE.map((name) => options.evidence.includes(name) && (labelled || !trees.includes(name)));
  const head = fitHead(judged.normals, options.learnHead && groups.length > 1 ? tables : new Map(), used);
  const { normals, scales } = standardise(normalsBy(shipping, anew || grown));
  const fresh = new Map(
    [...data.seenValidation].map(([family, rows]) => [family, table(evidenceOf(shipping, rows), scales)]),
  );
  const { temperature, shift } = calibrate(head, normals, [...fresh.values()]);
  const shape = shapeOf(shipping, cols);
  return {
    shape,
    temperature,
    tensors: tensorsOf(shape, shipping, scales, { weights: head.weights, bias: head.bias + shift }),
    figures: { ...Object.fromEntries(EVIDENCE.map((name, i) => [`weight-${name}`, head.weights[i]])), shift },
    memory: remember({ normals, setting: turns ? normals.rows : judges[0].rows, fit: tables, check: fresh }),
    outOfTurn: Float32Array.from(
      headLogits(head, normals).slice(judges[0].rows),
      (logit) => 1 / (1 + Math.exp(-(logit + shift) / temperature)),
    ),
  };
}

/** Evidence of normal rows in its own unit, and that unit. */
function standardise(columns: Columns): { normals: Table; scales: Scale[] } {
  const scales = EVIDENCE.map((name) => scaleOf(columns[name]));
  return { normals: table(columns, scales), scales };
}

function isDistance(name: EvidenceName): name is keyof Distances {
  const distances: readonly EvidenceName[] = DISTANCES;
  return distances.includes(name);
}

/** Which half every row belongs to: neighbours alternate irregularly, so that order in time does not matter. */
function halvesOf(rows: number): Uint8Array {
  return Uint8Array.from({ length: rows }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 31);
}

/** Normal rows with the distances they have as new rows: by the manifold that never saw their party. */
function asNew(
  normal: Matrix,
  parties: Uint8Array,
  rest: readonly Manifold[],
  scales: readonly Scale[],
): { rows: Matrix; parties: Uint8Array } {
  const step = Math.max(1, normal.rows / MOST_JOINT);
  const chosen = Array.from({ length: Math.min(normal.rows, MOST_JOINT) }, (_, i) => Math.floor(i * step));
  const order = rest.flatMap((_, party) => chosen.filter((i) => parties[i] === party));
  const lots = rest.map((manifold, party) => {
    const rows = rowsAt(
      normal,
      chosen.filter((i) => parties[i] === party),
    );
    return withDistances(rows, distancesOf(manifold, rows), scales);
  });
  return { rows: stacked(lots, lots[0].cols), parties: Uint8Array.from(order, (i) => parties[i]) };
}

function list<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
