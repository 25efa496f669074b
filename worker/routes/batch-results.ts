/** The results of a batch: its parts' answers one after another, in the order of the object. */
import type { R2Bucket } from "@cloudflare/workers-types";
import type { Context } from "hono";
import { manifestKey } from "../batch/batch.ts";
import { isDone, type ManifestPart } from "../batch/progress.ts";
import type { AppEnv } from "../bindings.ts";
import { Problem } from "../problem.ts";
import { readQuery } from "../query.ts";
import { ResultsQuery } from "../schemas.ts";
import { reached } from "../stores.ts";
import { bound, isStopped, readProgress } from "./batches.ts";

/** Parts of one answer: some 200 MB of rows, and each is a read of R2, of which a request may make 1,000. */
const PARTS_AT_ONCE = 100;

/**
 * Answers in the order of the object, streamed: line n is the answer to line n. PARTS_AT_ONCE parts from `?from=` on,
 * with a link to the next.
 *
 * @throws Problem 404, 409 where they are not there, 422, 503
 */
export async function batchResults(context: Context<AppEnv>, id: string): Promise<Response> {
  const { store, flow } = bound(context.env);
  const query = readQuery(context, ResultsQuery, "It takes from=PART, from 0, once.");
  const progress = await readProgress(store, id);
  const manifest = await reached(store.get(manifestKey(id)));
  if (await isStopped(flow, progress)) {
    const remedy = `Start another, or POST /v1/batches/${id}/cancel for the results that are there.`;
    throw new Problem(409, "batch-stopped", "The batch was stopped before it was done.", remedy);
  }
  if (!manifest || !isDone(progress)) {
    const remedy = `Ask /v1/batches/${id} until its state is "complete".`;
    throw new Problem(409, "batch-running", "The batch is not done.", remedy, { headers: { "retry-after": "5" } });
  }
  const from = Number(query.from ?? 0);
  const { parts } = await reached(manifest.json<{ parts: readonly ManifestPart[] }>());
  const to = from + PARTS_AT_ONCE;
  const link = to < parts.length ? { link: `</v1/batches/${id}/results?from=${to}>; rel="next"` } : undefined;
  const headers = { "content-type": "application/x-ndjson", ...link };
  // nobody would read what is joined, and it would wait for that
  if (context.req.method === "HEAD") return new Response(null, { headers });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  context.executionCtx.waitUntil(join(store, parts.slice(from, to), writable).catch(() => undefined));
  return new Response(readable, { headers });
}

/** Writes parts one after another; a failed one leaves one line, which says which bytes have no answers. */
async function join(
  store: R2Bucket,
  parts: readonly ManifestPart[],
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  try {
    for (const { key, failure, from, to } of parts) {
      const object = key === undefined ? null : await store.get(key);
      if (object) {
        await (object.body as unknown as ReadableStream<Uint8Array>).pipeTo(writable, { preventClose: true });
        continue;
      }
      const { code, detail } = failure ?? { code: "part-lost", detail: "The part's result was deleted." };
      const writer = writable.getWriter();
      await writer.write(new TextEncoder().encode(`${JSON.stringify({ code, error: detail, from, to })}\n`));
      writer.releaseLock();
    }
    await writable.close();
  } catch (fault) {
    // Cut off, so that the caller sees that the answer is not whole.
    await writable.abort(fault);
  }
}
