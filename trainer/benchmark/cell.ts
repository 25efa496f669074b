/** One cell of the benchmark: a data set, split, seed and held-out families, as what may be fitted and what is tested. */
import type { Dataset, Rows } from "../data/dataset.ts";
import { domainsOf, familiesOf, normalRows } from "../data/families.ts";
import { encodeRows, type Matrix } from "../data/matrix.ts";
import { fitSchema } from "../data/fit-schema.ts";
import { concatRows, firstRows } from "../data/rows.ts";
import { evenShares } from "../data/share.ts";
import { trainingPart } from "../data/nested.ts";
import { type HeldOut, splitDataset, type SplitOptions } from "../data/split.ts";
import { type TrainingSide, trainingSide } from "../peers/method.ts";
import type { HeldGroup } from "./families.ts";
import type { Setting } from "./line.ts";

/**
 * Rows at random; by the blocks of meta.json or, where it lists none, by stretches of consecutive rows; at random with one
 * normal domain kept out of fitting to test on.
 */
export const SPLITS = ["random", "blocks", "domain-out"] as const;
export type BenchmarkSplit = (typeof SPLITS)[number];

/** What is shared by all held-out families of a data set. */
export type BaseRequest = Omit<Setting, "holdOutK"> & { readonly seed: number };

/** Most normal training rows (and half as many validation rows), normal test rows, test rows of a held-out family, and
 * test rows of all seen families together. */
export const CAPS = { normalRows: 10_000, normalTest: 4_000, family: 2_000, seen: 2_000 } as const;

/** The normal half of a cell, the same whatever family is held out. */
export interface Base {
  readonly request: BaseRequest;
  /** What is split: a data set, or its training side. */
  readonly dataset: Dataset;
  readonly options: Omit<SplitOptions, "holdOut">;
  /** A training side without any label. */
  readonly side: TrainingSide;
  readonly normalTest: Matrix;
  /** The normal domain kept out of fitting, if one is. */
  readonly domain: string | null;
}

/** Rows to test on; nothing of them is in a TrainingSide. */
export interface TestSide {
  readonly normal: Matrix;
  readonly unseen: readonly { readonly family: string; readonly rows: Matrix }[];
  /** Unlabelled rows of seen families, for the confidence's calibration on them. */
  readonly seen: Matrix;
}

export interface Cell {
  readonly side: TrainingSide;
  readonly test: TestSide;
}

/** What the seed of a split inside a training side is more: by the same one, its training rows would all fall on one side. */
const NESTED_SEED = 1000;

/** Splits with every family held out: schema and normal rows see no anomaly at all. @throws what splitDataset throws */
export function baseOf(whole: Dataset, request: BaseRequest): Base {
  const { split, shots, full, normalRows, nested } = request;
  const common = {
    seed: request.seed,
    shots,
    split: split === "blocks" ? ("blocks" as const) : ("rows" as const),
    ...(full ? {} : { normalRows: CAPS.normalRows }),
  };
  const dataset = nested ? trainingPart(whole, common) : whole;
  const seed = nested ? request.seed + NESTED_SEED : request.seed;
  const domain = split === "domain-out" ? domainFor(dataset, request.seed) : null;
  const few = normalRows === undefined ? {} : { normalRows };
  const options = { ...common, ...few, seed, ...(domain === null ? {} : { holdOutDomains: [domain] }) };
  const { fit, heldOut } = splitDataset(dataset, { ...options, holdOut: familiesOf(dataset) });
  const schema = fitSchema(fit);
  const tested = heldOut.normal.filter((normal) => domain === null || normal.domain === domain);
  const rows = evenly(
    tested.map((normal) => normal.rows),
    full ? Infinity : CAPS.normalTest,
  );
  return {
    request,
    dataset,
    options,
    side: trainingSide(fit, schema, seed),
    normalTest: encodeRows(schema, heldOut.columns, rows),
    domain,
  };
}

/** The cell of families held out together; its normal matrices are the base's own. */
export function cellOf(base: Base, holdOut: readonly HeldGroup[]): Cell {
  const { schema, seed, normal } = base.side;
  const there = new Set(familiesOf(base.dataset));
  const wanted = holdOut.flatMap(({ families }) => families);
  const { fit, heldOut } = splitDataset(base.dataset, {
    ...base.options,
    // a training side may have no row of some families of a group
    holdOut: base.request.nested ? wanted.filter((family) => there.has(family)) : wanted,
  });
  const most = (cap: number): number => (base.request.full ? Infinity : cap);
  const encode = (parts: readonly Rows[], cap: number): Matrix =>
    encodeRows(schema, heldOut.columns, parts.length > 0 ? evenly(parts, most(cap)) : none(heldOut));
  const unseen = holdOut.map(({ name, families }) => {
    const parts = heldOut.unseen.filter(({ family }) => families.includes(family)).map(({ rows }) => rows);
    return { family: name, rows: encode(parts, CAPS.family) };
  });
  const seen = encode(
    heldOut.seen.map(({ rows }) => rows),
    CAPS.seen,
  );
  return {
    side: { ...trainingSide(fit, schema, seed), normal },
    test: { normal: base.normalTest, unseen, seen },
  };
}

/** The domain to keep out: the largest with seed 1, the next with seed 2, and so on round. */
function domainFor(dataset: Dataset, seed: number): string {
  const rows = (name: string): number => normalRows(dataset, name);
  const domains = domainsOf(dataset).sort((a, b) => rows(b) - rows(a) || (a < b ? -1 : 1));
  return domains[(seed + domains.length - 1) % domains.length];
}

/** At most `most` rows in all, evenly over the parts, each part's first ones: parts come sorted by hash. */
export function evenly(parts: readonly Rows[], most: number): Rows {
  const shares = evenShares(
    most,
    parts.map(({ count }) => count),
  );
  return concatRows(parts.map((rows, k) => firstRows(rows, shares[k])));
}

function none({ columns }: HeldOut): Rows {
  return { count: 0, cells: columns.map(({ kind }) => (kind === "categorical" ? [] : new Float64Array(0))) };
}
