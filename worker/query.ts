/** Queries: of parameters that a schema describes, each once, or none at all. */
import type { Context } from "hono";
import type * as z from "zod/mini";
import type { AppEnv } from "./bindings.ts";
import { Problem } from "./problem.ts";

/** @throws Problem 422 for a parameter that is not known, not as it should be, or given twice */
export function readQuery<Schema extends z.ZodMiniType>(
  context: Context<AppEnv>,
  schema: Schema,
  remedy: string,
): z.infer<Schema> {
  const { searchParams } = new URL(context.req.url);
  const fields = Object.fromEntries(searchParams);
  const parsed = schema.safeParse(fields);
  if (parsed.success && Object.keys(fields).length === searchParams.size) return parsed.data;
  throw new Problem(422, "request-invalid", "The query is not as it should be.", remedy);
}

/** @throws Problem 422 for a query: silently leaving out a threshold would decide by another one */
export function noQuery(context: Context<AppEnv>, remedy: string): void {
  if (!context.req.url.includes("?") || new URL(context.req.url).search === "") return;
  throw new Problem(422, "request-invalid", "The request has a query.", remedy);
}
