/** Episodes as they are played: what parts say of the families and normal rows that they have never seen. */
import type { Scale } from "../../../model/evidence.ts";
import type { Matrix } from "../../data/matrix.ts";
import { TURNS } from "../../data/sides.ts";
import { gather } from "../judge.ts";
import type { Episode } from "./episodes.ts";
import type { Normals } from "./head.ts";
import { evidenceOf } from "./parts.ts";
import { joined, NO_ROWS, type Table, thinned } from "./rows-of-evidence.ts";
import { scalesOf, table } from "./scale.ts";
import type { Learning } from "./without.ts";

/** Normal validation rows that set the head and the evidence's scales. */
export const MOST_JUDGING = 5_000;
/** Normal rows of a turn that are judged. */
const MOST_OF_TURN = MOST_JUDGING / TURNS;

export interface Played {
  readonly turn: number | null;
  /** Normal rows of the turn; none where no turn is kept out. */
  readonly apart: Table;
  /** The rows that judge, beside the families outside; none where no family is. */
  readonly judges: Table;
  /** Labels of the families outside. */
  readonly families: ReadonlyMap<string, Table>;
}

/**
 * Plays episode after episode: parts are learned without what it keeps out, and put that.
 *
 * @param labelsOf all labels of a family
 * @param scales where an episode keeps no family out; its own judges set them otherwise
 */
export async function playEpisodes(
  learning: Learning,
  episodes: readonly Episode[],
  labelsOf: (family: string) => Matrix,
  scales: readonly Scale[],
): Promise<Played[]> {
  const played: Played[] = [];
  for (const [i, { outside, turn }] of episodes.entries()) {
    const parts = await learning.without({ outside, turn }, 100 * (i + 1));
    const judging = outside.size > 0 ? await learning.judged(parts, turn) : null;
    const own = judging ? scalesOf(judging) : scales;
    const put = (rows: Matrix): Table => table(evidenceOf(parts, rows), own);
    played.push({
      turn,
      apart: turn === null ? NO_ROWS : put(thinnedRows(learning.rowsOf(turn))),
      judges: judging ? table(judging, own) : NO_ROWS,
      families: new Map([...outside].map((family) => [family, put(labelsOf(family))])),
    });
  }
  return played;
}

function thinnedRows(rows: Matrix): Matrix {
  return gather([rows], MOST_OF_TURN, rows.cols);
}

/** Normal rows of an episode by blocks: those of the turn, and as many that judge. */
export function normalOf({ apart, judges }: Played): Table {
  return joined([apart, thinned(judges, MOST_OF_TURN)]);
}

/**
 * Normal rows that the head is fitted beside. By blocks all are of blocks that the parts have never seen. By rows those
 * that judge are known, and those of a turn strange.
 *
 * @param apart those of all turns
 * @param judged the judging rows as the parts that ship have them, for where no family was kept out
 */
export function normalsOf(played: readonly Played[], apart: Table, judged: Table, byBlocks: boolean): Normals {
  const judges = played.map((one) => one.judges);
  const known = judges.some(({ rows }) => rows > 0) ? judges : [judged];
  if (!byBlocks) return { known: joined(known), strange: apart };
  return { known: joined([apart, ...known.map((rows) => thinned(rows, MOST_OF_TURN))]), strange: NO_ROWS };
}
