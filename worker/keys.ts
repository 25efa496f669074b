/** Who may ask: API keys, kept as SHA-256 only and compared in constant time. */
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./bindings.ts";
import { Problem } from "./problem.ts";

/** Lets a request pass with an accepted key in `authorization: Bearer` or `x-api-key`; all in development. */
export const requireKey = createMiddleware<AppEnv>(async (context, next) => {
  const { API_KEY_SHA256 = "", ENVIRONMENT } = context.env;
  if (API_KEY_SHA256 !== configured) [configured, accepted] = [API_KEY_SHA256, readDigests(API_KEY_SHA256)];
  if (accepted.length === 0) {
    if (ENVIRONMENT === "development") return next();
    const remedy = "Set the secret API_KEY_SHA256 to the SHA-256 of a key: npx wrangler secret put API_KEY_SHA256.";
    throw new Problem(401, "key-missing", "This Worker has no key configured, so it is closed.", remedy, challenge);
  }
  const bearer = /^Bearer +(\S+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
  const key = bearer ?? context.req.header("x-api-key");
  if (!key) {
    const remedy = "Send authorization: Bearer KEY, or x-api-key: KEY.";
    throw new Problem(401, "key-missing", "The request has no key.", remedy, challenge);
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)));
  let known = false;
  for (const wanted of accepted) {
    // Every key is compared, so the time does not tell which one came close.
    if (crypto.subtle.timingSafeEqual(digest, wanted)) known = true;
  }
  if (!known) throw new Problem(403, "key-wrong", "The key is not accepted.", "Check the key.");
  context.set("caller", digest.toHex());
  return next();
});

const challenge = { headers: { "www-authenticate": "Bearer" } };

/** The secret as it was last read, and the digests in it. */
let configured = "";
let accepted: readonly Uint8Array[] = [];

/** What is not a digest in hex is no key: a broken secret closes the Worker. */
function readDigests(secret: string): Uint8Array[] {
  const parts = secret.split(",").map((part) => part.trim().toLowerCase());
  return parts.filter((part) => /^[0-9a-f]{64}$/.test(part)).map((part) => Uint8Array.fromHex(part));
}
