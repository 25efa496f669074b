/** Every route with what it takes and gives, from which the description is made. */
import type * as z from "zod/mini";
import { JSON_TYPE, LINES_TYPE, BINARY_TYPE } from "./media.ts";
import { BatchesQuery, DriftQuery, FeedbackQuery, ResultsQuery, ScoreQuery } from "./schemas.ts";

type Json = Readonly<Record<string, unknown>>;

export interface Operation {
  readonly method: "get" | "post";
  readonly path: string;
  readonly id: string;
  readonly tag: (typeof TAGS)[number]["name"];
  readonly summary: string;
  readonly description?: string;
  /** Answers without a key. */
  readonly open?: true;
  /** An object of the query's parameters. */
  readonly query?: z.core.$ZodType;
  readonly body?: Json;
  /** What a success is: its status, and the forms it comes in. */
  readonly answer: { readonly status?: 200 | 202; readonly description: string; readonly content?: Json };
  /** Statuses of problems besides those every route with a key has. */
  readonly faults?: readonly number[];
}

export const TAGS = [
  { name: "Scoring", description: "Rows in; for each a score, a decision and how sure it is." },
  { name: "Models", description: "What is served." },
  {
    name: "Open Inference Protocol",
    description: "Version 2 over REST, as KServe, Triton and their clients speak it.",
  },
  {
    name: "Batches",
    description: "Objects of rows too large for a request, where the Worker has a bucket and a queue.",
  },
  { name: "Description", description: "This document, and the page made from it." },
] as const;

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const json = (name: string): Json => ({ [JSON_TYPE]: { schema: ref(name) } });

const lines: Json = { description: "Each line.", oneOf: [ref("Prediction"), ref("LineFault")] };

const ROW = { bytes: 1200, duration: 0.4, protocol: "tcp", tls: true };

const rowsInThreeForms: Json = {
  required: true,
  content: {
    [JSON_TYPE]: { schema: ref("ScoreRequest"), example: { instances: [ROW], threshold: "fpr=0.01", explain: 3 } },
    [LINES_TYPE]: {
      schema: { ...ref("Row"), description: "Each line; options are in the query." },
      example: ROW,
    },
    [BINARY_TYPE]: {
      schema: { type: "string", format: "binary" },
    },
  },
};

const scoresInThreeForms = {
  description:
    "In the form of the request; JSON and binary requests may ask for the other one's form by the accept header.",
  content: {
    ...json("ScoreResponse"),
    [LINES_TYPE]: {
      schema: lines,
    },
    [BINARY_TYPE]: { schema: { type: "string", format: "binary", description: "A score a row, little-endian f32." } },
  },
};

const FORMS =
  "The body's type is the form: JSON; a stream of lines, answered while it comes; or rows as the network reads them, " +
  "little-endian f32 (rows × inputs). Every feature must be named or be in its place; null is a missing value. Bodies may " +
  "be compressed by gzip or deflate.";

const score = { method: "post", tag: "Scoring", body: rowsInThreeForms, answer: scoresInThreeForms } as const;
const scoreFaults = [400, 404, 406, 408, 413, 415, 422, 503] as const;
const predict = {
  method: "post",
  tag: "Scoring",
  body: { required: true, content: json("PredictRequest") },
  answer: { description: "A prediction a row.", content: json("PredictResponse") },
  faults: [400, 404, 408, 413, 415, 422, 503],
} as const;
const drift = {
  method: "get",
  tag: "Models",
  query: DriftQuery,
  answer: { description: "A verdict, and a stability index for the score and each feature.", content: json("Drift") },
  faults: [404, 422, 501, 503],
} as const;
const oip = { tag: "Open Inference Protocol" } as const;
const metadata = {
  ...oip,
  method: "get",
  answer: { description: "Names, datatypes and shapes.", content: json("ModelMetadata") },
  faults: [404, 503],
} as const;
const modelReady = {
  ...oip,
  method: "get",
  answer: { description: "It can be served.", content: json("ModelReady") },
  faults: [404, 503],
} as const;
const tensorsBehind: Json = {
  [BINARY_TYPE]: {
    schema: {
      type: "string",
      format: "binary",
      description: "The same JSON, inference-header-content-length bytes of it, and behind it tensors in binary.",
    },
  },
};
const infer = {
  ...oip,
  method: "post",
  body: { required: true, content: { ...json("InferRequest"), ...tensorsBehind } },
  answer: {
    description: "Outputs score, anomaly, confidence and margin, or those asked for.",
    content: { ...json("InferResponse"), ...tensorsBehind },
  },
  faults: [400, 404, 408, 413, 415, 503],
} as const;

