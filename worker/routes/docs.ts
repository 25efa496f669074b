/** The API's description: the document, and the page made from it. */
import type { Context } from "hono";
import type { AppEnv } from "../bindings.ts";
import { docsPage } from "../docs-page.ts";
import { describeApi } from "../openapi.ts";

const KEPT = { "cache-control": "public, max-age=300" };

export function openapi(context: Context<AppEnv>): Response {
  return context.json(describeApi(), 200, KEPT);
}

/** A page without scripts, images or anything from elsewhere, and the policy that holds it to that. */
export async function docs(context: Context<AppEnv>): Promise<Response> {
  const page = await docsPage(describeApi(), new URL(context.req.url).origin);
  const text = String(page);
  const style = text.slice(text.indexOf("<style>") + 7, text.indexOf("</style>"));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style)));
  const policy = `default-src 'none'; style-src 'sha256-${digest.toBase64()}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  return context.html(text, 200, { ...KEPT, "content-security-policy": policy });
}
