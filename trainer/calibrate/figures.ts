/** What calibration changed: figures of seen families and of feedback, before and after, and whether to refuse it. */
import { UnseenError } from "../../model/errors.ts";
import { countBelow, countUpTo } from "../counts.ts";
import { budgetThreshold } from "../evaluate/budget.ts";
import { brier, pooled } from "../evaluate/metrics.ts";

/** Scores of a family, or of false alarms, placed among normal rows' scores. */
export interface Placed {
  /** For each row, the share of normal rows below it, ties counting half; its mean is the AUC-ROC. */
  readonly below: readonly number[];
  /** Rows at or above the threshold that the same normal rows set for the 1 % budget. */
  readonly flagged: number;
}

/** One side of the comparison. Normal rows are the same on both sides, so that only the model differs. */
export interface Side {
  readonly seen: ReadonlyMap<string, Placed>;
  /** Brier score of the confidence on normal rows and seen families, half each; lower is better. */
  readonly brier: number | undefined;
  /** By family; labels are judged by a model that did not learn them. */
  readonly feedback: ReadonlyMap<string, Placed>;
  /** Rows that callers found normal. */
  readonly falseAlarms?: Placed;
}

export interface Change {
  readonly family: string;
  readonly rows: number;
  readonly aucRoc: { readonly before: number; readonly after: number };
  /** Share flagged at the 1 % budget. */
  readonly flagged: { readonly before: number; readonly after: number };
}

export interface CalibrationFigures {
  readonly seen: readonly Change[];
  /** Means over seen families; absent without any. */
  readonly macro?: Omit<Change, "family" | "rows"> & {
    readonly brier: { readonly before: number; readonly after: number };
  };
  readonly feedback: readonly Change[];
  readonly falseAlarms?: Change;
}

/**
 * How far means over seen families may fall; the share flagged by one row in any case, where rows are few. The confidence
 * may grow softer by what families harder than the seen ones ask for; turned labels take several times as much.
 */
const TOLERATED = { aucRoc: 0.002, flagged: 0.01, brier: 0.03 } as const;

const BUDGET = 0.01;

/** @param normal scores of normal rows that were not fitted; any number that rises with anomaly will do */
export function place(normal: ArrayLike<number>, scores: ArrayLike<number>): Placed {
  const sorted = Float64Array.from(normal).sort();
  const threshold = budgetThreshold(sorted, BUDGET, false);
  const values = Array.from(scores);
  const below = values.map((score) => (countBelow(sorted, score) + countUpTo(sorted, score)) / 2 / sorted.length);
  return { below, flagged: values.filter((score) => score >= threshold).length };
}

/** Rows placed in several lots. */
function together(lots: readonly Placed[]): Placed {
  return { below: lots.flatMap(({ below }) => below), flagged: lots.reduce((sum, { flagged }) => sum + flagged, 0) };
}

/** Rows that callers gave labels to. */
export interface Told<Rows> {
  /** Rows found normal. */
  readonly normal: Rows;
  /** Anomalies by family; those of no known family together under "feedback". */
  readonly families: ReadonlyMap<string, Rows>;
}

/**
 * A side by what one model says of rows.
 *
 * @param normal its scores of the normal rows that all else is placed among
 */
export function sideOf<Rows extends { readonly rows: number }>(
  normal: ArrayLike<number>,
  brier: number | undefined,
  seen: ReadonlyMap<string, Rows>,
  told: Told<Rows>,
  score: (rows: Rows) => ArrayLike<number>,
): Side {
  const placed = (rows: Rows): Placed => place(normal, score(rows));
  const all = (many: ReadonlyMap<string, Rows>): Map<string, Placed> =>
    new Map([...many].map(([family, rows]) => [family, placed(rows)]));
  const falseAlarms = told.normal.rows > 0 ? { falseAlarms: placed(told.normal) } : {};
  return { seen: all(seen), brier, feedback: all(told.families), ...falseAlarms };
}

/** The same side with feedback as models place it that each left a part of it out. */
export function judgedApart(side: Side, apart: readonly Side[]): Side {
  const family = (name: string): Placed => together(apart.flatMap(({ feedback }) => feedback.get(name) ?? []));
  const falseAlarms = together(apart.flatMap((part) => part.falseAlarms ?? []));
  return {
    ...side,
    feedback: new Map([...side.feedback.keys()].map((name) => [name, family(name)])),
    ...(side.falseAlarms ? { falseAlarms } : {}),
  };
}

