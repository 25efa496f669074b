/** How often a key may ask: counted by the platform, per location and approximately; see `[[ratelimits]]` in wrangler.toml. */
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./bindings.ts";
import { RATE_SECONDS } from "./limits.ts";
import { Problem } from "./problem.ts";

/** Lets a key's requests pass up to the limit bound; all of them where none is bound, or where it cannot be asked. */
export const limitRate = createMiddleware<AppEnv>(async (context, next) => {
  const { RATE_LIMITER } = context.env;
  const key = context.get("caller");
  if (!RATE_LIMITER || !key) return next();
  const { success } = await RATE_LIMITER.limit({ key }).catch(() => ({ success: true }));
  if (success) return next();
  const remedy = `Wait ${RATE_SECONDS} seconds, send more rows a request, or have the limit raised.`;
  const extra = { headers: { "retry-after": String(RATE_SECONDS) } };
  throw new Problem(429, "rate-limited", "This key has asked too often.", remedy, extra);
});
