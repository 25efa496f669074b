/** Lines out of chunks of bytes, none held longer than the limit whatever the sender does. */

/** Stands for a line over the limit: its bytes are passed over. */
export const TOO_LONG = Symbol("a line over the limit");

const LINE_FEED = 0x0a;

/** Takes chunks, gives lines without their line feeds. */
export class Lines {
  readonly #most: number;
  #chunk: Uint8Array = new Uint8Array();
  #at = 0;
  /** The beginning of a line whose end has not come, in a buffer that grows up to the limit. */
  #begun = new Uint8Array(1024);
  #length = 0;
  #tooLong = false;

  /** @param most bytes of a line */
  constructor(most: number) {
    this.#most = most;
  }

  /** Gives it the next chunk; the one before must have been read to its end. */
  feed(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** The next whole line; undefined where another chunk is needed. */
  next(): Uint8Array | typeof TOO_LONG | undefined {
    if (this.#at >= this.#chunk.length) return undefined;
    const end = this.#chunk.indexOf(LINE_FEED, this.#at);
    const piece = this.#chunk.subarray(this.#at, end < 0 ? this.#chunk.length : end);
    this.#at = end < 0 ? this.#chunk.length : end + 1;
    if (end >= 0 && this.#length === 0 && !this.#tooLong) return piece.length > this.#most ? TOO_LONG : piece;
    this.#hold(piece);
    return end < 0 ? undefined : this.#take();
  }

  /** What is left behind the last line feed; undefined where nothing is. */
  end(): Uint8Array | typeof TOO_LONG | undefined {
    return this.#length > 0 || this.#tooLong ? this.#take() : undefined;
  }

  #hold(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#most) this.#tooLong = true;
    if (this.#tooLong) return;
    if (length > this.#begun.length) {
      const larger = new Uint8Array(Math.min(this.#most, Math.max(length, 2 * this.#begun.length)));
      larger.set(this.#begun.subarray(0, this.#length));
      this.#begun = larger;
    }
    this.#begun.set(piece, this.#length);
    this.#length = length;
  }

  /** The line that has been held; good until the next call. */
  #take(): Uint8Array | typeof TOO_LONG {
    const line = this.#tooLong ? TOO_LONG : this.#begun.subarray(0, this.#length);
    this.#length = 0;
    this.#tooLong = false;
    return line;
  }
}