/** The Brier score that a side has; scores are probabilities. */
export function brierOf(normal: Float32Array, seen: Float32Array): number | undefined {
  if (normal.length === 0 || seen.length === 0) return undefined;
  const { labels, scores } = pooled(normal, seen);
  return brier(labels, scores, true);
}

export function compare(before: Side, after: Side): CalibrationFigures {
  const changes = (of: "seen" | "feedback"): Change[] =>
    [...before[of]].map(([family, placed]) => change(family, placed, after[of].get(family) ?? placed));
  const seen = changes("seen");
  const mean = (value: (one: Change) => number): number => seen.reduce((sum, one) => sum + value(one), 0) / seen.length;
  return {
    seen,
    ...(seen.length > 0 && before.brier !== undefined && after.brier !== undefined
      ? {
          macro: {
            brier: { before: before.brier, after: after.brier },
            aucRoc: { before: mean((one) => one.aucRoc.before), after: mean((one) => one.aucRoc.after) },
            flagged: { before: mean((one) => one.flagged.before), after: mean((one) => one.flagged.after) },
          },
        }
      : {}),
    feedback: changes("feedback"),
    ...(before.falseAlarms && after.falseAlarms
      ? { falseAlarms: change("normal", before.falseAlarms, after.falseAlarms) }
      : {}),
  };
}

/** What of the means over seen families falls beyond what is tolerated, in words. */
function lossesOf({ macro, seen }: CalibrationFigures): string[] {
  if (!macro) return [];
  const rows = seen.reduce((sum, family) => sum + family.rows, 0);
  const tolerated = { ...TOLERATED, flagged: Math.max(TOLERATED.flagged, 1.001 / rows) };
  const words = { aucRoc: "mean AUC-ROC", flagged: "mean recall at 1 % false positives" };
  const said = (["aucRoc", "flagged"] as const).flatMap((figure) => {
    const { before, after } = macro[figure];
    if (after >= before - tolerated[figure]) return [];
    return [`${words[figure]} of seen families would fall from ${before.toFixed(3)} to ${after.toFixed(3)}`];
  });
  if (contradicted({ macro })) {
    const { before, after } = macro.brier;
    const what = "the Brier score of seen families' confidence";
    said.push(`${what} would rise from ${before.toFixed(3)} to ${after.toFixed(3)}`);
  }
  return said;
}

/** Whether the confidence in seen families falls as it does by wrong labels, which a shorter step would only hide. */
function contradicted({ macro }: Pick<CalibrationFigures, "macro">): boolean {
  return macro !== undefined && macro.brier.after > macro.brier.before + TOLERATED.brier;
}

/**
 * The first step whose figures lose nothing; where none will do, or the whole one looks like wrong labels, the whole one,
 * whose figures say what it would cost.
 *
 * @param steps the longest first
 */
export function longest<Taken extends { readonly figures: CalibrationFigures }>(
  [whole, ...shorter]: readonly number[],
  at: (step: number) => Taken,
): Taken {
  const first = at(whole);
  if (lossesOf(first.figures).length === 0 || contradicted(first.figures)) return first;
  for (const step of shorter) {
    const taken = at(step);
    if (lossesOf(taken.figures).length === 0) return taken;
  }
  return first;
}

/** @throws UnseenError calibration-refused where the means over seen families fall beyond what is tolerated */
export function refuseLosses(figures: CalibrationFigures): void {
  const losses = lossesOf(figures);
  if (losses.length === 0) return;
  throw new UnseenError(
    "calibration-refused",
    `${losses.join(", ")}.`,
    "Look through the labels for wrong ones, give more of them, or train again with these rows among the data.",
  );
}

function change(family: string, before: Placed, after: Placed): Change {
  const rows = before.below.length;
  const mean = ({ below }: Placed): number => below.reduce((sum, share) => sum + share, 0) / below.length;
  return {
    family,
    rows,
    aucRoc: { before: mean(before), after: mean(after) },
    flagged: { before: before.flagged / rows, after: after.flagged / after.below.length },
  };
}
