/** JSON that is nested deeper than any request, found before it costs anything. */
import { NESTED_BRACKETS, NESTED_DEPTH } from "./limits.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `[` and `{` are these with 0x20 set, and so are `]` and `}`. */
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * Whether a text with over NESTED_BRACKETS brackets that open has more than NESTED_DEPTH lists and objects inside each
 * other, brackets in strings not counted. What is no JSON may go either way; the parser says so.
 */
export function isTooDeep(text: string): boolean {
  if (openings(text, "[") + openings(text, "{") <= NESTED_BRACKETS) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      for (at++; at < text.length && text.charCodeAt(at) !== QUOTE; at++) if (text.charCodeAt(at) === BACKSLASH) at++;
    } else if ((code | 0x20) === OPEN) {
      if (++depth > NESTED_DEPTH) return true;
    } else if ((code | 0x20) === CLOSE) depth--;
  }
  return false;
}

/**
 * How often a bracket is there, counted no further than needed, by the engine's own search: a loop over every byte took
 * a quarter of a request's time without its scoring.
 */
function openings(text: string, bracket: string): number {
  if (text.length <= NESTED_BRACKETS) return 0;
  let many = 0;
  for (let at = text.indexOf(bracket); at >= 0 && many <= NESTED_BRACKETS; at = text.indexOf(bracket, at + 1)) many++;
  return many;
}
