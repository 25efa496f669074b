/** Stores beside KV: the Durable Object, D1, R2 and the Workflow, any of which may be away for a moment. */
import { Problem } from "./problem.ts";

/**
 * What a store answers.
 *
 * @throws Problem 503 where it does not: it may be overloaded, on its way elsewhere or just deployed anew
 */
export async function reached<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch {
    const extra = { headers: { "retry-after": "5" } };
    const detail = "A store that the Worker needs for this cannot be reached now.";
    throw new Problem(503, "store-unavailable", detail, "Try again in a few seconds.", extra);
  }
}
