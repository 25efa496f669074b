/** The default learner: manifold evidence from normal rows, boundary evidence from labels with rotating roles, one head. */
import { setImmediate } from "node:timers/promises";
import type { EvidenceShape, Tensor } from "../../../model/artefact.ts";
import { EVIDENCE, type EvidenceName, FORESTS } from "../../../model/evidence.ts";
import type { Memory } from "../../../model/memory.ts";
import type { Matrix } from "../../data/matrix.ts";
import { TURNS } from "../../data/sides.ts";
import { drawFor } from "../draw.ts";
import { gather } from "../judge.ts";
import type { EncodedFit } from "../encode-fit.ts";
import { rowsWhere, stacked } from "../select.ts";
import { familyFolds, type Forests, type Grounds, growForests, NO_FORESTS, REFITS } from "./forests.ts";
import { calibrate, fitHead, headLogits, type Normals, type Table } from "./head.ts";
import {
  blind,
  type Columns,
  evidenceOf,
  fitManifold,
  groundsOf,
  type Manifold,
  MANIFOLD_STEPS,
  viewOf,
} from "./parts.ts";
import { remember } from "./remember.ts";
import { joined, type Scale, scaleOf, table } from "./scale.ts";
import { shapeOf, tensorsOf } from "./tensors.ts";

export interface EvidenceOptions {
  /** Kinds of evidence to use; all unless told. Others get no weight. */
  readonly evidence: readonly EvidenceName[];
  /** Whether families take turns to be hidden from what judges them; without, the head sees evidence of its own labels. */
  readonly rotate: boolean;
  /** Whether forests are grown anew on all families to ship; without, those blind to some of them do. */
  readonly anew: boolean;
  /** Whether the head's weights are learned; without, they are equal. */
  readonly learnHead: boolean;
}

export const EVIDENCE_DEFAULTS: EvidenceOptions = {
  evidence: EVIDENCE,
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
const NO_ROWS: Table = { rows: 0, data: new Float64Array(0) };
/** What evidence is drawn for; neighbouring numbers give unrelated draws. */
const DRAW = 9000;

/**
 * Inner loop, on normal rows alone: the Gaussian, prototypes, references, autoencoder and tails of the normal
 * manifold. Outer loop, in episodes: forests learn the boundary on some families, others stay outside;
 * the head is then fitted on what each family gets from the parts that never saw it, so that it learns what to trust on
 * families nobody has seen. Forests are then grown anew on all families, and those ship. Normal rows take turns as well:
 * whole domains, so that the head meets some as parts put them that never saw their like, or blocks where the split is by
 * them: validation rows are of unseen blocks then, and those that took turns set thresholds beside them.
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
  const turns = options.rotate ? (data.turns ?? domainTurns(data.train)) : new Uint8Array(normal.rows);
  const counts = new Uint32Array(TURNS);
  for (const turn of turns) counts[turn]++;
  const away = [...counts.keys()].filter((turn) => counts[turn] > 0 && normal.rows - counts[turn] > 1);
  const labelled = support.size > 0;
  // without folds, the forests that ship judge as well
  const grown = folds.length > 1 ? folds.length : 0;
  const anew = options.anew || grown === 0 ? REFITS : 0;
  const trees = labelled ? FORESTS.length : 0;
  const total = MANIFOLD_STEPS * (1 + away.length) + trees * (grown + anew + away.length);
  let done = 0;
  const step = async <T>(note: string, compute: () => T): Promise<T> => {
    await setImmediate();
    const result = compute();
    report(++done, total, note);
    return result;
  };
  const manifold = (rows: Matrix, first: number): Promise<Manifold> =>
    fitManifold(rows, (index) => draw(first + index), step);
  const groundsIn = (rows: Matrix, around: Manifold): Grounds | undefined =>
    labelled ? groundsOf(rows, support, around) : undefined;
  const grow = async (
    grounds: Grounds | undefined,
    outsides: readonly ReadonlySet<string>[],
    first: number,
  ): Promise<Forests> => {
    if (!grounds) return NO_FORESTS;
    return growForests(grounds, outsides, (kind, fold) => draw(first + 20 * kind + fold), step);
  };

  const whole = await manifold(normal, 1000);
  const all = Array.from({ length: anew }, () => new Set<string>());
  const grounds = groundsIn(normal, whole);
  const shippingForests = await grow(grounds, all, 50);
  const judgingForests = grown > 0 ? await grow(grounds, folds, 40) : shippingForests;
  const judging = { ...whole, ...judgingForests };
  const shipping = anew > 0 ? { ...whole, ...shippingForests } : judging;

  // rows of every turn by parts that never saw it
  const strange: Columns[] = [];
  for (const turn of away) {
    const rest = rowsWhere(normal, (i) => turns[i] !== turn);
    const first = 2000 + 1000 * turn;
    const around = await manifold(rest, first);
    const forests = await grow(groundsIn(rest, around), [new Set()], first + 600);
    const rows = gather([rowsWhere(normal, (i) => turns[i] === turn)], Math.ceil(MOST_JUDGING / TURNS), cols);
    strange.push(evidenceOf({ ...around, ...forests }, rows));
  }
  const judges = gather(data.validation.length > 0 ? data.validation : data.train, MOST_JUDGING, cols);
  const view = viewOf(whole, judges);

  /** In the scales of validation rows, which by blocks are of blocks that no part has seen. */
  const normalsBy = (parts: typeof judging): { normals: Normals; scales: Scale[] } => {
    const known = evidenceOf(parts, judges, view);
    const scales = EVIDENCE.map((name) => scaleOf(known[name]));
    return { normals: { known: table(known, scales), strange: table(joined(strange), scales) }, scales };
  };
  const judged = normalsBy(judging);
  const tables = new Map(
    [...support].map(([family, rows]) => {
      const all = stacked([rows, ...list(data.seenValidation.get(family))], cols);
      return [family, table(evidenceOf({ ...judging, ...blind(judging, family) }, all), judged.scales)];
    }),
  );
  const ofLabels: readonly EvidenceName[] = FORESTS;
  const used = EVIDENCE.map((name) => options.evidence.includes(name) && (labelled || !ofLabels.includes(name)));
  const byBlocks = data.turns !== undefined;
  const beside = byBlocks ? { ...judged.normals, strange: NO_ROWS } : judged.normals;
  const head = fitHead(beside, options.learnHead && groups.length > 1 ? tables : new Map(), used);
  const { normals, scales } = normalsBy(shipping);
  const fresh = new Map(
    [...data.seenValidation].map(([family, rows]) => [family, table(evidenceOf(shipping, rows), scales)]),
  );
  const { temperature, shift } = calibrate(head, normals.known, [...fresh.values()]);
  const shape = shapeOf(shipping, cols);
  return {
    shape,
    temperature,
    tensors: tensorsOf(shape, shipping, scales, { weights: head.weights, bias: head.bias + shift }),
    figures: { ...Object.fromEntries(EVIDENCE.map((name, i) => [`weight-${name}`, head.weights[i]])), shift },
    memory: remember({ normals, fit: tables, check: fresh }),
    outOfTurn: Float32Array.from(
      byBlocks ? headLogits(head, normals.strange) : [],
      (logit) => 1 / (1 + Math.exp(-(logit + shift) / temperature)),
    ),
  };
}

/** Normal domains take turns where there are several: domain after domain, the turn of each row. */
function domainTurns(domains: readonly Matrix[]): Uint8Array {
  return Uint8Array.from(domains.flatMap(({ rows }, i) => Array.from({ length: rows }, () => i % TURNS)));
}

function list<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
