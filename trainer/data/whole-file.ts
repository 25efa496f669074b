/** A file read to its end before anything is made of it: DuckDB takes gzip that is cut short for all there is. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { PassThrough, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { messageOf, UnseenError } from "../../model/errors.ts";
import { isGzip } from "./header.ts";
import type { SourceFile } from "./scan.ts";

/** Bytes decompressed at a time. */
const CHUNK_BYTES = 1 << 18;

/**
 * Hex sha256 of a file's bytes, streamed; gzip is decompressed on the way.
 *
 * @throws UnseenError data-unreadable for gzip that is cut short or damaged, and what opening the file throws
 */
export async function fileSha256({ path, name }: SourceFile): Promise<string> {
  const hash = createHash("sha256");
  const hashed = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const content = isGzip(path, name) ? createGunzip({ chunkSize: CHUNK_BYTES }) : new PassThrough();
  try {
    await pipeline(createReadStream(path), hashed, content, new Writable({ write: (_chunk, _how, done) => done() }));
  } catch (cause) {
    throw new UnseenError(
      "data-unreadable",
      `${name} cannot be read to its end: ${messageOf(cause)}.`,
      "Copy, download or compress the file again.",
      { file: name },
    );
  }
  return hash.digest("hex");
}
