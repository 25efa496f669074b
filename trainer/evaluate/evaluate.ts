/** Evaluation: a model against the rows its training has not seen, family by family. */
import { checkedScores } from "../../model/overflow.ts";
import type { Scorer } from "../../model/scorer.ts";
import { UnseenError } from "../../model/errors.ts";
import { concat } from "../concat.ts";
import type { Dataset, Rows } from "../data/dataset.ts";
import { familiesOf, resolveFamilies } from "../data/families.ts";
import { encodeRows } from "../data/matrix.ts";
import type { HeldOut, Split } from "../data/split.ts";
import { splitAgain } from "../data/split-again.ts";
import { type Decisions, aucRoc, averagePrecision, decisions, pooled } from "./metrics.ts";

export interface FamilyResult {
  readonly family: string;
  readonly rows: number;
  readonly aucRoc: number;
  /** Average precision with normal and anomalous rows weighted half each, and with rows as they come. */
  readonly averagePrecision: { readonly balanced: number; readonly natural: number };
  /** Decisions at τ* and at the 1 % budget, normal and anomalous rows weighted half each. */
  readonly atF1: Decisions;
  readonly atBudget: Decisions;
}

/** Share of unseen normal rows flagged at each false-positive budget. */
export interface FalsePositives {
  readonly domain: string;
  readonly rows: number;
  readonly rates: Readonly<Record<string, number>>;
}

export interface Evaluation {
  readonly unseen: readonly FamilyResult[];
  readonly seen: readonly FamilyResult[];
  /** Means over the held-out families; absent without any. */
  readonly macro?: Omit<FamilyResult, "family" | "rows">;
  readonly falsePositives: { readonly all: FalsePositives; readonly domains: readonly FalsePositives[] };
  readonly labels: number;
  readonly notes: readonly string[];
}

/**
 * Splits the data again as training did (seed, shots, kind of split and held-out families are in the artefact) and
 * scores only what fell on the test side, and all rows of families it has no label of.
 *
 * @param side what `testSide` makes of the data; told what is to be reported as unseen, where that is not all there is
 * @throws UnseenError as `testSide` does
 */
export function evaluate(scorer: Scorer, dataset: Dataset, side = testSide(scorer, dataset)): Evaluation {
  const { training, schema, thresholds } = scorer.artefact;
  const { heldOut, seen, notes } = side;
  const score = (rows: Rows): Float32Array => {
    const matrix = encodeRows(schema, heldOut.columns, rows);
    return checkedScores(scorer.score(matrix.data, matrix.rows), 1);
  };
  const domains = heldOut.normal.map(({ domain, rows }) => ({ domain, scores: score(rows) }));
  const normal = concat(
    Float32Array,
    domains.map(({ scores }) => scores),
  );
  const family = ({ family: name, rows }: { family: string; rows: Rows }): FamilyResult => {
    const { labels, scores } = pooled(normal, score(rows));
    return {
      family: name,
      rows: rows.count,
      aucRoc: aucRoc(labels, scores),
      averagePrecision: {
        balanced: averagePrecision(labels, scores, true),
        natural: averagePrecision(labels, scores),
      },
      atF1: decisions(labels, scores, thresholds.f1, true),
      atBudget: decisions(labels, scores, thresholds.fpr["0.01"], true),
    };
  };
  const rates = (domain: string, scores: Float32Array): FalsePositives => ({
    domain,
    rows: scores.length,
    rates: Object.fromEntries(
      Object.entries(thresholds.fpr).map(([budget, tau]) => [
        budget,
        scores.filter((s) => s >= tau).length / scores.length,
      ]),
    ),
  });
  const unseen = side.unseen.map(family);
  return {
    unseen,
    seen: seen.map(family),
    ...(unseen.length > 0 ? { macro: macro(unseen) } : {}),
    falsePositives: {
      all: rates("all", normal),
      domains: domains.map(({ domain, scores }) => rates(domain, scores)),
    },
    labels: training.labels,
    notes: [
      ...dataset.notes,
      ...dataChanges(scorer, dataset),
      ...learnedSince(scorer),
      ...notes,
      ...untested(dataset, heldOut, training.split),
    ],
  };
}

/** What a model's training has not seen: of the families it knows, and of those to report as unseen, which are `wanted`. */
export interface TestSide extends Pick<Split, "heldOut" | "notes">, Pick<HeldOut, "seen" | "unseen"> {
  readonly wanted: readonly string[];
}

