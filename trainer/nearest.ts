/** Near matches of a mistyped name, for errors that say what the user may have meant. */

/** Names longer than this are compared by their beginning only. */
const LONGEST = 64;

/**
 * The candidates most like `name`, best first, at most three; case is ignored.
 *
 * A candidate counts as near when its edit distance (insertions, deletions, substitutions and swaps of neighbouring
 * letters, each 1) is at most a third of the longer name's length and at least 1, or when one name contains the
 * other and has three letters or more.
 */
export function nearest(name: string, candidates: Iterable<string>): string[] {
  const wanted = fold(name);
  const ranked: { candidate: string; distance: number }[] = [];
  for (const candidate of new Set(candidates)) {
    const other = fold(candidate);
    const distance = editDistance(wanted, other);
    const bound = Math.max(1, Math.floor(Math.max(wanted.length, other.length) / 3));
    const [short, long] = wanted.length < other.length ? [wanted, other] : [other, wanted];
    if (distance <= bound || (short.length >= 3 && long.includes(short)))
      ranked.push({ candidate, distance });
  }
  ranked.sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  return ranked.slice(0, 3).map((entry) => entry.candidate);
}

/** The remedy's sentence for an unknown name: near matches if there are any, else the first few names there are. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const all = [...new Set(candidates)];
  const near = nearest(name, all);
  if (near.length > 0) return `Did you mean ${near.map(quote).join(" or ")}?`;
  if (all.length === 0) return "There are none to choose from.";
  const shown = all.slice(0, 12).map(quote).join(", ");
  return `There are: ${shown}${all.length > 12 ? `, and ${all.length - 12} more` : ""}.`;
}

function fold(name: string): string {
  return name.trim().toLowerCase().slice(0, LONGEST);
}

function quote(name: string): string {
  return `"${name}"`;
}

/** Optimal string alignment distance, O(|a|·|b|). */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(substitute, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = above;
    above = row;
  }
  return above[b.length] ?? 0;
}
