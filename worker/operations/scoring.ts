/** Routes that score rows, and the forms these come in. */
import { BINARY_TYPE, JSON_TYPE, LINES_TYPE } from "../media.ts";
import { ScoreQuery } from "../schemas.ts";
import { type Json, json, lines, type Operation, ref } from "./operation.ts";

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
      schema: lines("LineFault"),
    },
    [BINARY_TYPE]: { schema: { type: "string", format: "binary", description: "A score a row, little-endian f32." } },
  },
};

const FORMS =
  "The body's type is the form: JSON; a stream of lines, answered while it comes; or rows as the network reads them, " +
  "little-endian f32 (rows × inputs). Every feature must be named or be in its place; null is a missing value. Bodies may " +
  "be compressed by gzip or deflate.";

const score = {
  method: "post",
  tag: "Scoring",
  description: FORMS,
  query: ScoreQuery,
  body: rowsInThreeForms,
  answer: scoresInThreeForms,
  faults: [400, 404, 406, 408, 413, 415, 422, 503],
} as const;
const predict = {
  method: "post",
  tag: "Scoring",
  body: { required: true, content: json("PredictRequest") },
  answer: { description: "A prediction a row.", content: json("PredictResponse") },
  faults: [400, 404, 408, 413, 415, 422, 503],
} as const;
export const SCORING: readonly Operation[] = [
  {
    ...score,
    path: "/v1/score",
    id: "score",
    summary: "Score rows with the default model",
  },
  {
    ...score,
    path: "/v1/models/{model}/score",
    id: "scoreWithModel",
    summary: "Score rows with a model",
  },
  {
    ...score,
    path: "/v1/models/{model}/versions/{version}/score",
    id: "scoreWithVersion",
    summary: "Score rows with one version of a model",
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
];
