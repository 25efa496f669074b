/** Near matches of a mistyped name, for errors that say what the user may have meant. */
import { list, nearest as near, quote } from "../model/names.ts";

/** The candidates most like `name`, each once, best first, at most three (see model/names.ts for what is near). */
export function nearest(name: string, candidates: Iterable<string>): string[] {
  return near(name, [...new Set(candidates)]);
}

/** The remedy for an unknown name: its near matches if there are any, else the first few names there are. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const all = [...new Set(candidates)];
  const close = near(name, all);
  const alike = close.find((other) => other !== name && other.normalize() === name.normalize());
  if (alike !== undefined) return `Did you mean ${quote(alike)}, which is written in other Unicode characters?`;
  if (close.length > 0) return `Did you mean ${close.map(quote).join(" or ")}?`;
  return all.length === 0 ? "There are none to choose from." : `There are: ${list(all, 12)}.`;
}
