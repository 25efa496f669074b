/** The Open Inference Protocol's objects (version 2, REST), as schemas that validate and describe. */
import * as z from "zod/mini";
import { described, named } from "./schemas.ts";

const text = z.string().check(z.maxLength(256));

const Parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).register(named, {
  id: "InferParameters",
  description:
    "Of a request: threshold, as for /score, and binary_data_output; of an input binary_data_size, of an output " +
    "binary_data. Any other is passed over.",
});

/** Elements are checked one by one against datatype and shape, so here only that they are a list, where not binary. */
const data = z.custom<readonly unknown[]>(Array.isArray);
const elements = { anyOf: [{ type: "number" }, { type: "string" }, { type: "boolean" }, { type: "null" }] };
described.set(data, {
  type: "array",
  items: { anyOf: [...elements.anyOf, { type: "array", items: elements }] },
});

/** Names of datatypes as the protocol has them, case and all. */
export const Datatype = z.enum([
  "BOOL",
  "UINT8",
  "UINT16",
  "UINT32",
  "UINT64",
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "FP16",
  "FP32",
  "FP64",
  "BYTES",
]);

const shape = z.array(z.int().check(z.minimum(0))).check(z.maxLength(8));

const InferInput = z.object({
  name: z.string(),
  shape,
  datatype: Datatype,
  parameters: z.optional(Parameters),
  data: z.optional(data),
});

export const InferRequest = z
  .object({
    id: z.optional(text),
    parameters: z.optional(Parameters),
    inputs: z.array(InferInput).check(z.minLength(1), z.maxLength(4096)),
    outputs: z.optional(z.array(z.object({ name: text, parameters: z.optional(Parameters) })).check(z.maxLength(64))),
  })
  .register(named, {
    id: "InferRequest",
    description:
      'A tensor [n] or [n, 1] for each feature, by its name; or one of floats, "encoded" [n, inputs]. Each has data, ' +
      "or binary_data_size among its parameters and its elements behind the JSON.",
  });

const Tensor = z
  .object({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) })
  .register(named, { id: "TensorMetadata", description: "−1 stands for any number of rows." });

export const InferResponse = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.optional(z.string()),
    parameters: z.object({ threshold: z.number() }),
    outputs: z.array(
      z.object({
        name: z.string(),
        shape: z.array(z.int()),
        datatype: z.string(),
        parameters: z.optional(z.object({ binary_data_size: z.int() })),
        data: z.optional(z.array(z.union([z.number(), z.boolean()]))),
      }),
    ),
  })
  .register(named, { id: "InferResponse" });

export const ModelMetadata = z
  .object({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(Tensor),
    outputs: z.array(Tensor),
  })
  .register(named, { id: "ModelMetadata" });

export const ServerMetadata = z
  .object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) })
  .register(named, { id: "ServerMetadata" });

export const ModelReady = z.object({ name: z.string(), ready: z.boolean() }).register(named, { id: "ModelReady" });

export const InferFault = z
  .object({ error: z.string() })
  .register(named, { id: "InferFault", description: "Every error under /v2, as the protocol has it." });

export type InferRequest = z.infer<typeof InferRequest>;
export type InferInput = z.infer<typeof InferInput>;
export type Datatype = z.infer<typeof Datatype>;
export type InferResponse = z.infer<typeof InferResponse>;
export type ModelMetadata = z.infer<typeof ModelMetadata>;
