/** Routes of the Open Inference Protocol. */
import { BINARY_TYPE } from "../media.ts";
import { type Json, json, type Operation } from "./operation.ts";

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

export const INFERENCE: readonly Operation[] = [
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
];
