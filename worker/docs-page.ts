/** The description of the API as a page: HTML without a script, from the document alone. */
import { html, raw } from "hono/html";
import { STYLE } from "./docs-style.ts";
import type { Description } from "./openapi.ts";
import type { Json } from "./operations/operation.ts";

type Html = ReturnType<typeof html>;

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
}

interface Content {
  readonly schema: Schema;
  readonly example?: unknown;
}

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<Record<string, { description: string; content?: Readonly<Record<string, Content>> }>>;
}

/** @param origin of the Worker, for the commands */
export function docsPage({ info, tags, paths, components }: Description, origin: string): Html {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation: operation as Operation })),
  );
  const of = (tag: string): typeof operations => operations.filter(({ operation }) => operation.tags.includes(tag));
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${info.title}: API</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <a class="skip" href="#main">To the routes</a>
        <header>
          <h1>${info.title} <small>API ${info.version}</small></h1>
          <p>${info.description}</p>
          <p>
            Send a key as <code>authorization: Bearer KEY</code> or <code>x-api-key: KEY</code>. The machine-readable
            form of this page is <a href="/openapi.json">/openapi.json</a>, OpenAPI 3.1.
          </p>
        </header>
        <nav aria-label="Sections">
          <ul>
            ${tags.map(({ name }) => html`<li><a href="#${anchor(name)}">${name}</a></li>`)}
            <li><a href="#schemas">Schemas</a></li>
          </ul>
        </nav>
        <main id="main">
          ${tags.map(
            ({ name, description }) =>
              html`<section aria-labelledby="${anchor(name)}">
                <h2 id="${anchor(name)}">${name}</h2>
                <p>${description}</p>
                ${of(name).map((each) => operationPart(each, origin))}
              </section>`,
          )}
          <section aria-labelledby="schemas">
            <h2 id="schemas">Schemas</h2>
            ${Object.entries(components.schemas).map(([name, schema]) => schemaPart(name, schema as Schema))}
          </section>
        </main>
      </body>
    </html>`;
}

function operationPart(
  { path, method, operation }: { path: string; method: string; operation: Operation },
  origin: string,
): Html {
  const { operationId, summary, description, security, parameters = [], requestBody, responses } = operation;
  return html`<details id="${operationId}">
    <summary>
      <span class="method ${method}">${method.toUpperCase()}</span> <code class="path">${path}</code>
      <span class="say">${summary}</span>
    </summary>
    <div class="body">
      ${description ? html`<p>${description}</p>` : ""} ${security?.length === 0 ? html`<p>Needs no key.</p>` : ""}
      ${
        parameters.length === 0
          ? ""
          : html`<h3>Parameters</h3>
              <dl>
                ${parameters.map(
                  (each) =>
                    html`<dt>
                        <code>${each.name}</code> <small>${each.in}${each.required ? ", required" : ""}</small>
                      </dt>
                      <dd>${said(each.schema)}</dd>`,
                )}
              </dl>`
      }
      ${
        requestBody
          ? html`<h3>Body</h3>
              ${contentPart(requestBody.content)}`
          : ""
      }
      <h3>Try it</h3>
      <pre tabindex="0"><code>${command(path, method, operation, origin)}</code></pre>
      <h3>Answers</h3>
      <dl>
        ${Object.entries(responses).map(
          ([status, { description: says, content }]) =>
            html`<dt><b>${status}</b></dt>
              <dd>${says} ${content ? contentPart(content) : ""}</dd>`,
        )}
      </dl>
    </div>
  </details>`;
}

function contentPart(content: Readonly<Record<string, Content>>): Html {
  return html`<ul class="forms">
    ${Object.entries(content).map(([type, { schema }]) => html`<li><code>${type}</code>: ${said(schema)}</li>`)}
  </ul>`;
}

function schemaPart(name: string, schema: Schema): Html {
  const { properties, description, required = [] } = schema;
  return html`<article id="schema-${name}">
    <h3>${name}</h3>
    ${description ? html`<p>${description}</p>` : ""}
    ${
      properties
        ? html`<dl>
            ${Object.entries(properties).map(
              ([field, each]) =>
                html`<dt><code>${field}</code>${required.includes(field) ? "" : html` <small>optional</small>`}</dt>
                  <dd>${said(each)}</dd>`,
            )}
          </dl>`
        : html`<p>${typeOf(schema)}</p>`
    }
  </article>`;
}

/** A type, and what there is to say of it. */
function said(schema: Schema): Html {
  return schema.description ? html`${typeOf(schema)}. <span class="say">${schema.description}</span>` : typeOf(schema);
}

/** A type in words, with links to the schemas that have names. */
function typeOf(schema: Schema): Html {
  const { $ref, anyOf, oneOf, items, additionalProperties } = schema;
  if ($ref) {
    const name = $ref.slice($ref.lastIndexOf("/") + 1);
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum) return joined(schema.enum.map((each) => html`<code>${JSON.stringify(each)}</code>`));
  const either = anyOf ?? oneOf;
  if (either) return joined(either.map(typeOf));
  if (items) return html`list of ${typeOf(items)}`;
  if (schema.properties) {
    const fields = Object.entries(schema.properties).map(([name, each]) => html`<code>${name}</code>: ${typeOf(each)}`);
    return html`{ ${fields.map((field, i) => html`${i > 0 ? ", " : ""}${field}`)} }`;
  }
  if (typeof additionalProperties === "object") return html`names with ${typeOf(additionalProperties)}`;
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? ["anything"]);
  if (schema.format === "binary") return html`bytes`;
  return html`${types.join(" or ")}${bounds(schema)}`;
}

function joined(parts: readonly Html[]): Html {
  return html`${parts.map((part, i) => html`${i > 0 ? " or " : ""}${part}`)}`;
}

function bounds({ minimum, maximum, maxLength, pattern }: Schema): string {
  if (pattern !== undefined) return ` like ${pattern}`;
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maxLength === undefined ? "" : ` of up to ${maxLength} characters`;
}

/** A request as one would type it. */
function command(path: string, method: string, operation: Operation, origin: string): string {
  const { security, requestBody, parameters = [] } = operation;
  const url = path.replace("{model}", "flows").replace("{version}", "1");
  const lines = [`curl ${origin}${url}`];
  if (security?.length !== 0) lines.push('-H "authorization: Bearer $KEY"');
  if (method === "post" && requestBody) {
    const [[type, { example }]] = Object.entries(requestBody.content);
    const body = example ?? EXAMPLES[operation.operationId.replace("WithVersion", "")] ?? {};
    lines.push(`-H "content-type: ${type}"`, `-d '${JSON.stringify(body, null, 2)}'`);
  } else if (method === "post") lines.push("-X POST");
  const unknown = parameters.some((each) => each.in === "path" && !["model", "version"].includes(each.name));
  return unknown ? lines.join(" \\\n  ").replace(/\{(\w+)\}/, "$$$1") : lines.join(" \\\n  ");
}

const ROW = [1200, 0.4, "tcp", true];

const EXAMPLES: Readonly<Record<string, Json>> = {
  predict: { instances: [ROW] },
  infer: {
    inputs: ["bytes", "duration", "protocol", "tls"].map((name, i) => ({
      name,
      shape: [1],
      datatype: ["FP64", "FP64", "BYTES", "BOOL"][i],
      data: [ROW[i]],
    })),
  },
  giveFeedback: { feedback: [{ instance: ROW, label: "anomaly", family: "scan" }] },
  startBatch: { object: "2026-11-24.ndjson" },
};

function anchor(name: string): string {
  return name.toLowerCase().replaceAll(" ", "-");
}
