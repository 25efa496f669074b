/** The split: what fitting may see and what it may not, as two types that do not fit each other. */
import type { TrainingSummary } from "../../model/artefact.ts";
import { UnseenError } from "../../model/errors.ts";
import type { ColumnSpec, Dataset, Rows } from "./dataset.ts";
import { type NormalOptions, type NormalParts, splitDomains } from "./domains.ts";
import { familiesOf, kinOf, resolveFamilies } from "./families.ts";
import { holdOutFamily, labelFamily } from "./shots.ts";
import { onDemand, type OnDemand, sideRows, TEST, turnsAt, type SidedRows } from "./sides.ts";

export interface SplitOptions extends NormalOptions {
  readonly seed: number;
  /** Families to hold out entirely, by name, title or group of families. */
  readonly holdOut: readonly string[];
  /** Most labelled anomalies per seen family, support and validation together. */
  readonly shots: number;
  readonly split: "rows" | "blocks";
  /** Of a model that was trained: what may have been its label is no test row, though files have grown since. */
  readonly trained?: Pick<TrainingSummary, "domains" | "heldOut" | "reach">;
}

/** Known to this file only, so that nobody else can make a FitData or a HeldOut. */
const KEY: unique symbol = Symbol("split");

interface FitParts {
  readonly columns: readonly ColumnSpec[];
  readonly normal: NormalParts["fitted"];
  readonly seen: readonly {
    readonly family: string;
    /** The group of families it belongs to, where the data set names one, else its own name. */
    readonly kin: string;
    readonly support: Rows;
    /** By blocks, the turn of each support row's block, or NO_TURN. */
    readonly turns?: Uint8Array;
    readonly validation: Rows;
    /** The largest hash among its labels, a whole number below 2^53. */
    readonly reach: number;
  }[];
}

/** Everything fitting may see; its brand keeps any other object from passing for one. */
export class FitData {
  readonly #brand = "fit";
  readonly columns: readonly ColumnSpec[];
  /** Every domain listed has at least one training row; validation may be empty. */
  readonly normal: FitParts["normal"];
  /** Every family listed has at least one support row; validation is empty if it has no other label. */
  readonly seen: FitParts["seen"];
  /** Labelled anomalies in here, support and validation rows of all families. */
  readonly labels: number;

  constructor(key: typeof KEY, parts: FitParts) {
    if (key !== KEY) throw new TypeError("FitData comes from splitDataset only");
    this.columns = parts.columns;
    this.normal = parts.normal;
    this.seen = parts.seen;
    this.labels = parts.seen.reduce((sum, family) => sum + family.support.count + family.validation.count, 0);
  }

  get [Symbol.toStringTag](): string {
    return this.#brand;
  }
}

interface HeldParts {
  readonly columns: readonly ColumnSpec[];
  readonly normal: NormalParts["test"];
  readonly seen: readonly ({ readonly family: string } & OnDemand)[];
  readonly unseen: readonly ({ readonly family: string } & OnDemand)[];
}

/** Rows that no fitting function accepts; every group listed has at least one. */
export class HeldOut {
  readonly #brand = "held-out";
  readonly columns: readonly ColumnSpec[];
  readonly normal: HeldParts["normal"];
  /** Families of which fitting has labels: their other rows. */
  readonly seen: HeldParts["seen"];
  /** Families of which fitting has no row: those held out, and those that have no row outside the test side. */
  readonly unseen: HeldParts["unseen"];

  constructor(key: typeof KEY, parts: HeldParts) {
    if (key !== KEY) throw new TypeError("HeldOut comes from splitDataset only");
    this.columns = parts.columns;
    this.normal = parts.normal;
    this.seen = parts.seen;
    this.unseen = parts.unseen;
  }

  get [Symbol.toStringTag](): string {
    return this.#brand;
  }
}

export interface Split {
  readonly fit: FitData;
  readonly heldOut: HeldOut;
  /** Remarks worth a line to the user. */
  readonly notes: readonly string[];
}

/**
 * Splits a data set. The outcome depends on the seed and on the rows, not on their order in the files: every part
 * comes sorted by hash (with "blocks", the default stretches of a group without a block list do follow file order).
 *
 * - Normal domains: training, validation and test rows by side (see sideRows). A domain without a training row is not
 *   fitted at all, nor is one in `holdOutDomains`: all its rows are test rows. `normalRows` caps the first two parts.
 * - Seen families: the `shots` rows with the smallest hashes among those not on the test side are labels, 80 % support
 *   and 20 % validation (with blocks, each from blocks of its own side as far as they go). All others are test rows
 *   (with blocks, only those in test blocks). A row that also belongs to a held-out family is never a label, and a
 *   row that is a label of one family is not a test row of another.
 * - Held-out families: all rows (with blocks, those in test blocks, or all if there are none, with a note).
 *
 * Throws `family-unknown` for a name in `holdOut` that is no family or one in `holdOutDomains` that is no domain,
 * `option-invalid` for a seed, shots or `normalRows` that are no whole numbers from 0, `data-too-small` when fewer than
 * two normal training rows, or no normal validation or test row, are left; for a trained model, no test row.
 */
