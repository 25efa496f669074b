/** The default learner: manifold evidence from normal rows, boundary evidence from labels with rotating roles, one head. */
import { setImmediate } from "node:timers/promises";
import type { EvidenceShape, Tensor } from "../../../model/artefact.ts";
import { EVIDENCE, type EvidenceName, FORESTS } from "../../../model/evidence.ts";
import type { Memory } from "../../../model/memory.ts";
import type { Matrix } from "../../data/matrix.ts";
import { TURNS } from "../../data/sides.ts";
import { sigmoid } from "../../evaluate/calibrate.ts";
import { drawFor } from "../draw.ts";
import type { EncodedFit } from "../encode-fit.ts";
import { gather } from "../judge.ts";
import { stacked } from "../select.ts";
import { episodesOf, familyFolds } from "./episodes.ts";
import { shippingForests } from "./forests.ts";
import { calibrate, equally, fitHead, headLogits } from "./head.ts";
import { kindsFor, weighingByBlocks } from "./kinds.ts";
import { evidenceOf, MANIFOLD_STEPS, withoutWholeRows } from "./parts.ts";
import { MOST_JUDGING, normalsOf, playEpisodes } from "./play.ts";
import { irrelevantFeatures, relevanceOf } from "./relevance.ts";
import { remember } from "./remember.ts";
import { byFamily, joined } from "./rows-of-evidence.ts";
import { scalesOf, table } from "./scale.ts";
import { shapeOf, tensorsOf } from "./tensors.ts";
import { Learning } from "./without.ts";

export interface EvidenceOptions {
  /** Kinds of evidence to use; all unless told. Others get no weight. */
  readonly evidence: readonly EvidenceName[];
  /** Whether families take turns to be hidden from what judges them; without, the head sees evidence of its own labels. */
  readonly rotate: boolean;
  /** Whether the head's weights are learned; without, they are equal. */
  readonly learnHead: boolean;
  /** Whether evidence far beyond all normal rows counts more than the head's weights say. */
  readonly far: boolean;
}

export const EVIDENCE_DEFAULTS: EvidenceOptions = {
  evidence: EVIDENCE,
  rotate: true,
  learnHead: true,
  far: true,
};

export interface LearnedEvidence {
  readonly shape: EvidenceShape;
  /** Features that say nothing. */
  readonly irrelevant: readonly number[];
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

/** What evidence is drawn for; neighbouring numbers give unrelated draws. */
const DRAW = 9000;

/**
 * Inner loop, on normal rows alone: the Gaussian, prototypes, references and tails of the normal
 * manifold. Outer loop, in episodes: forests learn the boundary on some families, others stay outside, and so do, in some,
 * normal rows of a turn; the head is then fitted on what the parts say of that which they never saw, so that it learns what
 * to trust on families nobody has seen. The forests that ship are grown on all families.
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
  const labelled = support.size > 0;
  const byBlocks = data.turns !== undefined;
  const draw = (index: number) => drawFor(seed, DRAW + index);
  const groups = [...Map.groupBy(support.keys(), (family) => data.kin.get(family) ?? family).values()];
  const turns = data.turns ?? domainTurns(data.train);
  const episodes = options.rotate
    ? episodesOf(familyFolds(groups, support, draw(0)), turnsIn(turns, normal.rows), byBlocks)
    : [];
  const keptOut = [...new Set(episodes.flatMap(({ turn }) => turn ?? []))];
  const blockTurns = byBlocks ? keptOut : [];
  const forests = labelled ? FORESTS.length * episodes.length + shippingForests(blockTurns.length) : 0;
  const total = MANIFOLD_STEPS * (1 + keptOut.length) + forests;
  let done = 0;
  const step = async <T>(note: string, compute: () => T): Promise<T> => {
    await setImmediate();
    const result = compute();
    report(++done, total, note);
    return result;
  };
  const judges = gather(data.validation.length > 0 ? data.validation : data.train, MOST_JUDGING, cols);
  const labelsOf = (family: string): Matrix =>
    stacked(
      [support, data.seenValidation].flatMap((labels) => labels.get(family) ?? []),
      cols,
    );

  const irrelevant = irrelevantFeatures(normal, support, data.spans);
  const learning = new Learning(data, normal, relevanceOf(irrelevant, data.spans), turns, judges, draw, step);
  const shipping = await learning.shipping(blockTurns, 50);
  const seen = await learning.judged(shipping, null);
  const scales = scalesOf(seen, options.far);
  const judged = table(seen, scales);

  const played = await playEpisodes(learning, episodes, labelsOf, scales);
  const apart = joined(played.map((one) => one.apart));
  const blind = byFamily(played.flatMap(({ families }) => [...families]));
  const shipped = (family: string) => [family, table(evidenceOf(shipping, labelsOf(family)), scales)] as const;
  const fit = blind.size > 0 ? blind : new Map([...support.keys()].map(shipped));
  const normals = normalsOf(played, apart, judged, byBlocks);
  const wanted = kindsFor(options.evidence, labelled);
  const weighing = byBlocks && groups.length > 1 ? weighingByBlocks(played, wanted) : equally(wanted);
  const head = {
    ...fitHead(normals, options.learnHead && groups.length > 1 ? fit : new Map(), weighing),
    far: scales.map(({ far }) => far),
  };

  const check = new Map(
    [...data.seenValidation].map(([family, rows]) => [family, table(evidenceOf(shipping, rows), scales)]),
  );
  const { temperature, shift } = calibrate(head, byBlocks ? joined([judged, apart]) : judged, [...check.values()]);
  const kept = weighing.learned ? shipping : withoutWholeRows(shipping);
  const shape = shapeOf(kept, cols);
  return {
    shape,
    irrelevant,
    temperature,
    tensors: tensorsOf(shape, kept, scales, { weights: head.weights, bias: head.bias + shift }),
    figures: { ...Object.fromEntries(EVIDENCE.map((name, i) => [`weight-${name}`, head.weights[i]])), shift },
    memory: remember({ normals: { known: judged, strange: apart }, fit, check }),
    outOfTurn: Float32Array.from(byBlocks ? headLogits(head, apart) : [], (logit) =>
      sigmoid((logit + shift) / temperature),
    ),
  };
}

/** Normal domains take turns where there are several: domain after domain, the turn of each row. */
function domainTurns(domains: readonly Matrix[]): Uint8Array {
  return Uint8Array.from(domains.flatMap(({ rows }, i) => Array.from({ length: rows }, () => i % TURNS)));
}

/** Turns that leave rows to learn from. */
function turnsIn(turns: Uint8Array, rows: number): number[] {
  const counts = new Uint32Array(TURNS);
  for (const turn of turns) counts[turn]++;
  return [...counts.keys()].filter((turn) => counts[turn] > 0 && rows - counts[turn] > 1);
}
