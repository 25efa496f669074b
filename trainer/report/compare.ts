/** One method against the others: ranks, paired tests, and the difference to the best other one on every target. */
import { aucOf, type Frame, mean, type MethodInfo, type Target, valueOf } from "./frame.ts";
import { rankMethods, type Ranking } from "./ranks.ts";
import { holm, signedRank } from "./wilcoxon.ts";

/** The method compared with one other, over all targets. */
export interface Duel {
  readonly method: MethodInfo;
  /** Mean of AUC-ROC differences, the method in focus minus this one. */
  readonly difference: number;
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
  /** Of Wilcoxon's signed-rank test, corrected by Holm for the number of duels. */
  readonly p: number;
}

/** The method in focus beside the best of all others on one target, chosen with hindsight. */
export interface Gap extends Target {
  readonly focus: number;
  readonly best: number;
  readonly bestMethod: MethodInfo;
  /** focus − best. */
  readonly difference: number;
}

export interface Comparison {
  readonly focus: MethodInfo;
  readonly duels: readonly Duel[];
  /** Smallest difference first: losses come first. */
  readonly gaps: readonly Gap[];
  /** In the order of the frame's methods; null with fewer than two targets or methods. */
  readonly ranking: Ranking | null;
}

/** Values closer than this are counted as a tie; the test takes them as they are. */
const TIE = 0.0005;

/** The method in focus: the one named, else ours, else the best. */
export function focusOf(frame: Frame, name?: string): MethodInfo | undefined {
  const { methods } = frame;
  return methods.find((method) => method.name === name) ?? methods.find(({ group }) => group === "ours") ?? methods[0];
}

/** Over (data set, family) pairs, AUC-ROC as means over seeds. */
export function compare(frame: Frame, focus: MethodInfo): Comparison {
  const { methods, targets } = frame;
  const values = targets.map((target) => methods.map(({ name }) => valueOf(frame, name, target, aucOf)));
  const own = methods.indexOf(focus);
  const others = methods.flatMap((method, i) => (i === own ? [] : [{ method, i }]));
  const duels = others.map(({ method, i }) => {
    const differences = values.map((row) => row[own] - row[i]);
    return {
      method,
      difference: mean(differences),
      wins: differences.filter((d) => d >= TIE).length,
      ties: differences.filter((d) => Math.abs(d) < TIE).length,
      losses: differences.filter((d) => d <= -TIE).length,
      p: signedRank(differences),
    };
  });
  const corrected = holm(duels.map(({ p }) => p));
  const gaps = targets.flatMap((target, t): Gap[] => {
    if (others.length === 0) return [];
    const best = others.reduce((a, b) => (values[t][b.i] > values[t][a.i] ? b : a));
    const [mine, theirs] = [values[t][own], values[t][best.i]];
    return [{ ...target, focus: mine, best: theirs, bestMethod: best.method, difference: mine - theirs }];
  });
  return {
    focus,
    duels: duels.map((duel, i) => ({ ...duel, p: corrected[i] })),
    gaps: gaps.sort((a, b) => a.difference - b.difference),
    ranking: targets.length > 1 && methods.length > 1 ? rankMethods(values) : null,
  };
}

/** Whether a difference counts as won, lost or neither. */
export function outcome(difference: number): "won" | "lost" | "tied" {
  return Math.abs(difference) < TIE ? "tied" : difference > 0 ? "won" : "lost";
}
