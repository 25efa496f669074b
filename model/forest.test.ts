import { expect, test } from "vitest";
import { stream } from "../test/fixtures/artefact.ts";
import { kernelModule } from "../trainer/learn/engine.ts";
import { forestTable, MOST_LEAVES } from "./forest.ts";
import { Kernel } from "./kernel.ts";

const INPUTS = 5;
const ROWS = 21;

/** Nodes whose children lie close behind, many of them shared: some trees are a leaf, some have as many as may be. */
function randomForest(next: () => number, nodes: number, trees: number) {
  const whole = (most: number): number => Math.floor(next() * most);
  const table = new Float32Array(3 * nodes);
  const leaves = new Uint8Array(nodes).fill(1);
  for (let i = nodes - 1; i >= 0; i--) {
    const low = Math.min(nodes - 2, i + 1 + whole(4));
    const below = leaves[low] + leaves[low + 1];
    const leaf = i + 2 >= nodes || below > MOST_LEAVES || next() < 0.2;
    table.set([leaf ? -1 : whole(2 * INPUTS), 2 * next() - 1, leaf ? 0 : low], 3 * i);
    if (!leaf) leaves[i] = below;
  }
  expect(Math.max(...leaves)).toBeGreaterThan(MOST_LEAVES - 4);
  return { nodes: table, roots: Float32Array.from({ length: trees }, () => whole(nodes)) };
}

test.each([1, 2, 3])(
  "forests give every row the sum of its leaves, whatever the trees' sizes and the batch (%i)",
  (seed) => {
    const next = stream(seed);
    const { nodes, roots } = randomForest(next, 120, 60);
    const kernel = new Kernel(kernelModule("score"));
    const table = forestTable(kernel, nodes, roots, 2 * INPUTS);
    const stride = kernel.functions.stride(INPUTS);
    const [x, r, out] = [kernel.allocate(ROWS * stride), kernel.allocate(ROWS * stride), kernel.allocate(ROWS)];
    const run = kernel.compile([["FOREST", x, INPUTS, r, table, { float: 0.5 }, out]]);
    const rows = Array.from({ length: ROWS }, () => Float32Array.from({ length: 2 * INPUTS }, () => 2 * next() - 1));
    const wanted = rows.map((row) =>
      roots.reduce((sum, root) => {
        let node = root;
        while (nodes[3 * node] >= 0) node = nodes[3 * node + 2] + (row[nodes[3 * node]] <= nodes[3 * node + 1] ? 0 : 1);
        return sum + nodes[3 * node + 1];
      }, 0.5),
    );
    const write = (row: Float32Array, i: number): void => {
      kernel.floats(x + 4 * i * stride, INPUTS).set(row.subarray(0, INPUTS));
      kernel.floats(r + 4 * i * stride, INPUTS).set(row.subarray(INPUTS));
    };
    rows.forEach(write);
    run(ROWS);
    const together = kernel.floats(out, ROWS).slice();
    for (const [i, value] of together.entries()) expect(Math.abs(value - wanted[i])).toBeLessThan(1e-4);
    const alone = rows.map((row) => {
      write(row, 0);
      run(1);
      return kernel.floats(out, 1)[0];
    });
    expect(alone).toEqual([...together]);
  },
);
