/** What was learned as the tensors of an artefact. */
import type { EvidenceShape, Tensor } from "../../../model/artefact.ts";
import { evidenceShapes, FORESTS } from "../../../model/evidence.ts";
import { floatTensor } from "../../../model/tensor.ts";
import { type Forest, merged, type Trees } from "./forests.ts";
import type { Mlp } from "../mlp.ts";
import type { TreeNodes } from "../tree-walk.ts";
import type { Parts } from "./parts.ts";
import type { Scale } from "./scale.ts";

/** Sizes of the network that the parts make. */
export function shapeOf(
  { tails, prototypes, rebuilder, shallow, deep, isolation }: Parts,
  inputs: number,
): EvidenceShape {
  const forest = (forests: readonly Forest[]): { trees: number; nodes: number } => {
    const { nodes, roots } = merged(forests);
    return { trees: roots.length, nodes: nodes.length / 3 };
  };
  const [small, large] = [forest(shallow), forest(deep)];
  return {
    kind: "evidence",
    inputs,
    tailKnots: tails.reduce((sum, { places }) => sum + places.length, 0),
    prototypes: prototypes.centres.rows,
    wide: rebuilder.wide,
    code: rebuilder.code,
    shallowTrees: small.trees,
    shallowNodes: small.nodes,
    deepTrees: large.trees,
    deepNodes: large.nodes,
    isolationTrees: isolation.roots.length,
    isolationNodes: isolation.column.length,
  };
}

/** The parts as the tensors of the artefact, in their fixed order. */
export function tensorsOf(
  shape: EvidenceShape,
  { gaussian, prototypes, rebuilder, tails, isolation, ...parts }: Parts,
  scales: readonly Scale[],
  { weights, bias }: { weights: Float64Array; bias: number },
): Map<string, Tensor> {
  const values = new Map<string, ArrayLike<number>>();
  const layer = (name: string, from: ReturnType<Mlp["inspect"]>, index: number): void => {
    for (const kind of ["w", "b"]) {
      const found = from.find((weight) => weight.name === `${index}.${kind}`);
      if (found) values.set(`${name}.${kind}`, found.value);
    }
  };
  const knots = tails.flatMap((own, column) => [...own.places].flatMap((place, i) => [column, place, own.values[i]]));
  values.set("tails.knots", knots);
  values.set("gaussian.w", gaussian.w).set("gaussian.b", gaussian.b);
  values.set("gaussian.mean", gaussian.mean).set("gaussian.weight", gaussian.weight);
  const { centres } = prototypes;
  values.set("prototypes.w", centres.data).set("prototypes.scale", prototypes.scale);
  values.set(
    "prototypes.b",
    Float32Array.from({ length: centres.rows }, (_, i) => {
      const row = centres.data.subarray(i * centres.cols, (i + 1) * centres.cols);
      return -row.reduce((sum, x) => sum + x * x, 0) / 2;
    }),
  );
  const [narrow, widen] = [rebuilder.narrow.inspect(), rebuilder.widen.inspect()];
  layer("residual.in", narrow, 1);
  layer("residual.code", narrow, 2);
  layer("residual.wide", widen, 1);
  layer("residual.out", widen, 2);
  const trees = { shallow: merged(parts.shallow), deep: merged(parts.deep), isolation: meanPath(isolation) };
  const forests = FORESTS.map((name) => ({ name, ...trees[name] }));
  for (const { name, nodes, roots } of forests) values.set(`${name}.nodes`, nodes).set(`${name}.roots`, roots);
  values.set(
    "forest.start",
    forests.map(({ start }) => start),
  );
  values.set(
    "centre",
    scales.map(({ centre }) => centre),
  );
  values.set(
    "scale",
    scales.map(({ scale }) => scale),
  );
  const half = Array.from(weights, (weight) => weight / 2);
  values.set("head.w", [...half.map((weight) => -weight), ...half]).set("head.b", [-bias / 2, bias / 2]);
  return new Map(
    [...evidenceShapes(shape)].map(([name, size]) => [
      name,
      floatTensor(Float32Array.from(values.get(name) ?? []), size),
    ]),
  );
}

/** The isolation forest, every leaf less its share of the mean path: short paths are anomalous. */
function meanPath({ roots, column, value, low }: TreeNodes): Trees {
  const nodes = new Float32Array(3 * column.length);
  for (let i = 0; i < column.length; i++) {
    nodes.set([column[i], column[i] < 0 ? -value[i] / roots.length : value[i], low[i]], 3 * i);
  }
  return { nodes, roots: Float32Array.from(roots), start: 0 };
}