export const OPERATIONS: readonly Operation[] = [
  {
    ...score,
    path: "/v1/score",
    id: "score",
    summary: "Score rows with the default model",
    description: FORMS,
    query: ScoreQuery,
    faults: scoreFaults,
  },
  {
    ...score,
    path: "/v1/models/{model}/score",
    id: "scoreWithModel",
    summary: "Score rows with a model",
    description: FORMS,
    query: ScoreQuery,
    faults: scoreFaults,
  },
  {
    ...score,
    path: "/v1/models/{model}/versions/{version}/score",
    id: "scoreWithVersion",
    summary: "Score rows with one version of a model",
    description: FORMS,
    query: ScoreQuery,
    faults: scoreFaults,
  },
  {
    ...predict,
    path: "/v1/models/{model}:predict",
    id: "predict",
    summary: "Score rows in TensorFlow Serving's row form",
  },
  {
    ...predict,
    path: "/v1/models/{model}/versions/{version}:predict",
    id: "predictWithVersion",
    summary: "Score rows with one version, in TensorFlow Serving's row form",
  },
  {
    method: "get",
    path: "/v1/models",
    id: "listModels",
    tag: "Models",
    summary: "Names of published models",
    answer: { description: "Their names, and where their cards are.", content: json("ModelList") },
    faults: [503],
  },
  {
    method: "get",
    path: "/v1/models/{model}",
    id: "modelCard",
    tag: "Models",
    summary: "A model's card",
    answer: {
      description: "Versions, network, features, thresholds and how it was trained.",
      content: json("ModelCard"),
    },
    faults: [404, 503],
  },
  {
    method: "get",
    path: "/v1/models/{model}/versions",
    id: "listVersions",
    tag: "Models",
    summary: "Versions of a model",
    answer: { description: "Every version that can be asked for by number.", content: json("VersionList") },
    faults: [404, 503],
  },
  {
    method: "get",
    path: "/v1/models/{model}/versions/{version}",
    id: "versionCard",
    tag: "Models",
    summary: "The card of one version",
    answer: { description: "As for the model.", content: json("ModelCard") },
    faults: [404, 503],
  },
  {
    ...drift,
    path: "/v1/models/{model}/drift",
    id: "modelDrift",
    summary: "How far the rows of the last hours are from those of training",
  },
  {
    ...drift,
    path: "/v1/models/{model}/versions/{version}/drift",
    id: "versionDrift",
    summary: "The same for the rows one version scored",
  },
  {
    method: "get",
    path: "/v1/models/{model}/weights/{sha256}",
    id: "modelWeights",
    tag: "Models",
    summary: "The file of a version",
    description: "Never changes, so it may be kept for good.",
    answer: {
      description: "Safetensors.",
      content: { [BINARY_TYPE]: { schema: { type: "string", format: "binary" } } },
    },
    faults: [404, 503],
  },
  {
    method: "post",
    path: "/v1/models/{model}/feedback",
    id: "giveFeedback",
    tag: "Models",
    summary: "Say what rows turned out to be",
    description: "Kept for unseen calibrate to learn from.",
    body: { required: true, content: json("FeedbackRequest") },
    answer: { description: "How many rows are new, and how many were known.", content: json("FeedbackStored") },
    faults: [400, 404, 408, 409, 413, 415, 422, 501, 503],
  },
  {
    method: "get",
    path: "/v1/models/{model}/feedback",
    id: "takeFeedback",
    tag: "Models",
    summary: "The labelled rows there are, a page at a time",
    query: FeedbackQuery,
    answer: {
      description: "A row a line; the header x-next says where the next page begins, where there is one.",
      content: { [LINES_TYPE]: { schema: { type: "object" } } },
    },
    faults: [422, 501],
  },
  {
    ...oip,
    method: "get",
    path: "/v2",
    id: "serverMetadata",
    open: true,
    summary: "Server metadata",
    answer: { description: "Name, version and extensions of the server.", content: json("ServerMetadata") },
  },
  {
    ...oip,
    method: "get",
    path: "/v2/health/live",
    id: "serverLive",
    open: true,
    summary: "Server live",
    answer: { description: "The isolate runs.", content: json("Live") },
  },
  {
    ...oip,
    method: "get",
    path: "/v2/health/ready",
    id: "serverReady",
    open: true,
    summary: "Server ready",
    description: "degraded says why another version of the default model serves than should.",
    answer: { description: "The default model can be served.", content: json("Ready") },
    faults: [503],
  },
  { ...metadata, path: "/v2/models/{model}", id: "modelMetadata", summary: "Model metadata" },
  {
    ...metadata,
    path: "/v2/models/{model}/versions/{version}",
    id: "versionMetadata",
    summary: "Model metadata, of one version",
  },
  { ...modelReady, path: "/v2/models/{model}/ready", id: "modelReady", summary: "Model ready" },
  {
    ...modelReady,
    path: "/v2/models/{model}/versions/{version}/ready",
    id: "versionReady",
    summary: "Model ready, one version of it",
  },
  { ...infer, path: "/v2/models/{model}/infer", id: "infer", summary: "Inference" },
  {
    ...infer,
    path: "/v2/models/{model}/versions/{version}/infer",
    id: "inferWithVersion",
    summary: "Inference with one version",
  },
  {
    method: "post",
    path: "/v1/batches",
    id: "startBatch",
    tag: "Batches",
    summary: "Start scoring an object of the bucket",
    body: { required: true, content: json("BatchRequest") },
    answer: { status: 202, description: "The batch, which goes on by itself.", content: json("BatchProgress") },
    faults: [400, 404, 408, 413, 415, 422, 501, 503],
  },
  {
    method: "get",
    path: "/v1/batches/{id}",
    id: "batchProgress",
    tag: "Batches",
    summary: "How far a batch is",
    answer: { description: "Counts of parts and rows.", content: json("BatchProgress") },
    faults: [404, 501],
  },
  {
    method: "get",
    path: "/v1/batches",
    id: "listBatches",
    tag: "Batches",
    summary: "Batches there are, the latest first; a link header leads on where there are more",
    query: BatchesQuery,
    answer: { description: "How far each is.", content: json("BatchList") },
    faults: [422, 501],
  },
  {
    method: "post",
    path: "/v1/batches/{id}/cancel",
    id: "cancelBatch",
    tag: "Batches",
    summary: "Stop a batch; what is scored stays",
    answer: { description: "Where it stopped; unchanged where it was done.", content: json("BatchProgress") },
    faults: [404, 501],
  },
  {
    method: "get",
    path: "/v1/batches/{id}/results",
    id: "batchResults",
    tag: "Batches",
    summary: "The answers of a batch, in the object's order; a link header leads on where there are more",
    query: ResultsQuery,
    answer: {
      description: "A Prediction or a LineFault a line.",
      content: { [LINES_TYPE]: { schema: lines } },
    },
    faults: [404, 409, 422, 501],
  },
  {
    method: "get",
    path: "/openapi.json",
    id: "openapi",
    tag: "Description",
    open: true,
    summary: "This document",
    answer: { description: "OpenAPI 3.1.", content: { [JSON_TYPE]: { schema: { type: "object" } } } },
  },
  {
    method: "get",
    path: "/docs",
    id: "docs",
    tag: "Description",
    open: true,
    summary: "This document as a page",
    answer: { description: "HTML.", content: { "text/html": { schema: { type: "string" } } } },
  },
];