/**
 * The rows of a data set that a model's training has not seen. A family that came by feedback alone is known, and had no
 * label out of these data.
 *
 * @param holdOut families to report as unseen; all that the model was not trained on unless given
 * @throws UnseenError family-unknown where a family to hold out was trained on or is not there
 */
export function testSide({ artefact: { training } }: Scorer, dataset: Dataset, holdOut?: readonly string[]): TestSide {
  const isKnown = (family: string): boolean => training.families.includes(family);
  const names = familiesOf(dataset);
  const wanted = holdOut ? resolveFamilies(dataset, holdOut) : names.filter((family) => !isKnown(family));
  for (const family of wanted) {
    if (!isKnown(family)) continue;
    throw new UnseenError(
      "family-unknown",
      `The model was trained on "${family}", so it cannot be held out.`,
      `Held out of this model: ${training.heldOut.join(", ") || "none"}. Train again with --hold-out ${family}.`,
    );
  }
  const unlabelled = names.filter((family) => !Object.hasOwn(training.reach, family));
  const { heldOut, notes } = splitAgain(training, dataset, unlabelled, true);
  const told = heldOut.unseen.filter(({ family }) => isKnown(family));
  const unseen = heldOut.unseen.filter(({ family }) => wanted.includes(family));
  return { heldOut, unseen, seen: [...heldOut.seen, ...told], wanted, notes };
}

function macro(results: readonly FamilyResult[]): Omit<FamilyResult, "family" | "rows"> {
  const mean = (of: (result: FamilyResult) => number): number =>
    results.reduce((sum, result) => sum + of(result), 0) / results.length;
  const decided = (key: "atF1" | "atBudget"): Decisions => ({
    precision: mean((r) => r[key].precision),
    recall: mean((r) => r[key].recall),
    f1: mean((r) => r[key].f1),
    accuracy: mean((r) => r[key].accuracy),
    falsePositiveRate: mean((r) => r[key].falsePositiveRate),
  });
  return {
    aucRoc: mean((r) => r.aucRoc),
    averagePrecision: {
      balanced: mean((r) => r.averagePrecision.balanced),
      natural: mean((r) => r.averagePrecision.natural),
    },
    atF1: decided("atF1"),
    atBudget: decided("atBudget"),
  };
}

/** A remark where files are not those of training; rows equal to training rows are still left out. */
function dataChanges({ artefact }: Scorer, dataset: Dataset): string[] {
  const known = new Set(artefact.training.data.files.map(({ sha256 }) => sha256));
  const changed = dataset.files.filter(({ sha256 }) => !known.has(sha256)).map(({ path }) => path);
  if (known.size === 0 || changed.length === 0) return [];
  const by =
    artefact.training.split === "rows"
      ? "rows that training saw are left out by their content"
      : "blocks may differ from training's";
  return [`${changed.length} of ${dataset.files.length} files are not those of training (${changed[0]} …); ${by}.`];
}

/** Families that a remark names. */
const SHOWN = 5;

/** Families of which no figure can be given. */
function untested(dataset: Dataset, { seen, unseen }: HeldOut, split: "rows" | "blocks"): string[] {
  const tested = new Set([...seen, ...unseen].map(({ family }) => family));
  const others = familiesOf(dataset).filter((family) => !tested.has(family));
  if (others.length === 0) return [];
  const more = others.length > SHOWN ? ` and ${others.length - SHOWN} more` : "";
  const why =
    split === "rows"
      ? "training with fewer --shots leaves some, and with --hold-out all"
      : "no block of theirs falls on the test side; training with --hold-out leaves all";
  return [`No row of ${others.slice(0, SHOWN).join(", ")}${more} is left to test on: ${why}.`];
}

/** What was learned after training, and from which rows the model does not say. */
function learnedSince({ artefact }: Scorer): string[] {
  const { calibratedLabels = 0, rethresholdedRows = 0 } = artefact.training.figures;
  const learned = [
    ...(calibratedLabels > 0 ? [`${calibratedLabels} labels of feedback`] : []),
    ...(rethresholdedRows > 0 ? [`thresholds of ${rethresholdedRows} normal rows`] : []),
  ];
  if (learned.length === 0) return [];
  return [
    `Learned after training: ${learned.join(" and ")}; such of them as stand in these data are tested on all the same.`,
  ];
}
