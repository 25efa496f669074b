/** Batches: an object of rows in R2 scored in parts by a queue, with progress to ask for and results in order. */
import type { Queue, R2Bucket, Workflow } from "@cloudflare/workers-types";
import type { Context } from "hono";
import { DEFAULT_THRESHOLD, resolveThreshold } from "../../model/thresholds.ts";
import { BATCH_ID, type Batch, manifestKey, PART_BYTES, PARTS, partsOf, PREFIX, progressKey } from "../batch/batch.ts";
import { type ManifestPart, type Progress, writeProgress } from "../batch/progress.ts";
import type { AppEnv, Bindings } from "../bindings.ts";
import { readJson } from "../body.ts";
import { Problem, requestFault } from "../problem.ts";
import type { Registry } from "../registry.ts";
import { BatchRequest, ResultsQuery } from "../schemas.ts";

/** Parts of one answer: some 200 MB of rows, and each is a read of R2, of which a request may make 1,000. */
const PARTS_AT_ONCE = 100;

interface Bound {
  readonly store: R2Bucket;
  readonly queue: Queue<unknown>;
  readonly flow: Workflow<Batch>;
}

/** @throws Problem 501 where the Worker has no bucket, queue or Workflow */
function bound({ BATCH_STORE: store, BATCH_QUEUE: queue, BATCH_FLOW: flow }: Bindings): Bound {
  if (store && queue && flow) return { store, queue, flow };
  const remedy = "Bind BATCH_STORE, BATCH_QUEUE and BATCH_FLOW: see docs/batches.md; or send rows to /score.";
  throw new Problem(501, "batches-off", "This Worker has no bucket, queue and Workflow for batches.", remedy);
}

/** Starts a batch: the model's version, the threshold and the object are those of this moment to its end. */
export async function startBatch(
  context: Context<AppEnv>,
  registry: Registry,
  defaultModel: string,
): Promise<Response> {
  const { store, flow } = bound(context.env);
  const parsed = BatchRequest.safeParse(await readJson(context.req.raw));
  if (!parsed.success) {
    const remedy =
      'Send {"object": key, "model"?: name, "version"?: number, "threshold"?: "fpr=0.01" | "f1" | number}.';
    throw requestFault(parsed.error.issues[0], remedy);
  }
  const { object, model: name = defaultModel, threshold: spec = DEFAULT_THRESHOLD } = parsed.data;
  const { scorer, version } = await registry.get(name, { version: parsed.data.version });
  const value = resolveThreshold(scorer.artefact, spec);
  const head = object.startsWith(PREFIX) ? null : await store.head(object);
  if (!head || head.size === 0) {
    const remedy = `Put it into the bucket first, outside of ${PREFIX}: npx wrangler r2 object put BUCKET/KEY --file FILE.`;
    throw new Problem(404, "object-unknown", head ? "The object is empty." : "There is no such object.", remedy);
  }
  const partBytes = Number(context.env.BATCH_PART_BYTES ?? PART_BYTES);
  const batch: Batch = {
    id: crypto.randomUUID(),
    object,
    etag: head.etag,
    size: head.size,
    partBytes,
    model: { name, version: version.version, sha256: version.sha256 },
    threshold: { spec, value },
  };
  const parts = partsOf(batch);
  if (parts > PARTS) {
    const detail = `The object is over ${(PARTS * partBytes) / 1e9} GB.`;
    throw new Problem(413, "rows-too-many", detail, "Cut it into several objects.");
  }
  const progress: Progress = {
    batch,
    state: "queued",
    parts,
    partsDone: 0,
    partsFailed: 0,
    rowsDone: 0,
    rowsBad: 0,
    anomalies: 0,
  };
  await writeProgress(store, progress);
  await flow.create({ id: batch.id, params: batch });
  context.header("location", `/v1/batches/${batch.id}`);
  return context.json(shown(progress), 202);
}

/** How far a batch is. */
export async function batchProgress(context: Context<AppEnv>, id: string): Promise<Response> {
  const { store, flow } = bound(context.env);
  const progress = await readProgress(store, id);
  if (progress.state === "complete" || progress.state === "incomplete") return context.json(shown(progress));
  // A coordinator that gave up would otherwise look like one at work.
  const status = await flow
    .get(id)
    .then((instance) => instance.status())
    .catch(() => undefined);
  const stopped = status?.status === "errored" || status?.status === "terminated";
  return context.json({ ...shown(progress), ...(stopped ? { state: "stopped" } : {}) });
}

/**
 * Answers in the order of the object, streamed: line n is the answer to line n. PARTS_AT_ONCE parts from `?from=` on,
 * with a link to the next.
 */
export async function batchResults(context: Context<AppEnv>, id: string): Promise<Response> {
  const { store } = bound(context.env);
  const query = ResultsQuery.safeParse(context.req.query());
  if (!query.success) {
    throw new Problem(422, "request-invalid", "The query is not as it should be.", "It takes from=PART, from 0.");
  }
  const { state } = await readProgress(store, id);
  const manifest = await store.get(manifestKey(id));
  if (!manifest || (state !== "complete" && state !== "incomplete")) {
    const remedy = `Ask /v1/batches/${id} until its state is "complete".`;
    throw new Problem(409, "batch-running", "The batch is not done.", remedy, { headers: { "retry-after": "5" } });
  }
  const from = Number(query.data.from ?? 0);
  const { parts } = await manifest.json<{ parts: readonly ManifestPart[] }>();
  const to = from + PARTS_AT_ONCE;
  const link = to < parts.length ? { link: `</v1/batches/${id}/results?from=${to}>; rel="next"` } : undefined;
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  context.executionCtx.waitUntil(join(store, parts.slice(from, to), writable).catch(() => undefined));
  return new Response(readable, { headers: { "content-type": "application/x-ndjson", ...link } });
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

async function readProgress(store: R2Bucket, id: string): Promise<Progress> {
  const object = BATCH_ID.test(id) ? await store.get(progressKey(id)) : null;
  if (object) return object.json<Progress>();
  throw new Problem(404, "batch-unknown", "There is no such batch.", "POST /v1/batches starts one.");
}

function shown({ batch, ...counts }: Progress): object {
  const { id, object, model, threshold } = batch;
  const done = counts.state === "complete" || counts.state === "incomplete";
  const keys = done ? { manifest: manifestKey(id), results: `/v1/batches/${id}/results` } : {};
  return { id, ...counts, object, model, threshold, ...keys };
}
