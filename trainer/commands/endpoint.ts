/** Asking a Worker about a model: its address, the model's name, the key. */
import { UnseenError } from "../../model/errors.ts";
import { type Options, required, text } from "./command.ts";

/** Options of commands that ask a Worker. */
export const endpointOptions = {
  url: { type: "string", valueHint: "URL", description: "address of the Worker" },
  name: { type: "string", default: "flows", description: "name of the model at the edge" },
  key: { type: "string", description: "API key; better in the variable UNSEEN_KEY, which no process list shows" },
} as const;

const PATIENCE_MS = 30_000;

/**
 * The Worker's JSON answer to GET /v1/models/{name}/{path}.
 *
 * @throws UnseenError endpoint-failed with what the Worker said, why it could not be reached, or that it is no such Worker
 */
export async function ask(options: Options, path: string): Promise<unknown> {
  return JSON.parse((await answer(options, path, "application/json")).body);
}

/** All pages of lines of GET /v1/models/{name}/{path}. @throws UnseenError endpoint-failed */
export async function askLines(options: Options, path: string): Promise<string> {
  let lines = "";
  for (let next: string | null = path; next !== null;) {
    const { body, headers }: Answer = await answer(options, next, "application/x-ndjson");
    lines += body;
    const after: string | null = headers.get("x-next");
    next = after === null ? null : `${path}?after=${after}`;
  }
  return lines;
}

/** An answer that has come in whole. */
interface Answer {
  readonly body: string;
  readonly headers: Headers;
}

async function answer(options: Options, path: string, type: string): Promise<Answer> {
  const url = required(options, "url").replace(/\/+$/, "");
  const key = text(options, "key") ?? process.env.UNSEEN_KEY;
  const target = `${url}/v1/models/${encodeURIComponent(required(options, "name"))}/${path}`;
  const failed = (why: string, remedy: string): UnseenError =>
    new UnseenError("endpoint-failed", `${target} ${why}`, remedy);
  let response: Response;
  let body: string;
  try {
    const headers: Record<string, string> = key ? { authorization: `Bearer ${key}` } : {};
    response = await fetch(target, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
    body = await response.text();
  } catch (fault) {
    const { cause, message } = fault as Error;
    throw failed(
      `cannot be reached: ${cause instanceof Error ? cause.message : message}.`,
      "Check --url, and that it runs.",
    );
  }
  const given = response.headers.get("content-type") ?? "no type";
  if (response.ok && given.startsWith(type)) return { body, headers: response.headers };
  if (response.ok) throw failed(`answered with ${given}, as no Worker of ours does.`, "Check --url.");
  const { detail, remedy } = problemOf(body);
  throw failed(
    `answered ${response.status}: ${detail ?? "no reason given"}`,
    remedy ?? "See the Worker's log for the request.",
  );
}

/** What a Worker says of its refusal; nothing where something else answered. */
function problemOf(body: string): { readonly detail?: string; readonly remedy?: string } {
  try {
    return Object(JSON.parse(body));
  } catch {
    return {};
  }
}