export function splitDataset(dataset: Dataset, options: SplitOptions): Split {
  checkWhole("seed", options.seed);
  checkWhole("shots", options.shots);
  checkWhole("normalRows", options.normalRows ?? 0);
  const { shots, split, trained } = options;
  const held = new Set(resolveFamilies(dataset, options.holdOut));
  const rule = {
    seed: options.seed,
    split,
    ...(dataset.blockSides ? { blockSides: dataset.blockSides } : {}),
  };
  const notes: string[] = [];

  const families = familiesOf(dataset).map((name) => sideRows(dataset, "anomaly", name, rule));
  // A model's own labels are barred by no family that came later, nor by one that was unseen for want of labels alone.
  const bars = (name: string, side: number): boolean =>
    held.has(name) && (!trained || (trained.heldOut.includes(name) && side !== TEST));
  const barred = new Set(
    families.flatMap(({ name, hashes, sides }) => Array.from(hashes).filter((_, i) => bars(name, sides[i]))),
  );
  const drawn = families.map((rows) => ({
    rows,
    ...(held.has(rows.name)
      ? holdOutFamily(rows, split)
      : labelFamily(rows, shots, split, (hash) => barred.has(hash), trained?.reach[rows.name])),
  }));
  const labelled = new Set(drawn.flatMap(({ rows, known }) => known.map((i) => rows.hashes[i])));
  const seen = drawn.filter(({ support }) => support.length > 0);
  const unseen = drawn.filter(({ support }) => support.length === 0);
  const strange = unseen.filter(({ rows }) => !Object.hasOwn(trained?.reach ?? {}, rows.name));
  for (const { rows } of shots > 0 ? strange : []) notes.push(...unseenNotes(rows, held.has(rows.name), split));

  const normal = splitDomains(dataset, rule, options, trained?.domains);
  notes.push(...normal.notes);
  const rest = (list: typeof drawn): HeldParts["seen"] =>
    list
      .map(({ rows, test }) => {
        const places = test.filter((i) => !labelled.has(rows.hashes[i]));
        return onDemand({ family: rows.name }, rows, places);
      })
      .filter(({ count }) => count > 0);

  const fit = new FitData(KEY, {
    columns: dataset.columns,
    normal: normal.fitted,
    seen: seen.map(({ rows, support, validation }) => ({
      family: rows.name,
      kin: kinOf(dataset, rows.name),
      support: rows.take(support),
      ...turnsAt(rows, support),
      validation: rows.take(validation),
      reach: [...support, ...validation].reduce((most, i) => Math.max(most, rows.hashes[i]), 0),
    })),
  });
  const heldOut = new HeldOut(KEY, {
    columns: dataset.columns,
    normal: normal.test,
    seen: rest(seen),
    unseen: rest(unseen),
  });
  checkSizes(fit, heldOut, options);
  return { fit, heldOut, notes };
}

function unseenNotes({ name, sides }: SidedRows, held: boolean, split: "rows" | "blocks"): string[] {
  if (!held) return [`No row of ${name} can be a label: it counts as an unseen family.`];
  if (split === "rows" || sides.includes(TEST)) return [];
  return [`No block of the held-out family ${name} falls on the test side: all its rows are test rows.`];
}

function checkWhole(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new UnseenError("option-invalid", `${name} is ${value}.`, `Give ${name} as a whole number from 0.`);
}

function checkSizes(fit: FitData, heldOut: HeldOut, { split, trained }: SplitOptions): void {
  const count = (list: readonly { readonly count: number }[]): number =>
    list.reduce((sum, rows) => sum + rows.count, 0);
  const train = count(fit.normal.map((domain) => domain.train));
  const validation = count(fit.normal.map((domain) => domain.validation));
  const test = count(heldOut.normal);
  if (test >= 1 && (trained || (train >= 2 && validation >= 1))) return;
  if (trained) {
    const what = `No normal row is left to test on: all ${train + validation} are on sides that training may have seen.`;
    throw new UnseenError("data-too-small", what, "Give more normal rows.");
  }
  throw new UnseenError(
    "data-too-small",
    `The split leaves ${train} normal rows to train on, ${validation} to validate and ${test} to test; 2, 1 and 1 are needed.`,
    split === "blocks"
      ? "Give more blocks of normal rows, try another seed, or split by rows."
      : "Give more distinct normal rows.",
  );
}
