/** How far a batch is: its parts counted from the result and failure objects that are there. */
import type { R2Bucket, R2Object, R2PutOptions } from "@cloudflare/workers-types";
import {
  type Batch,
  cancelKey,
  failuresPrefix,
  manifestKey,
  partOfKey,
  partsOf,
  progressKey,
  rangeOf,
} from "./batch.ts";
import { resultKey, resultsPrefix } from "./batch.ts";
import type { Counts } from "./part.ts";

export type State = "queued" | "running" | "complete" | "incomplete" | "cancelled";

/** What GET answers, kept beside the results. */
export interface Progress {
  readonly batch: Batch;
  readonly state: State;
  readonly parts: number;
  readonly partsDone: number;
  readonly partsFailed: number;
  /** Lines of parts done, the bad ones among them. */
  readonly rowsDone: number;
  readonly rowsBad: number;
  readonly anomalies: number;
}

/** A part of the manifest, in order of the object's bytes. */
export interface ManifestPart {
  readonly part: number;
  /** Bytes [from, to) of the object; the part has the lines that start there. */
  readonly from: number;
  readonly to: number;
  /** Where its answers are; absent where the part failed. */
  readonly key?: string;
  readonly rows?: number;
  readonly bad?: number;
  readonly failure?: { readonly code: string; readonly detail: string };
}

interface Found {
  readonly results: ReadonlyMap<number, Counts>;
  readonly failures: ReadonlyMap<number, { code: string; detail: string }>;
}

/** Results and failures there are, a part each at the most: a result wins over a failure of the same part. */
async function find(store: R2Bucket, { id }: Batch): Promise<Found> {
  const results = new Map<number, Counts>();
  const failures = new Map<number, { code: string; detail: string }>();
  for await (const { key, customMetadata = {} } of listAll(store, resultsPrefix(id))) {
    const { rows, bad, anomalies } = customMetadata;
    results.set(partOfKey(key), { rows: Number(rows), bad: Number(bad), anomalies: Number(anomalies) });
  }
  for await (const { key, customMetadata = {} } of listAll(store, failuresPrefix(id))) {
    const part = partOfKey(key);
    if (!results.has(part)) failures.set(part, { code: customMetadata.code, detail: customMetadata.detail });
  }
  return { results, failures };
}

/** Whether nothing more will be done. */
export const isDone = ({ state }: Pick<Progress, "state">): boolean => state !== "queued" && state !== "running";

/**
 * Counts, and writes what GET answers; with the last count, or where the batch was cancelled, the manifest first. The first
 * manifest stands: coordinator and cancelling may count at the same time, and each find other results.
 */
export async function countParts(store: R2Bucket, batch: Batch, { last = false } = {}): Promise<Progress> {
  const cancelled = (await store.head(cancelKey(batch.id))) !== null;
  const { results, failures } = await find(store, batch);
  const parts = partsOf(batch);
  const answered = results.size + failures.size === parts;
  const sum = (of: keyof Counts): number => [...results.values()].reduce((all, one) => all + one[of], 0);
  const finished = answered || last || cancelled;
  const progress: Progress = {
    batch,
    state: stateOf({ finished, complete: results.size === parts, cancelled: cancelled && !answered }),
    parts,
    partsDone: results.size,
    partsFailed: finished ? parts - results.size : failures.size,
    rowsDone: sum("rows"),
    rowsBad: sum("bad"),
    anomalies: sum("anomalies"),
  };
  const standing = finished ? await writeManifest(store, progress, { results, failures }) : progress;
  await writeProgress(store, standing);
  return standing;
}

function stateOf({ finished, complete, cancelled }: Record<"finished" | "complete" | "cancelled", boolean>): State {
  if (!finished) return "running";
  return complete ? "complete" : cancelled ? "cancelled" : "incomplete";
}

/** @returns the counts of the manifest that is there then */
async function writeManifest(store: R2Bucket, progress: Progress, { results, failures }: Found): Promise<Progress> {
  const { batch, parts: many } = progress;
  const lost =
    progress.state === "cancelled"
      ? { code: "cancelled", detail: "The batch was cancelled before the part was done." }
      : { code: "part-lost", detail: "The part had no answer in the time a batch has." };
  const parts = Array.from({ length: many }, (_, part): ManifestPart => {
    const counts = results.get(part);
    const place = { part, ...rangeOf(batch, part) };
    if (!counts) return { ...place, failure: failures.get(part) ?? lost };
    return { ...place, key: resultKey(batch.id, part), rows: counts.rows, bad: counts.bad };
  });
  const key = manifestKey(batch.id);
  if (await putJson(store, key, { ...progress, parts }, { onlyIf: { etagDoesNotMatch: "*" } })) return progress;
  const first = await (await store.get(key))?.json<Progress & { parts: readonly ManifestPart[] }>();
  return first ? { ...first, parts: first.parts.length } : progress;
}

export async function writeProgress(store: R2Bucket, progress: Progress): Promise<void> {
  await putJson(store, progressKey(progress.batch.id), progress);
}

/** @returns null where a condition among the options is not met */
export function putJson(
  store: R2Bucket,
  key: string,
  value: unknown,
  more: R2PutOptions = {},
): Promise<R2Object | null> {
  return store.put(key, JSON.stringify(value), { httpMetadata: { contentType: "application/json" }, ...more });
}

async function* listAll(store: R2Bucket, prefix: string): AsyncGenerator<R2Object> {
  let cursor: string | undefined;
  do {
    const page = await store.list({ prefix, include: ["customMetadata"], ...(cursor ? { cursor } : {}) });
    yield* page.objects;
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor);
}
