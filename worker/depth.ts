/** JSON that is nested deeper than any request, found before it costs anything. */
import { NESTED_BYTES, NESTED_DEPTH } from "./limits.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `[` and `{` are these with 0x20 set, and so are `]` and `}`. */
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * Whether a text of over NESTED_BYTES opens more than NESTED_DEPTH lists and objects inside each other, brackets in
 * strings not counted. What is no JSON may go either way; the parser says so.
 */
export function isTooDeep(bytes: Uint8Array): boolean {
  if (bytes.length <= NESTED_BYTES) return false;
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
    } else if ((byte | 0x20) === OPEN) {
      if (++depth > NESTED_DEPTH) return true;
    } else if ((byte | 0x20) === CLOSE) depth--;
  }
  return false;
}
