/** What requests must be and answers are: the schemas that validate also describe the API and type its client. */
import * as z from "zod/mini";
import { MOST_EXPLAINED } from "../model/explain.ts";
import { EXPLAINED_DEFAULT, ROWS } from "./limits.ts";

// Workers may not make code out of text.
z.config({ jitless: true });

/** Schemas with a name of their own in the description. */
export const named = z.registry<{ id: string; description?: string }>();

/** Parts that are checked elsewhere, as JSON Schema has them. */
export const described = new Map<unknown, Readonly<Record<string, unknown>>>();

const cell = z.union([z.number(), z.string(), z.boolean(), z.null()]);

export const Row = z.union([z.record(z.string(), cell), z.array(cell)]).register(named, {
  id: "Row",
  description: "Named values, or values in schema order; null is missing. Every feature must be there, and no other.",
});

/** Rows are checked one by one by the model's own encoder, so here only that they are a list. */
const rows = z.custom<readonly unknown[]>(Array.isArray, "must be a list of rows");
described.set(rows, {
  type: "array",
  items: { $ref: "#/components/schemas/Row" },
  minItems: 1,
  maxItems: ROWS,
});

const THRESHOLD = "must be a name of up to 64 characters, or a number";
const threshold = z
  .union([z.string().check(z.maxLength(64, THRESHOLD)), z.number()], THRESHOLD)
  .register(z.globalRegistry, {
    description:
      '"f1"; "fpr=" and a false-positive budget the model has, as a share or in percent; or the threshold itself, 0 to 1.',
    examples: ["fpr=0.01", "fpr=0.1%", "f1", 0.42],
  });

const EXPLAIN = `must be true, false or a whole number from 1 to ${MOST_EXPLAINED}`;
const explain = z
  .union([z.boolean(), z.int(EXPLAIN).check(z.minimum(1, EXPLAIN), z.maximum(MOST_EXPLAINED, EXPLAIN))], EXPLAIN)
  .register(z.globalRegistry, {
    description: `Reasons for each score: true for the ${EXPLAINED_DEFAULT} features that say most, or how many.`,
  });

/** An object with these fields and no other, saying so where it is not. */
const exactly = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: ({ code }) => (code === "unrecognized_keys" ? "has a field that is not known" : "must be an object"),
  });

export const ScoreRequest = exactly({
  instances: rows,
  threshold: z.optional(threshold),
  explain: z.optional(explain),
}).register(named, { id: "ScoreRequest" });

/** TensorFlow Serving's row form; its columnar form is not taken. */
export const PredictRequest = exactly({
  signature_name: z.optional(z.literal("serving_default", 'must be "serving_default"')),
  instances: rows,
  threshold: z.optional(threshold),
  explain: z.optional(explain),
}).register(named, { id: "PredictRequest" });

/** An object of rows in R2 to score in parts. */
export const BatchRequest = exactly({
  // the bucket takes keys by their bytes, and fails on longer ones
  object: z
    .string("must be a key of the bucket")
    .check(z.minLength(1), z.maxLength(1024))
    .check(z.refine((key) => new TextEncoder().encode(key).length <= 1024)),
  format: z
    .optional(z.enum(["ndjson", "csv"], 'must be "ndjson" or "csv"'))
    .register(z.globalRegistry, { description: "csv where the key ends in .csv, else ndjson." }),
  model: z.optional(z.string("must be a name").check(z.maxLength(64))),
  version: z.optional(z.int("must be a whole number").check(z.minimum(1, "must be at least 1"))),
  threshold: z.optional(threshold),
}).register(named, { id: "BatchRequest" });

/** Options of a stream of lines or of binary rows, in the query. */
export const ScoreQuery = exactly({
  threshold: z
    .optional(z.string().check(z.maxLength(64)))
    .register(z.globalRegistry, { description: "For lines and binary rows: as in the JSON body." }),
  explain: z
    .optional(z.string().check(z.regex(/^(true|false|[1-9]|1\d|20)$/)))
    .register(z.globalRegistry, { description: "For lines: as in the JSON body." }),
});

const FAMILY = "must be a text of 1 to 64 characters, not all blanks and without control characters";

