/** The normal half of a split: which rows of which domains are fitted, validated on and tested on. */
import { UnseenError } from "../../model/errors.ts";
import { didYouMean } from "../nearest.ts";
import type { Dataset, Rows } from "./dataset.ts";
import { domainsOf } from "./families.ts";
import { evenShares } from "./share.ts";
import {
  indicesWhere,
  onDemand,
  type OnDemand,
  sideRows,
  TEST,
  TRAIN,
  turnsAt,
  VALIDATION,
  type Side,
  type SideRule,
} from "./sides.ts";

export interface NormalOptions {
  /** Normal domains to leave out of fitting altogether: all their rows are test rows. */
  readonly holdOutDomains?: readonly string[];
  /**
   * Most normal training rows, and half as many validation rows, shared over domains as evenly as their sizes allow;
   * of each domain those with the smallest hashes. Rows beyond are in no part.
   */
  readonly normalRows?: number;
}

export interface NormalParts {
  readonly fitted: readonly {
    readonly domain: string;
    readonly train: Rows;
    /** By blocks, the turn each training row's block takes at being kept from what judges it: 0 to TURNS − 1. */
    readonly turns?: Uint8Array;
    readonly validation: Rows;
  }[];
  readonly test: readonly ({ readonly domain: string } & OnDemand)[];
  readonly notes: readonly string[];
}

/**
 * Normal rows by side; a domain held out, or without a training row, is not fitted: all its rows are test rows, unless a
 * model was fitted on it.
 *
 * @param known domains of a model that was trained
 */
export function splitDomains(
  dataset: Dataset,
  rule: SideRule,
  options: NormalOptions,
  known: readonly string[] = [],
): NormalParts {
  const held = new Set(options.holdOutDomains);
  const names = domainsOf(dataset);
  for (const name of held) {
    if (names.includes(name)) continue;
    const what = `${dataset.name} has no normal domain "${name}".`;
    throw new UnseenError("family-unknown", what, didYouMean(name, names));
  }
  const domains = names.map((name) => sideRows(dataset, "normal", name, rule));
  const fitted = domains.filter(({ name, sides }) => !held.has(name) && sides.includes(TRAIN));
  const strange = domains.filter((domain) => !fitted.includes(domain) && !known.includes(domain.name));
  const most = options.normalRows ?? Infinity;
  const side = (wanted: Side, cap: number): number[][] => {
    const picked = fitted.map(({ count, sides }) => indicesWhere(count, (i) => sides[i] === wanted));
    const shares = evenShares(
      cap,
      picked.map(({ length }) => length),
    );
    return picked.map((indices, k) => indices.slice(0, shares[k]));
  };
  const train = side(TRAIN, most);
  const validation = side(VALIDATION, Math.floor(most / 2));
  return {
    fitted: fitted.map((rows, k) => ({
      domain: rows.name,
      train: rows.take(train[k]),
      ...turnsAt(rows, train[k]),
      validation: rows.take(validation[k]),
    })),
    test: domains
      .map((domain) => ({
        domain,
        places: indicesWhere(domain.count, (i) => domain.sides[i] === TEST || strange.includes(domain)),
      }))
      .filter(({ places }) => places.length > 0)
      .map(({ domain, places }) => onDemand({ domain: domain.name }, domain, places)),
    notes: strange
      .filter(({ name }) => !held.has(name))
      .map(({ name, count }) =>
        count === 0
          ? `The normal domain ${name} has no row of its own: all repeat rows of others.`
          : `No row of the normal domain ${name} falls on the training side: all its rows are test rows.`,
      ),
  };
}
