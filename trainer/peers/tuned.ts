/** Settings chosen by hiding seen families in turn: each is judged on families and normal rows that its fits never saw. */
import type { Matrix } from "../data/matrix.ts";
import { evenShares } from "../data/share.ts";
import { aucRoc } from "../evaluate/metrics.ts";
import { gather } from "../learn/judge.ts";
import { rowsAt, stacked } from "../learn/select.ts";
import type { EncodedSide, Fitted, Method } from "./method.ts";

/** Parts the seen families are dealt into; each is hidden once. */
const FOLDS = 3;
/** Normal training rows of a fit that only judges, for methods that are fitted anew with each part hidden. */
const FOLD_ROWS = 3000;
/** Normal validation rows that judge. */
const JUDGING_ROWS = 1000;

/** A method with one setting left open. */
export interface Tunable<S> extends Omit<Method, "labels" | "fit"> {
  /** The first one is the default: the authors', or what held before. Equals go to the earlier one. */
  readonly settings: readonly [S, ...S[]];
  /** What is fitted on a side; what settings have in common is worked out once. */
  prepare(side: EncodedSide): (setting: S) => Fitted | Promise<Fitted>;
}

/** Families hidden together, and a side that has neither them nor the judging rows. */
interface Fold {
  readonly side: EncodedSide;
  readonly hidden: readonly Matrix[];
  readonly normal: Matrix;
}

/**
 * A method fitted on labels. Seen families are dealt into three parts, those of a group together; each part is hidden
 * once, and the setting with the best mean AUC-ROC of hidden families is fitted on everything.
 */
export function tunedClassifier<S>({ settings, prepare, ...about }: Tunable<S>): Method {
  return {
    ...about,
    labels: true,
    fit: async (side) => {
      const values = settings.map(() => 0);
      for (const fold of foldsOf(side)) {
        const fit = prepare(fold.side);
        for (const [i, setting] of settings.entries()) values[i] += verdict(await fit(setting), fold);
      }
      return prepare(side)(settings[firstBest(values)]);
    },
  };
}

/** A method whose fit reads no label: every setting is fitted once, and the best one by all seen families is it. */
export function tunedDetector<S>({ settings, prepare, ...about }: Tunable<S>): Method {
  return {
    ...about,
    labels: true,
    fit: async (side) => {
      const fold = unlabelledFold(side);
      if (!fold) return prepare(side)(settings[0]);
      const fit = prepare(fold.side);
      const fitted: Fitted[] = [];
      for (const setting of settings) fitted.push(await fit(setting));
      return fitted[firstBest(fitted.map((one) => verdict(one, fold)))];
    },
  };
}

/** No fold where nothing can be judged: without normal validation rows, or with fewer than two groups of families. */
function foldsOf(side: EncodedSide): Fold[] {
  const groups = [...new Set(side.seen.map(({ kin }) => kin))];
  const { normal, judging } = withoutJudging(side);
  if (groups.length < 2 || judging.rows === 0) return [];
  const shares = evenShares(
    FOLD_ROWS,
    normal.map(({ train }) => train.rows),
  );
  const fewer = normal.map((part, i) => ({ ...part, train: gather([part.train], shares[i], side.width) }));
  return Array.from({ length: Math.min(FOLDS, groups.length) }, (_, fold) => {
    const isHidden = (kin: string): boolean => groups.indexOf(kin) % FOLDS === fold;
    return {
      side: { width: side.width, seed: side.seed, normal: fewer, seen: side.seen.filter(({ kin }) => !isHidden(kin)) },
      hidden: labelsOf(side, isHidden),
      normal: judging,
    };
  });
}

function unlabelledFold(side: EncodedSide): Fold | undefined {
  const { normal, judging } = withoutJudging(side);
  if (new Set(side.seen.map(({ kin }) => kin)).size < 2 || judging.rows === 0) return undefined;
  return {
    side: { width: side.width, seed: side.seed, normal, seen: [] },
    hidden: labelsOf(side, () => true),
    normal: judging,
  };
}

/** Every other normal validation row judges; the rest stay, for a method that stops early by them. */
function withoutJudging({ normal, width }: EncodedSide): { normal: EncodedSide["normal"]; judging: Matrix } {
  const half = ({ rows }: Matrix, first: number): number[] =>
    Array.from({ length: (rows + 1 - first) >> 1 }, (_, i) => first + 2 * i);
  const parts = normal.map((part) => ({
    kept: { ...part, validation: rowsAt(part.validation, half(part.validation, 0)) },
    judging: rowsAt(part.validation, half(part.validation, 1)),
  }));
  const judging = parts.map((part) => part.judging);
  return { normal: parts.map(({ kept }) => kept), judging: gather(judging, JUDGING_ROWS, width) };
}

/** Every label of some families, support and validation, a matrix a family. */
function labelsOf({ seen, width }: EncodedSide, which: (kin: string) => boolean): Matrix[] {
  return seen.filter(({ kin }) => which(kin)).map(({ support, validation }) => stacked([support, validation], width));
}

/** Sum of the hidden families' AUC-ROC against the normal rows that judge. */
function verdict({ score }: Fitted, { hidden, normal }: Fold): number {
  const ofNormal = Float64Array.from(score(normal));
  return hidden.reduce((sum, rows) => {
    const scores = new Float64Array(normal.rows + rows.rows);
    scores.set(ofNormal);
    scores.set(score(rows), normal.rows);
    return sum + aucRoc(new Uint8Array(scores.length).fill(1, normal.rows), scores);
  }, 0);
}

function firstBest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
