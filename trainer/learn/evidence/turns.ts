/** Turns that normal rows take at being kept from what judges them: by blocks, else by whole domains. */
import type { Matrix } from "../../data/matrix.ts";
import { TURNS } from "../../data/sides.ts";
import type { EncodedFit } from "../train.ts";

/** Fewest normal domains that take turns when splitting by rows. */
const LEAST_DOMAINS = 3;

/** The turn of every training row: its block's, else its domain's; none where all rows would be kept out in one turn. */
export function turnsOf({ turns, train }: EncodedFit): Uint8Array | undefined {
  const all = turns ?? domainTurns(train);
  return all && new Set(all).size > 1 ? all : undefined;
}

/** Turns of whole domains, where there are enough of them for each turn to leave several. */
function domainTurns(domains: readonly Matrix[]): Uint8Array | undefined {
  if (domains.length < LEAST_DOMAINS) return undefined;
  const order = [...domains.keys()].sort((a, b) => domains[b].rows - domains[a].rows);
  const turnOf = new Map(order.map((domain, i) => [domain, i % TURNS]));
  return Uint8Array.from(domains.flatMap(({ rows }, i) => Array.from({ length: rows }, () => turnOf.get(i) ?? 0)));
}
