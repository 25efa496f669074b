/** Names from callers and files as messages show them: shortened, quoted, and with the near matches. */

/** Longest part of a name a message repeats or a comparison reads; names may come from an attacker. */
const LONGEST = 64;
/** Most edits between two near names. */
const FARTHEST = 4;

/** A name between double quotes, control characters escaped, cut after 64 characters. */
export function quote(name: string): string {
  return JSON.stringify(shorten(name));
}

/** A name cut after 64 characters. */
export function shorten(name: string): string {
  return name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name;
}

/** The first few names, quoted, and how many more there are. */
export function list(names: readonly string[], most: number): string {
  const shown = names.slice(0, most).map(quote).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/**
 * The candidates most like `name`, best first, at most `most`; case and surrounding blanks are ignored.
 *
 * Near means an edit distance of at most a third of the name's length (rounded up, no more than 4),
 * or that one of the two contains the other and has at least three letters.
 * Takes O(64·9) steps a candidate, so that a request cannot buy much work with a wrong name.
 */
export function nearest(name: string, candidates: readonly string[], most = 3): string[] {
  const wanted = fold(name);
  const bound = Math.min(FARTHEST, Math.ceil(wanted.length / 3));
  const ranked: { candidate: string; distance: number }[] = [];
  for (const candidate of candidates) {
    const other = fold(candidate);
    const distance = editDistance(wanted, other, bound);
    if (distance <= bound || within(wanted, other) || within(other, wanted)) {
      ranked.push({ candidate, distance });
    }
  }
  ranked.sort((a, b) => a.distance - b.distance);
  return ranked.slice(0, most).map((entry) => entry.candidate);
}

function fold(name: string): string {
  return name.slice(0, LONGEST).normalize().trim().toLowerCase();
}

function within(part: string, whole: string): boolean {
  return part.length >= 3 && whole.includes(part);
}

/** Insertions, deletions and substitutions from a to b; bound + 1 where there are more than `bound`. */
function editDistance(a: string, b: string, bound: number): number {
  const far = bound + 1;
  if (Math.abs(a.length - b.length) > bound) return far;
  let above = Array.from({ length: b.length + 1 }, (_, j) => Math.min(j, far));
  let row = above.map(() => far);
  for (let i = 1; i <= a.length; i++) {
    // only cells within `bound` of the diagonal can hold a distance within `bound`
    const first = Math.max(1, i - bound);
    const last = Math.min(b.length, i + bound);
    row[first - 1] = first === 1 ? Math.min(i, far) : far;
    for (let j = first; j <= last; j++) {
      const substituted = above[j - 1] + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1);
      row[j] = Math.min(substituted, above[j] + 1, row[j - 1] + 1, far);
    }
    if (last < b.length) row[last + 1] = far;
    [above, row] = [row, above];
  }
  return above[b.length];
}
