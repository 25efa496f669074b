/**
 * Why a row got its score: what each feature, and each kind of evidence, adds to the log odds.
 *
 * Features are replaced one after another until the row is the reference row, and each gets the change it made; averaged
 * over an order and its reverse. Contributions sum to log odds(row) − log odds(reference), and are Shapley values where
 * features interact in pairs at the most (each pair is then split in halves).
 */
import { type Artefact, GOLDEN_GROUPS } from "./artefact.ts";
import { spansOf } from "./encode.ts";
import { counted, EVIDENCE, type EvidenceName, kindWeights } from "./evidence.ts";
import { finiteOdds } from "./overflow.ts";
import type { Feature, Row, Schema } from "./schema.ts";
import type { Scorer } from "./scorer.ts";
import { weightValues } from "./tier.ts";

export type Cell = number | string | boolean | null;

export interface Contribution {
  readonly name: string;
  /** As the caller gave it; null is missing. */
  readonly value: Cell;
  /** What stands for it in the reference row; for a boolean's median its share of true. */
  readonly reference: Cell;
  /** On the log odds; above 0 makes the row more anomalous. */
  readonly contribution: number;
}

export interface Explanation {
  /** ln(s/(1 − s)) of the row. */
  readonly logOdds: number;
  /** The same of the reference row. */
  readonly reference: number;
  /** By descending size of contribution. */
  readonly features: readonly Contribution[];
  /** What each kind adds to the log odds, w·z/T; 0 is what the median normal row has. For evidence networks. */
  readonly evidence?: Readonly<Record<EvidenceName, number>> | undefined;
}

/** Features that callers may ask for at the most. */
export const MOST_EXPLAINED = 20;

export interface ExplainOptions {
  /** How many features to give; all unless told. */
  readonly top?: number;
}

/**
 * The medians: of every number the median, the most frequent category, and for a boolean its share of true, over normal
 * training rows. They are in the schema: missing numbers and booleans are imputed so, categories sorted by frequency.
 */
export function medianRow({ features }: Schema): (string | null)[] {
  return features.map((feature) => (feature.kind === "categorical" ? (feature.values[0] ?? null) : null));
}

/**
 * The row that others are explained against: of the medians and the golden rows of normal domains, the one that scores
 * lowest. Medians of columns that hang together need not be like any row there is; then a typical row stands for normal.
 */
export function referenceRow(scorer: Scorer): readonly Cell[] {
  const { schema, golden, training } = scorer.artefact;
  const medians = medianRow(schema);
  const lowest = Math.min(...golden.scores.slice(0, Math.min(GOLDEN_GROUPS, training.domains.length)));
  return lowest < scorer.scoreRows([medians])[0] ? golden.rows[golden.scores.indexOf(lowest)] : medians;
}

/**
 * Explains rows one by one. A row costs up to three scores a feature; features that are as in the reference cost nothing
 * and contribute 0. One-hot columns of a feature are replaced together.
 *
 * @throws UnseenError as Scorer.scoreRows does
 */
export function explain(scorer: Scorer, rows: readonly Row[], options: ExplainOptions = {}): Explanation[] {
  const { schema } = scorer.artefact;
  const { top = schema.features.length } = options;
  const normalRow = referenceRow(scorer);
  const reference = scorer.encode(normalRow);
  const spans = spansOf(schema);
  const [normal] = scorer.logOdds(1, (_, input, at) => input.set(reference, at));
  return rows.map((row, index): Explanation => {
    const x = scorer.encode(row, index);
    const [logOdds] = scorer.logOdds(1, (_, input, at) => input.set(x, at));
    const contributions = path(scorer, { x, reference, spans, logOdds, normal });
    const order = Array.from(contributions, (_, i) => i);
    order.sort((a, b) => Math.abs(contributions[b]) - Math.abs(contributions[a]));
    const z = scorer.evidence(x);
    return {
      logOdds,
      reference: normal,
      features: order.slice(0, top).map((i) => ({
        name: schema.features[i].name,
        value: cellOf(row, i, schema.features[i].name),
        reference: normalRow[i] ?? imputed(schema.features[i]),
        contribution: contributions[i],
      })),
      ...(z ? { evidence: evidenceShares(scorer.artefact, z) } : {}),
    };
  });
}

