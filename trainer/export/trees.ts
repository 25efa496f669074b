/** Trees as one TreeEnsembleRegressor of ai.onnx.ml. */
import { UnseenError } from "../../model/errors.ts";
import type { ForestName } from "../../model/evidence.ts";
import type { Name } from "./graph.ts";
import type { Layers } from "./layers.ts";

/** Nodes of one ensemble at the most: a table in which trees share branches grows when each tree gets its own. */
const MOST_NODES = 4_000_000;

/** start + the sum of one leaf of every tree (rows, 1), over the columns of x. */
export function treeEnsemble(layers: Layers, kind: ForestName, x: Name, start: number): Name {
  const table = layers.values(`${kind}.nodes`);
  const tree: number[] = [];
  const id: number[] = [];
  const column: number[] = [];
  const value: number[] = [];
  const low: number[] = [];
  const high: number[] = [];
  const mode: string[] = [];
  const leafTree: number[] = [];
  const leafId: number[] = [];
  const leafValue: number[] = [];
  for (const [number, root] of layers.values(`${kind}.roots`).entries()) {
    // breadth first: a node's children get the next free numbers
    const places = [root];
    for (let own = 0; own < places.length; own++) {
      if (tree.length >= MOST_NODES) throw tooMany(kind);
      const [split, threshold, child] = table.subarray(3 * places[own], 3 * places[own] + 3);
      const leaf = split < 0;
      tree.push(number);
      id.push(own);
      column.push(leaf ? 0 : split);
      value.push(leaf ? 0 : threshold);
      low.push(leaf ? 0 : places.length);
      high.push(leaf ? 0 : places.length + 1);
      mode.push(leaf ? "LEAF" : "BRANCH_LEQ");
      if (leaf) {
        leafTree.push(number);
        leafId.push(own);
        leafValue.push(threshold);
      } else places.push(child, child + 1);
    }
  }
  return layers.graph.classicalNode("TreeEnsembleRegressor", [x], {
    n_targets: { int: 1 },
    base_values: { floats: [start] },
    nodes_treeids: { ints: tree },
    nodes_nodeids: { ints: id },
    nodes_featureids: { ints: column },
    nodes_values: { floats: value },
    nodes_truenodeids: { ints: low },
    nodes_falsenodeids: { ints: high },
    nodes_modes: { texts: mode },
    target_treeids: { ints: leafTree },
    target_nodeids: { ints: leafId },
    target_ids: { ints: leafTree.map(() => 0) },
    target_weights: { floats: leafValue },
  });
}

function tooMany(kind: string): UnseenError {
  const why = `the ${kind} trees have over ${MOST_NODES.toLocaleString("en")} nodes when each stands on its own`;
  return new UnseenError("network-limits", why, "Train a model with fewer trees.");
}
