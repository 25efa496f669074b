/** What an artefact may tell of rows its training did not see: figures by family, scores at three stages, example rows. */
import { malformed } from "./artefact-check.ts";
import { RowEncoder } from "./encode.ts";
import { UnseenError } from "./errors.ts";
import type { JsonValue } from "./json-value.ts";
import type { Schema } from "./schema.ts";

export interface FamilyFigures {
  readonly family: string;
  /** Held out of training altogether; else a family that gave labels, judged on other rows. */
  readonly unseen: boolean;
  readonly rows: number;
  readonly aucRoc: number;
  /** Normal and anomalous rows weighted half each, as the F1 at τ*. */
  readonly averagePrecision: number;
  readonly f1: number;
  /** At the threshold of the 1 % budget. */
  readonly recall: number;
}

/** How scores of normal and of anomalous rows lay at a stage: rows by bin, over a range of the stage's own. */
export interface Stage {
  readonly name: "before" | "after inner" | "after outer";
  /** What the score was at this stage, in a few words. */
  readonly score: string;
  readonly aucRoc: number;
  readonly normal: readonly number[];
  readonly anomalous: readonly number[];
}

export interface Examples {
  /** Values in schema order. */
  readonly rows: readonly (readonly (number | string | boolean | null)[])[];
  /** What each row is: "normal", or its family. */
  readonly families: readonly string[];
}

export interface EvaluationSummary {
  readonly families: readonly FamilyFigures[];
  readonly normalRows: number;
  /** Share of unseen normal rows flagged at each false-positive budget. */
  readonly falsePositives: Readonly<Record<string, number>>;
  readonly stages: readonly Stage[];
  readonly examples?: Examples;
}

const [FAMILIES, BINS, EXAMPLES] = [1000, 64, 1000];

/** @throws UnseenError artefact-malformed naming the place */
export function readEvaluation(json: JsonValue, schema: Schema): EvaluationSummary {
  const extra = json.has("examples") ? (["examples"] as const) : [];
  const given = json.fields("families", "normalRows", "falsePositives", "stages", ...extra);
  const falsePositives: Record<string, number> = Object.create(null);
  for (const [budget, rate] of given.falsePositives.entries()) falsePositives[budget] = rate.number(0, 1);
  return {
    families: given.families.items(FAMILIES).map(readFamily),
    normalRows: given.normalRows.integer(),
    falsePositives,
    stages: given.stages.items(3).map(readStage),
    ...(extra.length > 0 ? { examples: readExamples(json.field("examples"), schema) } : {}),
  };
}

function readFamily(json: JsonValue): FamilyFigures {
  const given = json.fields("family", "unseen", "rows", "aucRoc", "averagePrecision", "f1", "recall");
  return {
    family: given.family.text(),
    unseen: given.unseen.boolean(),
    rows: given.rows.integer(),
    aucRoc: given.aucRoc.number(0, 1),
    averagePrecision: given.averagePrecision.number(0, 1),
    f1: given.f1.number(0, 1),
    recall: given.recall.number(0, 1),
  };
}

function readStage(json: JsonValue): Stage {
  const given = json.fields("name", "score", "aucRoc", "normal", "anomalous");
  const bins = (from: JsonValue): number[] => from.items(BINS).map((rows) => rows.integer());
  const [normal, anomalous] = [bins(given.normal), bins(given.anomalous)];
  if (normal.length !== anomalous.length) throw malformed(`${json.path} has histograms of different lengths`);
  const name = given.name.oneOf("before", "after inner", "after outer");
  return { name, score: given.score.text(), aucRoc: given.aucRoc.number(0, 1), normal, anomalous };
}

/** Example rows must encode under the schema. */
function readExamples(json: JsonValue, schema: Schema): Examples {
  const given = json.fields("rows", "families");
  const families = given.families.items(EXAMPLES).map((family) => family.text());
  const encoder = new RowEncoder(schema);
  const inputs = new Float32Array(encoder.width);
  const rows = given.rows.items(EXAMPLES).map((item, i) => {
    const row = item.items(schema.features.length).map(({ value }) => value);
    try {
      encoder.encode(row, inputs, 0, i);
    } catch (error) {
      if (error instanceof UnseenError) throw malformed(`${json.path}: ${error.message}`);
      throw error;
    }
    return row as (number | string | boolean | null)[];
  });
  if (rows.length !== families.length)
    throw malformed(`${json.path} has ${rows.length} rows but ${families.length} families`);
  return { rows, families };
}
