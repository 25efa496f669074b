/** PCGrad (Yu et al. 2020): gradients of several tasks, with only their conflicting components projected away. */
import { type Draw, shuffled } from "./draw.ts";

/**
 * The mean of the tasks' gradients after each was projected, in random order, onto the normal plane of every
 * other original gradient it conflicts with (negative inner product). Gradients that agree pass unchanged.
 */
export function pcgrad(gradients: readonly Float32Array[], draw: Draw): Float32Array {
  const sum = new Float32Array(gradients[0]?.length ?? 0);
  const norms = gradients.map((g) => inner(g, g));
  for (const [i, original] of gradients.entries()) {
    const g = Float64Array.from(original);
    const others = shuffled(
      draw,
      gradients.map((_, j) => j).filter((j) => j !== i),
    );
    for (const j of others) {
      const conflict = inner(g, gradients[j]);
      if (conflict >= 0 || norms[j] === 0) continue;
      const share = conflict / norms[j];
      for (let k = 0; k < g.length; k++) g[k] -= share * gradients[j][k];
    }
    for (let k = 0; k < g.length; k++) sum[k] += g[k] / gradients.length;
  }
  return sum;
}

function inner(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
