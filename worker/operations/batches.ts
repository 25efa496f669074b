/** Routes about batches. */
import { LINES_TYPE } from "../media.ts";
import { BatchesQuery, ResultsQuery } from "../schemas.ts";
import { json, lines, type Operation } from "./operation.ts";

export const BATCHES: readonly Operation[] = [
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
    faults: [404, 501, 503],
  },
  {
    method: "get",
    path: "/v1/batches",
    id: "listBatches",
    tag: "Batches",
    summary: "Batches there are, the latest first; a link header leads on where there are more",
    query: BatchesQuery,
    answer: { description: "How far each is.", content: json("BatchList") },
    faults: [422, 501, 503],
  },
  {
    method: "post",
    path: "/v1/batches/{id}/cancel",
    id: "cancelBatch",
    tag: "Batches",
    summary: "Stop a batch; what is scored stays",
    answer: { description: "Where it stopped; unchanged where it was done.", content: json("BatchProgress") },
    faults: [404, 501, 503],
  },
  {
    method: "get",
    path: "/v1/batches/{id}/results",
    id: "batchResults",
    tag: "Batches",
    summary: "The answers of a batch, in the object's order; a link header leads on where there are more",
    query: ResultsQuery,
    answer: {
      description: "A Prediction or a BatchFault a line.",
      content: { [LINES_TYPE]: { schema: lines("BatchFault") } },
    },
    faults: [404, 409, 422, 501, 503],
  },
];
