/** Every route with what it takes and gives, from which the description is made. */
import { JSON_TYPE } from "./media.ts";
import { BATCHES } from "./operations/batches.ts";
import { INFERENCE } from "./operations/inference.ts";
import { MODELS } from "./operations/models.ts";
import type { Operation } from "./operations/operation.ts";
import { SCORING } from "./operations/scoring.ts";

export const OPERATIONS: readonly Operation[] = [
  ...SCORING,
  ...MODELS,
  ...INFERENCE,
  ...BATCHES,
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