/** A name that people gave a kind of anomaly, in whatever script. */
const family = z.string(FAMILY).check(
  z.minLength(1, FAMILY),
  z.maxLength(64, FAMILY),
  z.refine((text) => /^[^\p{Cc}\p{Cs}]+$/u.test(text) && text.trim() !== "", FAMILY),
);

/** A row that its model's encoder checks. */
const row = z.custom<unknown>((value) => value !== undefined, "must be a row");
described.set(row, { $ref: "#/components/schemas/Row" });

/** Rows with what they turned out to be. */
export const FeedbackRequest = exactly({
  feedback: z
    .array(
      exactly({
        instance: row,
        label: z.enum(["normal", "anomaly"], 'must be "normal" or "anomaly"'),
        family: z.optional(family),
      }),
      "must be a list of labelled rows",
    )
    .check(z.minLength(1, "must have at least one row")),
}).register(named, { id: "FeedbackRequest" });

/** Where a page of feedback begins. */
export const FeedbackQuery = exactly({ after: z.optional(z.string().check(z.regex(/^[0-9a-f]{64}$/))) });

/** Where a page of batches begins. */
export const BatchesQuery = exactly({ after: z.optional(z.string().check(z.regex(/^\d{14}-[0-9a-f-]{36}$/))) });

/** The part with which a batch's results begin. */
export const ResultsQuery = exactly({ from: z.optional(z.string().check(z.regex(/^\d{1,6}$/))) });

/** How many hours back to look. */
export const DriftQuery = exactly({
  hours: z.optional(z.string().check(z.regex(/^([1-9]|[1-9]\d|1[0-5]\d|16[0-8])$/))),
});

const share = z.number().check(z.minimum(0), z.maximum(1));

export const Reason = z
  .object({
    feature: z.string(),
    /** On the log odds ln(s/(1 − s)); above 0 makes the row more anomalous. */
    contribution: z.number(),
    value: cell,
    reference: cell,
  })
  .register(named, {
    id: "Reason",
    description:
      "What a feature adds to the log odds ln(s/(1 − s)) of the score, its value, and the reference row's in its place.",
  });

export const Evidence = z.record(z.string(), z.number());

export const Prediction = z
  .object({
    score: share,
    anomaly: z.boolean(),
    confidence: share,
    margin: z.number(),
    reasons: z.optional(z.array(Reason)),
    logOdds: z.optional(z.object({ row: z.number(), reference: z.number(), evidence: z.optional(Evidence) })),
  })
  .register(named, {
    id: "Prediction",
    description:
      "score = 1 − S_normal, 0 to 1; anomaly = score ≥ threshold; confidence = max(score, 1 − score); margin = score − threshold.",
  });

export const ScoreResponse = z
  .object({
    model: z.object({ name: z.string(), version: z.int(), sha256: z.string() }),
    threshold: z.object({ spec: z.union([z.string(), z.number()]), value: z.number() }),
    predictions: z.array(Prediction),
  })
  .register(named, { id: "ScoreResponse" });

export const PredictResponse = z
  .object({ predictions: z.array(Prediction) })
  .register(named, { id: "PredictResponse" });

/** What stands in the place of a line that could not be scored. */
export const LineFault = z
  .object({
    line: z.int().check(z.minimum(1)),
    code: z.string(),
    error: z.string(),
    remedy: z.string(),
    feature: z.optional(z.string()),
    final: z.optional(z.literal(true)),
  })
  .register(named, {
    id: "LineFault",
    description:
      "Answered in the place of a line that cannot be scored; final where no line behind it is answered any more.",
  });

export const ProblemDocument = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    error: z.string(),
    remedy: z.string(),
    request_id: z.string(),
    row: z.optional(z.int()),
    feature: z.optional(z.string()),
  })
  .register(named, { id: "Problem", description: "RFC 9457, with a stable code and what to do about it." });

export type Prediction = z.infer<typeof Prediction>;
export type ScoreResponse = z.infer<typeof ScoreResponse>;
export type LineFault = z.infer<typeof LineFault>;
export type ProblemDocument = z.infer<typeof ProblemDocument>;
