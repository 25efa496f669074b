/** Settings chosen by hiding seen families in turn: each is judged on families and normal rows that its fits never saw. */
import type { Matrix } from "../data/matrix.ts";
import { evenShares } from "../data/share.ts";
import { separation } from "../evaluate/metrics.ts";
import { gather } from "../learn/judge.ts";
import { rowsAt, stacked } from "../learn/select.ts";
import type { EncodedSide, Fitted, Method } from "./method.ts";
import { Shared } from "./shared.ts";

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
  prepare(side: EncodedSide): (setting: S) => Fitted;
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
    fit: (side) => {
      const values = settings.map(() => 0);
      for (const fold of foldsOf(side)) {
        const fit = prepare(fold.side);
        for (const [i, setting] of settings.entries())
          values[i] += verdict(scoresBy(fit(setting), fold.normal), fold.hidden);
      }
      return prepare(side)(settings[firstBest(values)]);
    },
  };
}

/** A method whose fit reads no label: every setting is fitted once, and the best one by all seen families is it. */
export function tunedDetector<S>({ settings, prepare, ...about }: Tunable<S>): Method {
  const fits = new Shared<EncodedSide["normal"], Scored[]>();
  return {
    ...about,
    labels: true,
    fit: (side) => {
      const { normal, judging } = PARTS.get(side.normal, () => partsOf(side));
      if (groupsOf(side).length < 2 || judging.rows === 0) return prepare(side)(settings[0]);
      const fitted = fits.get(side.normal, () => {
        const fit = prepare({ width: side.width, seed: side.seed, normal, seen: [] });
        return settings.map((setting) => scoresBy(fit(setting), judging));
      });
      const hidden = labelsOf(side, () => true);
      return fitted[firstBest(fitted.map((one) => verdict(one, hidden)))].fitted;
    },
  };
}

/** No fold where nothing can be judged: without normal validation rows, or with fewer than two groups of families. */
function foldsOf(side: EncodedSide): Fold[] {
  const groups = groupsOf(side);
  const { fewer, judging } = PARTS.get(side.normal, () => partsOf(side));
  if (groups.length < 2 || judging.rows === 0) return [];
  return Array.from({ length: Math.min(FOLDS, groups.length) }, (_, fold) => {
    const isHidden = (kin: string): boolean => groups.indexOf(kin) % FOLDS === fold;
    return {
      side: { width: side.width, seed: side.seed, normal: fewer, seen: side.seen.filter(({ kin }) => !isHidden(kin)) },
      hidden: labelsOf(side, isHidden),
      normal: judging,
    };
  });
}

/** Names of the groups that seen families belong to. */
function groupsOf({ seen }: EncodedSide): string[] {
  return [...new Set(seen.map(({ kin }) => kin))];
}

/** Normal rows in their roles here. */
interface Parts {
  /** All training rows, and validation rows that do not judge. */
  readonly normal: EncodedSide["normal"];
  /** The same with at most `FOLD_ROWS` training rows. */
  readonly fewer: EncodedSide["normal"];
  readonly judging: Matrix;
}

const PARTS = new Shared<EncodedSide["normal"], Parts>();

/** Every other normal validation row judges; the rest stay, for a method that stops early by them. */
function partsOf({ normal, width }: EncodedSide): Parts {
  const half = ({ rows }: Matrix, first: number): number[] =>
    Array.from({ length: (rows + 1 - first) >> 1 }, (_, i) => first + 2 * i);
  const parts = normal.map((part) => ({
    kept: { ...part, validation: rowsAt(part.validation, half(part.validation, 0)) },
    judging: rowsAt(part.validation, half(part.validation, 1)),
  }));
  const shares = evenShares(
    FOLD_ROWS,
    normal.map(({ train }) => train.rows),
  );
  return {
    normal: parts.map(({ kept }) => kept),
    fewer: parts.map(({ kept }, i) => ({ ...kept, train: gather([kept.train], shares[i], width) })),
    judging: gather(
      parts.map(({ judging }) => judging),
      JUDGING_ROWS,
      width,
    ),
  };
}

/** Every label of some families, support and validation, a matrix a family. */
function labelsOf({ seen, width }: EncodedSide, which: (kin: string) => boolean): Matrix[] {
  return seen.filter(({ kin }) => which(kin)).map(({ support, validation }) => stacked([support, validation], width));
}

/** A fit, and its scores of the normal rows that judge it. */
interface Scored {
  readonly fitted: Fitted;
  readonly normal: Float64Array;
}

function scoresBy(fitted: Fitted, judging: Matrix): Scored {
  return { fitted, normal: Float64Array.from(fitted.score(judging)) };
}

/** Sum of the hidden families' AUC-ROC against the normal rows that judge. */
function verdict({ fitted, normal }: Scored, hidden: readonly Matrix[]): number {
  return hidden.reduce((sum, rows) => sum + separation(normal, fitted.score(rows)), 0);
}

function firstBest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
