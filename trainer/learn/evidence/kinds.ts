/** Which kinds of evidence may have a weight. */
import { DISTANCES, EVIDENCE, type EvidenceName, FORESTS } from "../../../model/evidence.ts";
import { separation } from "../../evaluate/metrics.ts";
import { fitHead, headLogits } from "./head.ts";
import { byFamily, joined, NO_ROWS, type Table, thinned } from "./rows-of-evidence.ts";

/** Whole-row distances must tell hidden families better by so much AUC-ROC: with few blocks, a little is chance. */
const MARGIN = 0.02;
/** Normal rows of an episode that a head is fitted beside to be judged. */
const MOST_NORMAL = 500;

/** Kinds that measure a row as a whole against the normal ones. */
export const WHOLE_ROW: readonly EvidenceName[] = DISTANCES.filter((kind) => kind !== "tails");

/** What an episode's parts say of rows that they have never seen. */
export interface Episodic {
  readonly turn: number | null;
  /** Normal rows of the turn, and all normal rows in blocks never seen. */
  readonly apart: Table;
  readonly normal: Table;
  /** Labels of the families outside. */
  readonly families: ReadonlyMap<string, Table>;
}

/** Those wanted; trees only where there are labels. */
export function kindsFor(wanted: readonly EvidenceName[], labelled: boolean): boolean[] {
  const forests: readonly EvidenceName[] = FORESTS;
  return EVIDENCE.map((kind) => wanted.includes(kind) && (labelled || !forests.includes(kind)));
}

/** The same less distances of whole rows. */
export function withoutWholeRows(used: readonly boolean[]): boolean[] {
  return used.map((use, kind) => use && !WHOLE_ROW.includes(EVIDENCE[kind]));
}

/**
 * By blocks: every row of a new patient may lie far from the known ones, by every distance of whole rows, and labels and the
 * tails of single columns then tell more without those; another stretch of the same process does not, and they tell most.
 * So heads with and without them are fitted on all turns but one, and judged on that one. Where there is one turn only, all
 * are used.
 */
export function kindsByBlocks(episodes: readonly Episodic[], used: readonly boolean[]): readonly boolean[] {
  const less = withoutWholeRows(used);
  const trials = episodes.flatMap((episode) => trialOf(episode, episodes));
  if (!less.includes(true) || trials.length === 0) return used;
  const [whole, single] = [used, less].map((kinds) => meanSeparation(trials, kinds));
  return whole <= single + MARGIN ? less : used;
}

/** What a head is fitted on, and the rows of another turn that it is judged by. */
interface Trial {
  readonly known: Table;
  readonly fit: ReadonlyMap<string, Table>;
  readonly apart: Table;
  readonly hidden: readonly Table[];
}

function trialOf({ turn, apart, families }: Episodic, episodes: readonly Episodic[]): Trial[] {
  const others = episodes.filter((other) => other.turn !== turn && other.families.size > 0);
  if (others.length === 0 || apart.rows === 0 || families.size === 0) return [];
  const known = joined(others.map(({ normal }) => thinned(normal, MOST_NORMAL)));
  return [
    { known, fit: byFamily(others.flatMap((other) => [...other.families])), apart, hidden: [...families.values()] },
  ];
}

/** Mean AUC-ROC of hidden families against normal rows apart. */
function meanSeparation(trials: readonly Trial[], used: readonly boolean[]): number {
  const values = trials.flatMap(({ known, fit, apart, hidden }) => {
    const head = fitHead({ known, strange: NO_ROWS }, fit, used);
    const normal = Float64Array.from(headLogits(head, apart));
    return hidden.map((table) => separation(normal, Float64Array.from(headLogits(head, table))));
  });
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
