/** Compressed bodies, undone as they come and never further than somebody reads. */
import { BODY_BYTES, COMPRESSION } from "./limits.ts";
import { bodyCoding, type Coding } from "./media.ts";
import { Problem } from "./problem.ts";

/** What a body is read by, compressed or not. */
export interface BodyReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(reason?: unknown): Promise<void>;
}

/** A request's body without its coding; undefined where there is none. @throws Problem 415 for a coding not known */
export function bodyReader({ body, headers }: Request): BodyReader | undefined {
  const coding = bodyCoding(headers);
  return body && coding ? new Decompressed(body, coding) : body?.getReader();
}

/** Bytes given to the decoder at a time. */
const SLICE = 1024;
/** What a slice may become at the most, by deflate's own bound of 1,032 bytes a byte, and what the decoder kept back. */
const ROOM = SLICE * 1032 + (1 << 16);

/**
 * workerd's DecompressionStream holds no sender back: it undoes all that it is given at once, 64 MiB out of 64 KiB. So
 * it gets a slice only when everything that came out before has been taken.
 */
class Decompressed implements BodyReader {
  readonly #body: ReadableStreamDefaultReader<Uint8Array>;
  readonly #reader: ReadableStreamBYOBReader;
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;
  #room = new ArrayBuffer(ROOM);
  /** Compressed bytes at hand, and how many of them the decoder has had. */
  #chunk: Uint8Array<ArrayBufferLike> = new Uint8Array();
  #at = 0;
  #ended = false;
  #taken = 0;
  #given = 0;

  constructor(body: ReadableStream<Uint8Array>, coding: Coding) {
    const decoder = new DecompressionStream(coding);
    this.#body = body.getReader();
    this.#reader = decoder.readable.getReader({ mode: "byob" });
    this.#writer = decoder.writable.getWriter();
  }

  /** @throws Problem 413 over COMPRESSION bytes a byte, 400 for bytes of no such coding; else as the body's stream does */
  async read(): Promise<{ done: boolean; value?: Uint8Array }> {
    let came = false;
    const reading = this.#reader.read(new Uint8Array(this.#room)).finally(() => (came = true));
    // its fault is thrown where it is waited for
    reading.catch(() => undefined);
    while (!came && !this.#ended) await this.#feed();
    const { done, value } = await reading.catch(() => {
      throw malformed();
    });
    if (done) return { done: true };
    this.#room = value.buffer as ArrayBuffer;
    this.#given += value.length;
    if (this.#given > BODY_BYTES && this.#given > COMPRESSION * this.#taken) throw tooDense();
    return { done: false, value: value.slice() };
  }

  cancel(reason?: unknown): Promise<void> {
    this.#reader.cancel(reason).catch(() => undefined);
    return this.#body.cancel(reason);
  }

  /** Gives the decoder the next slice, or the end. */
  async #feed(): Promise<void> {
    if (this.#at === this.#chunk.length) {
      const { done, value } = await this.#body.read();
      if (done) {
        this.#ended = true;
        // a fault is the reader's, too
        await this.#writer.close().catch(() => undefined);
        return;
      }
      [this.#chunk, this.#at] = [value, 0];
      return;
    }
    const slice = this.#chunk.slice(this.#at, this.#at + SLICE);
    this.#at += slice.length;
    this.#taken += slice.length;
    await this.#writer.write(slice).catch(() => {
      this.#ended = true;
    });
  }
}

function tooDense(): Problem {
  const detail = `The body is compressed more than ${COMPRESSION} times.`;
  return new Problem(413, "body-too-large", detail, "Send it in pieces of 4 MiB, or without content-encoding.");
}

function malformed(): Problem {
  const detail = "The body is not what its content-encoding says, or breaks off.";
  return new Problem(400, "body-malformed", detail, "Compress it whole, as one stream, and send it again.");
}
