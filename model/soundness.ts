/** Searches weights for what no network may have: by the kernel, which is fast from its first call on, or without one. */
import type { Kernel } from "./kernel.ts";

/** Each gives the place of a wrong value, or −1. */
export interface Searches {
  /** The first value that is infinite or none. */
  notFinite(values: Float32Array): number;
  /** The first of every `step`-th value that is no whole number from 0 to `most`. */
  notWhole(values: Float32Array, step: number, most: number): number;
  /**
   * In trees (nodes, 3): a column that is not −1 nor within `columns`, a child that does not lie behind its parent or
   * within the nodes; or the second value of a node with more than `most` leaves below it, shared ones counted anew.
   */
  wrongNode(nodes: Float32Array, columns: number, most: number): number;
}

/** For who has no kernel at hand. */
export const SEARCHES: Searches = {
  notFinite: (values) => values.findIndex((value) => !Number.isFinite(value)),
  notWhole: (values, step, most) => values.findIndex((value, i) => i % step === 0 && !isWhole(value, 0, most)),
  wrongNode: (nodes, columns, most) => {
    const count = nodes.length / 3;
    const leaves = new Uint8Array(count).fill(1);
    for (let i = count - 1; i >= 0; i--) {
      const column = nodes[3 * i];
      const low = nodes[3 * i + 2];
      if (column === -1) continue;
      if (!isWhole(column, 0, columns - 1)) return 3 * i;
      if (!isWhole(low, i + 1, count - 2)) return 3 * i + 2;
      const below = leaves[low] + leaves[low + 1];
      if (below > most) return 3 * i + 1;
      leaves[i] = below;
    }
    return -1;
  },
};

/** The same searches in a kernel. A fresh isolate would spend most of its start on them otherwise. */
export function searchesIn(kernel: Kernel): Searches {
  const put = (values: Float32Array, beside = 0): number => {
    const at = kernel.scratch(values.length + beside);
    kernel.floats(at, values.length).set(values);
    return at;
  };
  return {
    notFinite: (values) => kernel.functions.notFinite(put(values), values.length),
    notWhole: (values, step, most) => kernel.functions.notWhole(put(values), values.length, step, most),
    wrongNode: (nodes, columns, most) => {
      const count = nodes.length / 3;
      const at = put(nodes, Math.ceil(count / 4));
      return kernel.functions.wrongNode(at, count, columns, most, at + 4 * nodes.length);
    },
  };
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
