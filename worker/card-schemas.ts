/** What is known of models and batches, as schemas that describe; more fields may come. */
import * as z from "zod/mini";
import { named } from "./schemas.ts";

const Version = z
  .looseObject({ version: z.int(), sha256: z.string(), publishedAt: z.string() })
  .register(named, { id: "Version", description: "One publication of a model; sha256 is of its file's bytes." });

export const ModelList = z
  .object({ models: z.array(z.object({ name: z.string(), url: z.string() })) })
  .register(named, { id: "ModelList" });

const name = z.string();

const Feature = z
  .union([
    z.object({
      kind: z.literal("numeric"),
      name,
      impute: z.number(),
      signedLog: z.union([z.boolean(), z.object({ origin: z.number(), unit: z.number() })]),
      center: z.number(),
      scale: z.number(),
      clip: z.number(),
    }),
    z.object({ kind: z.literal("categorical"), name, values: z.array(z.string()) }),
    z.object({
      kind: z.literal("boolean"),
      name,
      impute: z.number(),
      center: z.number(),
      scale: z.number(),
    }),
  ])
  .register(named, {
    id: "Feature",
    description:
      "A number x becomes (x′ − center)/scale, clipped to ±clip, where x′ is x, or where signedLog is true sign(x)·ln(1 + |x|), or where it is an object the same of (x − origin)/unit; a category one column a value and one for others; a missing value is impute, or the last column.",
  });

export const ModelCard = z
  .looseObject({
    name,
    version: z.int(),
    sha256: z.string(),
    publishedAt: z.string(),
    fault: z.optional(z.string()),
    wanted: z.optional(z.int()),
    versions: z.array(Version),
    network: z.looseObject({ inputs: z.int() }),
    temperature: z.number(),
    epsilon: z.number(),
    thresholds: z.object({ f1: z.number(), fpr: z.record(z.string(), z.number()) }),
    features: z.array(Feature),
    training: z.looseObject({ method: z.string(), createdAt: z.string(), labels: z.int(), normalRows: z.int() }),
  })
  .register(named, {
    id: "ModelCard",
    description:
      "fault says why another version serves than should, or may; wanted, where it is known, which one should.",
  });

export const VersionList = z
  .object({
    name,
    versions: z.array(
      z.looseObject({
        version: z.int(),
        sha256: z.string(),
        publishedAt: z.string(),
        state: z.enum(["current", "canary", "previous", "rolled-back", "abandoned"]),
        url: z.string(),
      }),
    ),
  })
  .register(named, { id: "VersionList" });

const Verdict = z.enum(["too few rows", "stable", "watch", "drifted"]);

export const Drift = z
  .looseObject({
    model: z.object({ name, version: z.int(), sha256: z.string() }),
    hours: z.int(),
    rows: z.int(),
    referenceRows: z.int(),
    verdict: Verdict,
    meaning: z.string(),
    limits: z.object({ watch: z.number(), drifted: z.number(), rows: z.int(), features: z.number() }),
    score: z.object({ psi: z.number(), chance: z.number(), verdict: Verdict }),
    features: z.array(z.object({ name, psi: z.number(), chance: z.number(), verdict: Verdict })),
  })
  .register(named, {
    id: "Drift",
    description:
      "psi is the population stability index, chance what it hardly ever passes without drift; the farthest features come first.",
  });

export const FeedbackStored = z
  .object({ model: name, stored: z.int(), known: z.int(), rows: z.int() })
  .register(named, { id: "FeedbackStored" });

export const Ready = z
  .looseObject({
    live: z.boolean(),
    ready: z.boolean(),
    model: z.optional(z.string()),
    degraded: z.optional(z.string()),
  })
  .register(named, { id: "Ready" });

export const Live = z.object({ live: z.boolean() }).register(named, { id: "Live" });

export const BatchProgress = z
  .looseObject({
    id: z.string(),
    state: z.enum(["queued", "running", "complete", "incomplete", "cancelled", "stopped"]),
    parts: z.int(),
    partsDone: z.int(),
    partsFailed: z.int(),
    rowsDone: z.int(),
    rowsBad: z.int(),
    anomalies: z.int(),
    object: z.string(),
    format: z.enum(["ndjson", "csv"]),
    startedAt: z.string(),
    model: z.object({ name, version: z.int(), sha256: z.string() }),
    threshold: z.object({ spec: z.union([z.string(), z.number()]), value: z.number() }),
    manifest: z.optional(z.string()),
    results: z.optional(z.string()),
  })
  .register(named, { id: "BatchProgress" });

export const BatchList = z
  .object({ batches: z.array(BatchProgress) })
  .register(named, { id: "BatchList", description: "The one started last comes first." });

export const BatchFault = z
  .object({
    code: z.string(),
    error: z.string(),
    remedy: z.optional(z.string()),
    feature: z.optional(z.string()),
    from: z.optional(z.int()),
    to: z.optional(z.int()),
  })
  .register(named, {
    id: "BatchFault",
    description:
      "Stands for a line that cannot be scored; or, with from and to, for a part that failed: bytes of the object without answers.",
  });

export type ModelCard = z.infer<typeof ModelCard>;
export type ModelList = z.infer<typeof ModelList>;
