/** What a body of rows says besides its rows, and where they lie, without the rows becoming objects. */

export interface Envelope {
  /** The body without its rows: `instances` is an empty list. */
  readonly fields: unknown;
  /** The first byte behind the bracket that opens the list of rows, and the one that closes it. */
  readonly start: number;
  readonly end: number;
}

const OPEN = 0x5b;
const CLOSE = 0x5d;
/** Bytes beside the rows, a threshold's name and a few blanks among them. */
const MOST = 512;

/**
 * The first list of a body up to the last bracket that closes one; undefined where it takes a whole parser to tell. There
 * is no other list beside it: where the fields have one as `instances`, it is the rows. What is in between is for the
 * reader of rows to know: it takes no brackets but its own.
 */
export function envelopeOf(bytes: Uint8Array): Envelope | undefined {
  const start = bytes.indexOf(OPEN) + 1;
  const end = bytes.lastIndexOf(CLOSE);
  if (start === 0 || end < start || start + bytes.length - end > MOST) return undefined;
  try {
    const text = UTF8.decode(bytes.subarray(0, start)) + UTF8.decode(bytes.subarray(end));
    return { fields: JSON.parse(text), start, end };
  } catch {
    return undefined;
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
