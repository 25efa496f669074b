/** Who asks, as far as a canary's share needs to know: a text that stays the same and is kept nowhere. */
import type { Context } from "hono";
import type { AppEnv } from "./bindings.ts";

/**
 * What the caller calls itself in `x-unseen-caller` (1 to 128 characters), for callers who share a key and an address;
 * else its key and its address; undefined where there is none of them.
 */
export function callerOf(context: Context<AppEnv>): string | undefined {
  const { req } = context;
  const named = req.header("x-unseen-caller");
  if (named && named.length <= 128) return named;
  const key = req.header("authorization") ?? req.header("x-api-key") ?? "";
  const address = req.header("cf-connecting-ip") ?? "";
  return key || address ? `${key} ${address}` : undefined;
}
