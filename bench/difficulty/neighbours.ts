/** Distance to the normal manifold: how far a row lies from its fifth nearest normal training row. */

import type { Vector } from "./table.ts";

const NEIGHBOURS = 5;

/** Euclidean distance to the fifth nearest of `train`. */
export function fifthNearest(train: readonly Vector[], query: Vector): number {
  const nearest = new Float64Array(NEIGHBOURS).fill(Infinity); // squared, ascending
  let worst = Infinity;
  for (const row of train) {
    let squared = 0;
    for (let col = 0; col < query.length && squared < worst; col++) {
      const difference = (row[col] ?? 0) - (query[col] ?? 0);
      squared += difference * difference;
    }
    if (squared >= worst) continue;
    let place = NEIGHBOURS - 1;
    for (; place > 0 && (nearest[place - 1] ?? 0) > squared; place--) {
      nearest[place] = nearest[place - 1] ?? 0;
    }
    nearest[place] = squared;
    worst = nearest[NEIGHBOURS - 1] ?? Infinity;
  }
  return Math.sqrt(worst);
}