/** A row on its way to the reference. */
interface Replacement {
  /** Inputs of the row and of the reference (inputs). */
  readonly x: Float32Array;
  readonly reference: Float32Array;
  /** First column of each feature, and at the end their number. */
  readonly spans: Int32Array;
  /** Log odds of the row and of the reference. */
  readonly logOdds: number;
  readonly normal: number;
}

function differingFeatures({ x, reference, spans }: Replacement): number[] {
  const differing: number[] = [];
  for (let feature = 0; feature + 1 < spans.length; feature++) {
    for (let column = spans[feature]; column < spans[feature + 1]; column++) {
      if (x[column] === reference[column]) continue;
      differing.push(feature);
      break;
    }
  }
  return differing;
}

/** Log odds(row) − log odds(row with that feature replaced), by feature. */
function occlusion(scorer: Scorer, replacement: Replacement, differing: readonly number[]): Float64Array {
  const { x, logOdds, spans } = replacement;
  const without = scorer.logOdds(differing.length, (row, input, at) => {
    input.set(x, at);
    replace(differing[row], input, at, replacement);
  });
  const effects = new Float64Array(spans.length - 1);
  for (const [i, feature] of differing.entries()) effects[feature] = logOdds - without[i];
  return effects;
}

/**
 * Contributions (features) in schema order: by descending occlusion effect and the other way round, each step weighing
 * half. The ends are known already.
 */
function path(scorer: Scorer, replacement: Replacement): Float64Array {
  const { logOdds, normal } = replacement;
  const differing = differingFeatures(replacement);
  const effects = occlusion(scorer, replacement, differing);
  const order = differing.toSorted((a, b) => effects[b] - effects[a]);
  const contributions = new Float64Array(effects.length);
  for (const steps of [order, order.toReversed()]) {
    const between = alongPath(scorer, replacement, steps);
    let before = logOdds;
    for (const [i, feature] of steps.entries()) {
      const after = i === steps.length - 1 ? normal : i === 0 ? logOdds - effects[feature] : between[i - 1];
      contributions[feature] += (before - after) / 2;
      before = after;
    }
  }
  return contributions;
}

/** Log odds with the first 2, 3, … and all but one of `steps` replaced. */
function alongPath(scorer: Scorer, replacement: Replacement, steps: readonly number[]): Float64Array {
  const current = replacement.x.slice();
  if (steps.length > 0) replace(steps[0], current, 0, replacement);
  return scorer.logOdds(Math.max(0, steps.length - 2), (row, input, at) => {
    replace(steps[row + 1], current, 0, replacement);
    input.set(current, at);
  });
}

function replace(feature: number, inputs: Float32Array, at: number, { reference, spans }: Replacement): void {
  for (let column = spans[feature]; column < spans[feature + 1]; column++) inputs[at + column] = reference[column];
}

/** What each kind of standardised evidence z adds to the log odds, (w₁ − w₀)·z/T, what is far counted as the head does. */
function evidenceShares({ tensors, temperature }: Artefact, z: Float32Array): Explanation["evidence"] {
  const weights = kindWeights(tensors);
  const far = weightValues(tensors, "far");
  const shares = EVIDENCE.map((name, i) => [name, finiteOdds((weights[i] * counted(z[i], far[i])) / temperature)]);
  return Object.fromEntries(shares) as Explanation["evidence"];
}

/** The row has been encoded, so it holds nothing else. */
function cellOf(row: Row, index: number, name: string): Cell {
  return (Array.isArray(row) ? row[index] : (row as Readonly<Record<string, unknown>>)[name]) as Cell;
}

/** What stands for a missing value; for a category nothing does. */
function imputed(feature: Feature): Cell {
  return feature.kind === "categorical" ? null : feature.impute;
}
