/** Routes about models: cards, versions, files, drift and feedback. */
import { BINARY_TYPE, LINES_TYPE } from "../media.ts";
import { DriftQuery, FeedbackQuery } from "../schemas.ts";
import { json, type Operation } from "./operation.ts";

const drift = {
  method: "get",
  tag: "Models",
  query: DriftQuery,
  answer: { description: "A verdict, and a stability index for the score and each feature.", content: json("Drift") },
  faults: [404, 422, 501, 503],
} as const;
export const MODELS: readonly Operation[] = [
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
      unchanged: "The caller has it: if-none-match names its etag.",
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
    faults: [404, 422, 501, 503],
  },
];
