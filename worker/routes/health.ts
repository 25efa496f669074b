/** Health, as Open Inference Protocol v2 names it. */
import type { Context } from "hono";
import type { AppEnv } from "../bindings.ts";
import { toProblem } from "../problem.ts";
import type { Registry } from "../registry.ts";

export function live(context: Context<AppEnv>): Response {
  return context.json({ live: true });
}

/**
 * Ready where the default model can be served; says so where it is an older version that serves. The protocol's text calls
 * the field `live` here, too, its gRPC form and its clients `ready`: both are there.
 */
export async function ready(context: Context<AppEnv>, registry: Registry, name: string): Promise<Response> {
  try {
    const { version, fault } = await registry.get(name);
    return context.json({
      live: true,
      ready: true,
      model: `${name}@${version.version}`,
      ...(fault ? { degraded: fault } : {}),
    });
  } catch (fault) {
    const { message, code, remedy, headers } = toProblem(fault);
    const later = { "retry-after": "5", ...headers };
    return context.json({ live: true, ready: false, code, error: message, remedy }, 503, later);
  }
}
