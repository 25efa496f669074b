/** The description of the API, OpenAPI 3.1, made of the schemas that validate and the list of operations. */
import * as z from "zod/mini";
import { WORKER_VERSION } from "./version.ts";
import "./card-schemas.ts";
import { InferFault } from "./inference-schemas.ts";
import { JSON_TYPE } from "./media.ts";
import { OPERATIONS } from "./operations.ts";
import { type Json, type Operation, TAGS } from "./operations/operation.ts";
import { described, named } from "./schemas.ts";

export interface Description {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

let made: Description | undefined;

/** The whole document; made when it is first asked for, so that it costs no start-up. */
export function describeApi(): Description {
  return (made ??= make());
}

function make(): Description {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of OPERATIONS) (paths[operation.path] ??= {})[operation.method] = pathItem(operation);
  return {
    openapi: "3.1.1",
    info: {
      title: "unseen",
      version: WORKER_VERSION,
      description: "Anomaly scores at the edge, for attacks and faults nobody has labelled yet.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    tags: TAGS,
    security: [{ bearer: [] }, { apiKey: [] }],
    paths,
    components: {
      schemas: schemas(),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        apiKey: { type: "apiKey", in: "header", name: "x-api-key" },
      },
    },
  } as Description;
}

function pathItem({ id, tag, summary, description, open, query, body, answer, faults, path }: Operation): Json {
  const all = [...(open ? [405] : [401, 403, 429]), ...(faults ?? [])].toSorted((a, b) => a - b);
  const responses: Record<string, unknown> = {
    [answer.status ?? 200]: { description: answer.description, ...(answer.content ? { content: answer.content } : {}) },
    ...(answer.unchanged ? { 304: { description: answer.unchanged } } : {}),
  };
  for (const status of all) responses[status] = fault(status, path, id);
  const parameters = [...inPath(path), ...inQuery(query)];
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description ? { description } : {}),
    ...(open ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: body } : {}),
    responses,
  };
}

function inPath(path: string): Json[] {
  return Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => PATH_PARAMETERS[name]);
}

function inQuery(query: Operation["query"]): Json[] {
  if (!query) return [];
  const { properties = {} } = z.toJSONSchema(query, { io: "input" });
  return Object.entries(properties).map(([name, schema]) => ({ name, in: "query", schema }));
}

const PATH_PARAMETERS: Readonly<Record<string, Json>> = {
  model: { name: "model", in: "path", required: true, schema: { type: "string" }, example: "flows" },
  version: { name: "version", in: "path", required: true, schema: { type: "string", pattern: "^[1-9]\\d{0,14}$" } },
  sha256: { name: "sha256", in: "path", required: true, schema: { type: "string", pattern: "^[0-9a-f]{64}$" } },
  id: { name: "id", in: "path", required: true, schema: { type: "string", format: "uuid" } },
};

const FAULTS: Readonly<Record<number, string>> = {
  400: "Not JSON, not UTF-8, not of its content-encoding, or broken off; under /v2 anything wrong with the request.",
  401: "No key.",
  403: "The key is not accepted.",
  404: "No such model, version, object or batch.",
  405: "This route has another method.",
  406: "The accept header takes none of the forms there are.",
  408: "The body came too slowly.",
  409: "Not done yet, where retry-after says when to ask again; stopped; or no room left.",
  413: "Too many bytes or rows.",
  415: "A type of body that is not taken, or a content-encoding but gzip and deflate.",
  422: "Rows or options that cannot be scored; row and feature say where.",
  429: "The key has asked too often; retry-after says when to ask again.",
  501: "The Worker is not set up for it.",
  503: "No usable version, or a store that cannot be reached; retry-after says when to ask again.",
};

/** A problem of a status; readiness says 503 in its own form, the inference protocol everything. */
function fault(status: number, path: string, id: string): Json {
  const description = FAULTS[status];
  const own = status === 503 && (id === "serverReady" ? "Ready" : id.endsWith("Ready") ? "ModelReady" : undefined);
  if (own) return { description, content: { [JSON_TYPE]: { schema: { $ref: `#/components/schemas/${own}` } } } };
  const [type, name] = path.startsWith("/v2")
    ? [JSON_TYPE, named.get(InferFault)?.id]
    : ["application/problem+json", "Problem"];
  return { description, content: { [type]: { schema: { $ref: `#/components/schemas/${name}` } } } };
}

/** Every named schema, as JSON Schema 2020-12. */
function schemas(): Record<string, Json> {
  const { schemas: all } = z.toJSONSchema(named, {
    uri: (id) => `#/components/schemas/${id}`,
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const elsewhere = described.get(zodSchema);
      if (elsewhere) Object.assign(jsonSchema, elsewhere);
      const description = named.get(zodSchema)?.description;
      if (description !== undefined) jsonSchema.description = description;
      // bounds that every whole number in JSON has
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.propertyNames) delete jsonSchema.propertyNames;
    },
  });
  // references are whole already
  const own = (schema: object): Json =>
    Object.fromEntries(Object.entries(schema).filter(([key]) => key !== "$schema" && key !== "$id"));
  return Object.fromEntries(Object.entries(all).map(([name, schema]) => [name, own(schema)]));
}
