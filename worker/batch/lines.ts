/** The lines of a byte range: each line belongs to the range it starts in, so that ranges cut anywhere share none and lose none. */

const NEWLINE = 0x0a;

export interface Line {
  /** Where it starts in the object. */
  readonly at: number;
  /** Without its newline; undefined where its end is not within the bytes given. */
  readonly bytes: Uint8Array | undefined;
}

/**
 * Lines that start in [from, to) of an object.
 *
 * @param bytes of the object from `start` on, where `start` is `from` − 1, or 0 with `from`; up to as far behind `to` as
 * a line may be long, or to the object's end
 * @param size bytes of the whole object
 */
export function* linesOf(
  bytes: Uint8Array,
  { start, from, to, size }: { start: number; from: number; to: number; size: number },
): Generator<Line> {
  // The byte before the range says whether a line starts at its first.
  let at = from === 0 ? 0 : after(bytes.indexOf(NEWLINE, from - 1 - start), start);
  while (at < to) {
    const newline = bytes.indexOf(NEWLINE, at - start);
    const end = newline < 0 ? size - start : newline;
    yield { at, bytes: end <= bytes.length ? bytes.subarray(at - start, end) : undefined };
    at = after(newline, start);
  }
}

function after(newline: number, start: number): number {
  return newline < 0 ? Number.POSITIVE_INFINITY : start + newline + 1;
}
