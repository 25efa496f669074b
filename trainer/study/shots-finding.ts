/** What the study of few labels found, said from its numbers. */
import { mean } from "../report/frame.ts";
import { fixed } from "../report/section.ts";
import { focusOf, standardError, trendOf } from "./means.ts";

/** AUC-ROC of a method by labels per seen family, rising. */
export interface Curve {
  readonly method: string;
  /** Whether it is fitted on labels. */
  readonly labels: boolean;
  readonly points: readonly { readonly shots: number; readonly bySeed: readonly number[] }[];
}

/**
 * The least K that helps: from it on, at every K measured, the AUC lies above K = 0's by more than the standard error
 * over seeds of the difference (with one seed there is none, and above is enough). Null where no K does.
 */
export function leastThatHelps({ points }: Curve): number | null {
  const without = points.find(({ shots }) => shots === 0);
  if (without === undefined) return null;
  let least: number | null = null;
  for (const { shots, bySeed } of points.filter((point) => point.shots > 0).toReversed()) {
    const rises = bySeed.map((value, i) => value - without.bySeed[i]);
    const error = standardError(rises);
    if (!(mean(rises) > (Number.isFinite(error) ? error : 0))) break;
    least = shots;
  }
  return least;
}

export function shotsFinding(curves: readonly Curve[]): [string, string] {
  const labelled = curves.filter(({ labels }) => labels);
  const focus = focusOf(labelled.map(({ method }) => method));
  const own = labelled.find(({ method }) => method === focus);
  if (own === undefined) {
    return ["No method measured here is fitted on labels.", "Nothing is to be learned from it about their number."];
  }
  return [first(own), second(own, curves)];
}

function first(curve: Curve): string {
  const { method, points } = curve;
  const most = points[points.length - 1];
  const without = points.find(({ shots }) => shots === 0);
  const seeds = most.bySeed.length;
  const sure =
    seeds > 1 ? `, by more than a standard error over ${seeds} seeds` : " (one seed, so there is no standard error)";
  if (without === undefined) return `Without K = 0 it cannot be said from how many labels on they help ${method}.`;
  const least = leastThatHelps(curve);
  const base = `its mean AUC-ROC without labels, ${at(without)}`;
  if (least === null) {
    const end = `at K = ${most.shots} it is ${at(most)}`;
    return `No number of labels up to ${most.shots} keeps ${method} above ${base}${sure}: ${end}.`;
  }
  const found = points.find(({ shots }) => shots === least) ?? most;
  const end = least === most.shots ? "" : `, ${at(most)} with ${most.shots}`;
  return (
    `The least that helps ${method} is K = ${least} ${least === 1 ? "label" : "labels"} of each seen family: from there ` +
    `on it stays above ${base}${sure} (${at(found)} with ${least}${end}).`
  );
}

function second({ method, points }: Curve, curves: readonly Curve[]): string {
  const trend = `From K = ${points[0].shots} to ${points[points.length - 1].shots} its AUC-ROC ${trendOf(points.map(({ bySeed }) => mean(bySeed)))}`;
  const ends = curves.map((curve) => ({ ...curve, end: curve.points[curve.points.length - 1] }));
  const best = ends.reduce((a, b) => (mean(b.end.bySeed) > mean(a.end.bySeed) ? b : a));
  const highest = `with ${best.end.shots} labels ${best.method} stands highest of ${curves.length} (${at(best.end)})`;
  // At K = 0 no method has a label, whether or not it would use one.
  const [blind] = curves
    .filter((curve) => curve.method !== method)
    .flatMap((curve) => curve.points.filter(({ shots }) => shots === 0).map((point) => ({ ...curve, ...point })))
    .sort((a, b) => mean(b.bySeed) - mean(a.bySeed));
  if (blind === undefined) return `${trend}; ${highest}.`;
  const level = mean(blind.bySeed);
  const above = points.findLastIndex(({ bySeed }) => !(mean(bySeed) > level)) + 1;
  const passes =
    above < points.length
      ? `${method} stays above ${blind.method}, the best without labels (${fixed(level)}), from K = ${points[above].shots} on`
      : `${method} does not end above ${blind.method}, the best without labels (${fixed(level)})`;
  return `${trend}; ${passes}, and ${highest}.`;
}

function at({ bySeed }: { readonly bySeed: readonly number[] }): string {
  return fixed(mean(bySeed));
}
