/** Batches: an object of rows in R2 scored in parts by a queue, with progress to ask for, to its end or until it is cancelled. */
import type { Queue, R2Bucket, Workflow } from "@cloudflare/workers-types";
import type { Context } from "hono";
import { DEFAULT_THRESHOLD, resolveThreshold } from "../../model/thresholds.ts";
import { BATCH_ID, type Batch, cancelKey, LIST, listKey, manifestKey } from "../batch/batch.ts";
import { PART_BYTES, PARTS, partsOf, PREFIX, progressKey } from "../batch/batch.ts";
import { csvForm } from "../batch/csv.ts";
import { countParts, isDone, type Progress, putJson, writeProgress } from "../batch/progress.ts";
import type { AppEnv, Bindings } from "../bindings.ts";
import { readJson } from "../body.ts";
import { Problem, requestFault } from "../problem.ts";
import { readQuery } from "../query.ts";
import type { Registry } from "../registry.ts";
import { BatchesQuery, BatchRequest } from "../schemas.ts";
import { reached } from "../stores.ts";

/** Batches of one answer, each of which is a read of R2. */
const LISTED = 50;

interface Bound {
  readonly store: R2Bucket;
  readonly queue: Queue<unknown>;
  readonly flow: Workflow<Batch>;
}

/** @throws Problem 501 where the Worker has no bucket, queue or Workflow */
export function bound({ BATCH_STORE: store, BATCH_QUEUE: queue, BATCH_FLOW: flow }: Bindings): Bound {
  if (store && queue && flow) return { store, queue, flow };
  const remedy = "Bind BATCH_STORE, BATCH_QUEUE and BATCH_FLOW: see docs/batches.md; or send rows to /score.";
  throw new Problem(501, "batches-off", "This Worker has no bucket, queue and Workflow for batches.", remedy);
}

/** @throws Problem 501 for what is no size: a coordinator would enqueue parts without end */
function partBytesOf({ BATCH_PART_BYTES: size = String(PART_BYTES) }: Bindings): number {
  if (/^[1-9]\d{0,14}$/.test(size)) return Number(size);
  const remedy = `Set it to one, such as ${PART_BYTES}, or leave it out.`;
  throw new Problem(501, "batches-off", "The variable BATCH_PART_BYTES is no whole number of bytes.", remedy);
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
      'Send {"object": key, "format"?: "ndjson" | "csv", "model"?: name, "version"?: number, "threshold"?: "fpr=0.01" | "f1" | number}.';
    throw requestFault(parsed.error.issues[0], remedy);
  }
  const {
    object,
    format = /\.csv$/i.test(object) ? "csv" : "ndjson",
    model: name = defaultModel,
    threshold: spec = DEFAULT_THRESHOLD,
  } = parsed.data;
  const { scorer, version } = await registry.get(name, { version: parsed.data.version });
  const value = resolveThreshold(scorer.artefact, spec);
  const head = object.startsWith(PREFIX) ? null : await reached(store.head(object));
  if (!head || head.size === 0) {
    const remedy = `Put it into the bucket first, outside of ${PREFIX}: npx wrangler r2 object put BUCKET/KEY --file FILE.`;
    throw new Problem(404, "object-unknown", head ? "The object is empty." : "There is no such object.", remedy);
  }
  const partBytes = partBytesOf(context.env);
  const batch: Batch = {
    id: crypto.randomUUID(),
    object,
    etag: head.etag,
    size: head.size,
    format,
    startedAt: Date.now(),
    partBytes,
    model: { name, version: version.version, sha256: version.sha256 },
    threshold: { spec, value },
  };
  const parts = partsOf(batch);
  if (parts > PARTS) {
    const detail = `The object is over ${(PARTS * partBytes) / 1e9} GB.`;
    throw new Problem(413, "rows-too-many", detail, "Cut it into several objects.");
  }
  if (format === "csv") await csvForm(store, batch, scorer.artefact.schema);
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
  try {
    await reached(writeProgress(store, progress));
    await reached(putJson(store, listKey(batch), {}));
    await reached(flow.create({ id: batch.id, params: batch }));
  } catch (fault) {
    // Or it is listed as queued for ever; a coordinator that was made nevertheless finds its batch cancelled.
    const gone = [progressKey(batch.id), listKey(batch)];
    await Promise.allSettled([putJson(store, cancelKey(batch.id), {}), store.delete(gone)]);
    throw fault;
  }
  context.header("location", `/v1/batches/${batch.id}`);
  return context.json(shown(progress), 202);
}

/** How far a batch is. */
export async function batchProgress(context: Context<AppEnv>, id: string): Promise<Response> {
  const { store, flow } = bound(context.env);
  return context.json(await current(flow, await readProgress(store, id)));
}

/** `GET /v1/batches?after=…`: the latest first, with a link to those before. */
export async function listBatches(context: Context<AppEnv>): Promise<Response> {
  const { store, flow } = bound(context.env);
  const remedy = "It takes after=…, once, as the link header of the page before has it.";
  const { after } = readQuery(context, BatchesQuery, remedy);
  const from = after ? { startAfter: `${LIST}${after}` } : {};
  const page = await reached(store.list({ prefix: LIST, limit: LISTED, ...from }));
  const names = page.objects.map(({ key }) => key.slice(LIST.length));
  if (page.truncated) context.header("link", `</v1/batches?after=${names.at(-1)}>; rel="next"`);
  const batches = names.map(async (name) => {
    const object = await reached(store.get(progressKey(name.slice(name.indexOf("-") + 1))));
    // Its objects may have been deleted since.
    return object === null ? [] : [await current(flow, await reached(object.json<Progress>()))];
  });
  return context.json({ batches: (await Promise.all(batches)).flat() });
}

/** Nothing more is scored from now on but what a consumer has just begun; results that are there can be fetched. */
export async function cancelBatch(context: Context<AppEnv>, id: string): Promise<Response> {
  const { store } = bound(context.env);
  const progress = await readProgress(store, id);
  if (isDone(progress)) return context.json(shown(progress));
  await reached(putJson(store, cancelKey(id), {}));
  return context.json(shown(await reached(countParts(store, progress.batch))));
}

async function current(flow: Workflow<Batch>, progress: Progress): Promise<object> {
  return { ...shown(progress), ...((await isStopped(flow, progress)) ? { state: "stopped" } : {}) };
}

/** Whether a batch's coordinator gave up, which would otherwise look like one at work. */
export async function isStopped(flow: Workflow<Batch>, progress: Progress): Promise<boolean> {
  if (isDone(progress)) return false;
  const status = await flow
    .get(progress.batch.id)
    .then((instance) => instance.status())
    .catch(() => undefined);
  return status?.status === "errored" || status?.status === "terminated";
}

/** @throws Problem 404, 503 */
export async function readProgress(store: R2Bucket, id: string): Promise<Progress> {
  const object = BATCH_ID.test(id) ? await reached(store.get(progressKey(id))) : null;
  if (object) return reached(object.json<Progress>());
  throw new Problem(404, "batch-unknown", "There is no such batch.", "POST /v1/batches starts one.");
}

function shown({ batch, ...counts }: Progress): object {
  const { id, object, format, model, threshold } = batch;
  const keys = isDone(counts) ? { manifest: manifestKey(id), results: `/v1/batches/${id}/results` } : {};
  const startedAt = new Date(batch.startedAt).toISOString();
  return { id, ...counts, object, format, startedAt, model, threshold, ...keys };
}
