/** The hardness book: how hard each seen family still is, and which ones an episode should therefore meet. */
import { type Draw, shuffled, unit } from "./draw.ts";

/** Weight of the newest measurement in the moving average. */
const MEMORY = 0.3;
/** Share of an episode's families drawn without regard to hardness, so that all are covered. */
const EASY_SHARE = 0.3;

export class HardnessBook {
  readonly #hardness: Map<string, number>;

  constructor(families: readonly string[]) {
    this.#hardness = new Map(families.map((family) => [family, 1]));
  }

  /** Records 1 − AUC of a family that an episode judged. */
  record(family: string, auc: number): void {
    const before = this.#hardness.get(family);
    if (before !== undefined) this.#hardness.set(family, (1 - MEMORY) * before + MEMORY * (1 - auc));
  }

  /** Hardness by family, from 0 (solved) to 1. */
  entries(): [string, number][] {
    return [...this.#hardness];
  }

  restore(entries: readonly (readonly [string, number])[]): void {
    for (const [family, hardness] of entries) this.#hardness.set(family, hardness);
  }

  /** `count` different families: mostly hard ones (in proportion to hardness), some at random. */
  choose(count: number, draw: Draw): string[] {
    const left = this.entries();
    const chosen: string[] = [];
    while (chosen.length < count && left.length > 0) {
      const even = unit(draw) < EASY_SHARE;
      const weights = left.map(([, hardness]) => (even ? 1 : hardness + 0.01));
      let place = unit(draw) * weights.reduce((sum, w) => sum + w, 0);
      let i = 0;
      while (i < left.length - 1 && (place -= weights[i]) >= 0) i++;
      chosen.push(left[i][0]);
      left.splice(i, 1);
    }
    return chosen;
  }
}

/** The roles of one episode: who plays inside (inner loop), outside (outer loop), and who is only judged. */
export interface Roles {
  readonly insideDomains: readonly number[];
  readonly outsideDomains: readonly number[];
  readonly outerFamilies: readonly string[];
  readonly judgedFamilies: readonly string[];
}

/**
 * Draws an episode's roles (8). With several domains about a third stay outside, so that the boundary is set on
 * normal rows the inner loop has not just fitted; with several families about a third are only judged: their
 * hardness is measured while the head is not fitted on them in this episode.
 */
export function drawRoles(domains: number, book: HardnessBook, draw: Draw): Roles {
  const order = shuffled(
    draw,
    Array.from({ length: domains }, (_, i) => i),
  );
  const outside = domains > 1 ? Math.max(1, Math.round(domains / 3)) : 0;
  const outsideDomains = outside > 0 ? order.slice(0, outside) : order;
  const insideDomains = order.slice(outside);
  const families = book.entries().map(([family]) => family);
  const judged = families.length > 2 ? Math.max(1, Math.round(families.length / 3)) : 0;
  const judgedFamilies = shuffled(draw, families).slice(0, judged);
  const rest = new HardnessBook(families.filter((family) => !judgedFamilies.includes(family)));
  rest.restore(book.entries().filter(([family]) => !judgedFamilies.includes(family)));
  const outerFamilies = rest.choose(OUTER_FAMILIES, draw);
  return { insideDomains, outsideDomains, outerFamilies, judgedFamilies: judged > 0 ? judgedFamilies : families };
}

/** Families the outer loop meets in one episode. */
export const OUTER_FAMILIES = 6;
