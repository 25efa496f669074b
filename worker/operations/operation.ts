/** What an operation of the description is. */
import type * as z from "zod/mini";
import { JSON_TYPE } from "../media.ts";

export type Json = Readonly<Record<string, unknown>>;

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
  /** What a success is: its status, the forms it comes in, and what a 304 says where there is one. */
  readonly answer: {
    readonly status?: 200 | 202;
    readonly description: string;
    readonly content?: Json;
    readonly unchanged?: string;
  };
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

/** A schema by its name in the description. */
export const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
/** A JSON body of that schema. */
export const json = (name: string): Json => ({ [JSON_TYPE]: { schema: ref(name) } });
/** Answers to lines: a prediction each, or such a fault. */
export const lines = (fault: string): Json => ({ description: "Each line.", oneOf: [ref("Prediction"), ref(fault)] });
