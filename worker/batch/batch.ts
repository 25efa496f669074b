/** What a batch is: an object of rows in R2, cut into parts by bytes; a part is a message, and a result object. */
import * as z from "zod/mini";
import { MODEL_NAME } from "../../model/pointer.ts";

// Workers may not make code out of text.
z.config({ jitless: true });

/** Bytes of a part: short rows make some 10⁵ of it, a few seconds of CPU and some 15 MB of results. */
export const PART_BYTES = 2 * 1024 * 1024;
/** Bytes of a part's answers: until they are written they are held, twice for a moment, of an isolate's 128 MB. */
export const ANSWER_BYTES = 32 * 1024 * 1024;
/** Parts of a batch: some 50 GB, within the steps a Workflow may take. */
export const PARTS = 25_000;
/** Where a Worker keeps what belongs to batches; objects to score lie anywhere else in the bucket. */
export const PREFIX = "batches/";

export const BATCH_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Everything that decides a batch's results, fixed when it starts. */
const Batch = z.strictObject({
  id: z.string().check(z.regex(BATCH_ID)),
  object: z.string().check(z.minLength(1), z.maxLength(1024)),
  /** Of the object as it was at the start: a part of another one is refused. */
  etag: z.string().check(z.minLength(1)),
  /** Bytes of the object. */
  size: z.int().check(z.minimum(1)),
  format: z.enum(["ndjson", "csv"]),
  /** Milliseconds since 1970. */
  startedAt: z.int(),
  partBytes: z.int().check(z.minimum(1)),
  model: z.strictObject({
    name: z.string().check(z.regex(MODEL_NAME)),
    version: z.int().check(z.minimum(1)),
    sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  }),
  threshold: z.strictObject({ spec: z.union([z.string().check(z.maxLength(64)), z.number()]), value: z.number() }),
});
export type Batch = z.infer<typeof Batch>;

/** A message of the queue, which holds all its part needs. */
const Part = z.strictObject({ batch: Batch, part: z.int().check(z.minimum(0), z.maximum(PARTS)) });
export type Part = z.infer<typeof Part>;

/** Reads a message. @returns undefined where it is none of ours */
export function readPart(body: unknown): Part | undefined {
  const { data } = Part.safeParse(body);
  return data && data.part < partsOf(data.batch) ? data : undefined;
}

export const partsOf = ({ size, partBytes }: Pick<Batch, "size" | "partBytes">): number => Math.ceil(size / partBytes);

/** Bytes [from, to) of a part; it owns the lines that start there. */
export function rangeOf({ size, partBytes }: Batch, part: number): { from: number; to: number } {
  return { from: part * partBytes, to: Math.min(size, (part + 1) * partBytes) };
}

const padded = (part: number): string => String(part).padStart(6, "0");

/** Keys in the bucket. A part has one result key, so that doing it twice leaves one result. */
export const resultsPrefix = (id: string): string => `${PREFIX}${id}/results/`;
export const resultKey = (id: string, part: number): string => `${resultsPrefix(id)}${padded(part)}.ndjson`;
export const failuresPrefix = (id: string): string => `${PREFIX}${id}/failures/`;
export const failureKey = (id: string, part: number): string => `${failuresPrefix(id)}${padded(part)}.json`;
export const progressKey = (id: string): string => `${PREFIX}${id}/progress.json`;
export const manifestKey = (id: string): string => `${PREFIX}${id}/manifest.json`;
/** Is there once a batch was cancelled: nothing more of it is done. */
export const cancelKey = (id: string): string => `${PREFIX}${id}/cancelled.json`;
/** Where batches are listed, the one started last first. */
export const LIST = `${PREFIX}list/`;
export const listKey = ({ id, startedAt }: Pick<Batch, "id" | "startedAt">): string =>
  `${LIST}${String(FAR - startedAt).padStart(14, "0")}-${id}`;
/** A time beyond all that are listed, in milliseconds. */
const FAR = 1e14 - 1;
/** A dead letter that is no part of any batch. */
export const deadLetterKey = (messageId: string): string => `${PREFIX}dead-letters/${messageId}.json`;

/** The part a result or failure key is of. */
export const partOfKey = (key: string): number => Number(/(\d{6})\.\w+$/.exec(key)?.[1]);
