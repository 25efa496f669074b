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
 * @throws UnseenError endpoint-failed with what the Worker said, or why it could not be reached
 */
export async function ask(options: Options, path: string): Promise<unknown> {
  return (await answer(options, path)).json();
}

/** All pages of lines of GET /v1/models/{name}/{path}. @throws UnseenError endpoint-failed */
export async function askLines(options: Options, path: string): Promise<string> {
  let lines = "";
  for (let next: string | null = path; next !== null;) {
    const page: Response = await answer(options, next);
    lines += await page.text();
    const after: string | null = page.headers.get("x-next");
    next = after === null ? null : `${path}?after=${after}`;
  }
  return lines;
}

async function answer(options: Options, path: string): Promise<Response> {
  const url = required(options, "url").replace(/\/+$/, "");
  const key = text(options, "key") ?? process.env.UNSEEN_KEY;
  const target = `${url}/v1/models/${encodeURIComponent(required(options, "name"))}/${path}`;
  let response: Response;
  try {
    const headers: Record<string, string> = key ? { authorization: `Bearer ${key}` } : {};
    response = await fetch(target, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (fault) {
    const { cause, message } = fault as Error;
    const why = cause instanceof Error ? cause.message : message;
    throw new UnseenError("endpoint-failed", `${target} cannot be reached: ${why}.`, "Check --url, and that it runs.");
  }
  if (response.ok) return response;
  const body = (await response.json().catch(() => ({}))) as { detail?: string; remedy?: string };
  const why = `${target} answered ${response.status}: ${body.detail ?? "no reason given"}`;
  throw new UnseenError("endpoint-failed", why, body.remedy ?? "See the Worker's log for the request.");
}
