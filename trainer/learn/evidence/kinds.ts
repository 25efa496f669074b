/** Which kinds of evidence may have a weight, and how they are weighed. */
import { EVIDENCE, type EvidenceName, FORESTS } from "../../../model/evidence.ts";
import { separation } from "../../evaluate/metrics.ts";
import { equally, fitHead, headLogits, type Weighing } from "./head.ts";
import { normalOf, type Played } from "./play.ts";
import { byFamily, joined, NO_ROWS, type Table, thinned } from "./rows-of-evidence.ts";

/** What looks at several columns at once must tell hidden families better by so much AUC-ROC: with few blocks, a little is chance. */
const MARGIN = 0.02;
/** Normal rows of an episode that a head is fitted beside to be judged. */
const MOST_NORMAL = 500;

/** Kinds that look at one column after the other, by blocks, and what each counts. */
const SINGLE_COLUMNS: Partial<Record<EvidenceName, number>> = { shallow: 1, tails: 0.25 };

/** Those wanted; trees only where there are labels. */
export function kindsFor(wanted: readonly EvidenceName[], labelled: boolean): boolean[] {
  const forests: readonly EvidenceName[] = FORESTS;
  return EVIDENCE.map((kind) => wanted.includes(kind) && (labelled || !forests.includes(kind)));
}

/** Single columns alone, as they count: with few blocks, weights learned for the two carry over less than these. */
export function singleColumns(used: readonly boolean[]): Weighing {
  return { shares: used.map((use, kind) => (use ? (SINGLE_COLUMNS[EVIDENCE[kind]] ?? 0) : 0)), learned: false };
}

/** Whether nothing but single columns has a weight. */
export function weighsSingleColumns(weights: ArrayLike<number>): boolean {
  return EVIDENCE.every((name, kind) => name in SINGLE_COLUMNS || weights[kind] === 0);
}

/**
 * By blocks: every row of a new patient may lie far from the known ones, by every distance of whole rows, and what several
 * columns show together holds for the patients it was learned from; single columns then tell more without all that. Another
 * stretch of the same process is no such stranger, and there they tell most. So heads of all kinds, learned, and of single
 * columns are fitted on all turns but one, and judged on that one. Where there is one turn only, all kinds are used.
 */
export function weighingByBlocks(episodes: readonly Played[], used: readonly boolean[]): Weighing {
  const [all, single] = [equally(used), singleColumns(used)];
  const trials = trialsOf(episodes);
  if (!single.shares.some((share) => share > 0) || trials.length === 0) return all;
  return meanSeparation(trials, all) <= meanSeparation(trials, single) + MARGIN ? single : all;
}

/** What a head is fitted on, and the rows of another turn that it is judged by. */
interface Trial {
  readonly known: Table;
  readonly fit: ReadonlyMap<string, Table>;
  readonly apart: Table;
  readonly hidden: readonly Table[];
}

function trialsOf(episodes: readonly Played[]): Trial[] {
  const judging = episodes.filter(({ families }) => families.size > 0);
  const sides = judging.map((one) => ({ ...one, normal: thinned(normalOf(one), MOST_NORMAL) }));
  return sides.flatMap(({ turn, apart, families }) => {
    const others = sides.filter((other) => other.turn !== turn);
    if (others.length === 0 || apart.rows === 0) return [];
    const known = joined(others.map(({ normal }) => normal));
    const fit = byFamily(others.flatMap((other) => [...other.families]));
    return [{ known, fit, apart, hidden: [...families.values()] }];
  });
}

/** Mean AUC-ROC of hidden families against normal rows apart. */
function meanSeparation(trials: readonly Trial[], weighing: Weighing): number {
  const values = trials.flatMap(({ known, fit, apart, hidden }) => {
    const head = fitHead({ known, strange: NO_ROWS }, fit, weighing);
    const normal = Float64Array.from(headLogits(head, apart));
    return hidden.map((table) => separation(normal, Float64Array.from(headLogits(head, table))));
  });
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
