/** What was learned as the tensors of an artefact. */
import type { EvidenceShape, Tensor } from "../../../model/artefact.ts";
import { evidenceShapes, FORESTS, POINTS, type Scale, SCALE } from "../../../model/evidence.ts";
import { floatTensor } from "../../../model/tensor.ts";
import type { Booster } from "../boosting/histogram-booster.ts";
import { stacked } from "../select.ts";
import { merged } from "./forests.ts";
import type { Head } from "./head.ts";
import type { Parts } from "./parts.ts";

/** Sizes of the network that the parts make. */
export function shapeOf({ relevance, tails, prototypes, references, ...parts }: Parts, inputs: number): EvidenceShape {
  const forest = (forests: readonly Booster[]): { trees: number; nodes: number } => {
    const { nodes, roots } = merged(forests);
    return { trees: roots.length, nodes: nodes.length / 3 };
  };
  const [shallow, deep, departure] = FORESTS.map((name) => forest(parts[name]));
  return {
    kind: "evidence",
    inputs,
    ...(relevance ? { weighted: true as const } : {}),
    tailKnots: tails.reduce((sum, { places }) => sum + places.length, 0),
    prototypeSets: prototypes.length,
    prototypes: prototypes[0].centres.rows,
    references: references.centres.rows,
    shallowTrees: shallow.trees,
    shallowNodes: shallow.nodes,
    deepTrees: deep.trees,
    deepNodes: deep.nodes,
    departureTrees: departure.trees,
    departureNodes: departure.nodes,
  };
}

/** The parts as the tensors of the artefact, in their fixed order. */
export function tensorsOf(
  shape: EvidenceShape,
  { gaussian, tails, ...parts }: Parts,
  scales: readonly Scale[],
  { weights, bias }: { weights: Float64Array; bias: number },
): Map<string, Tensor> {
  const values = new Map<string, ArrayLike<number>>();
  const knots = tails.flatMap((own, column) => [...own.places].flatMap((place, i) => [column, place, own.values[i]]));
  values.set("tails.knots", knots).set("relevance", parts.relevance ?? []);
  values.set("gaussian.w", gaussian.w).set("gaussian.b", gaussian.b);
  const meshes = { prototypes: parts.prototypes, references: [parts.references] };
  for (const name of POINTS) {
    const centres = stacked(
      meshes[name].map((set) => set.centres),
      shape.inputs,
    );
    const scale = meshes[name].flatMap((set) => [...set.scale]);
    values.set(`${name}.w`, centres.data).set(`${name}.scale`, scale);
    values.set(
      `${name}.b`,
      Float32Array.from({ length: centres.rows }, (_, i) => {
        const row = centres.data.subarray(i * centres.cols, (i + 1) * centres.cols);
        return -row.reduce((sum, x) => sum + x * x, 0) / 2;
      }),
    );
  }
  const forests = FORESTS.map((name) => ({ name, ...merged(parts[name]) }));
  for (const { name, nodes, roots } of forests) values.set(`${name}.nodes`, nodes).set(`${name}.roots`, roots);
  values.set(
    "forest.start",
    forests.map(({ start }) => start),
  );
  for (const name of SCALE)
    values.set(
      name,
      scales.map((scale) => scale[name]),
    );
  const { w, b } = headRows({ weights, bias });
  values.set("head.w", w).set("head.b", b);
  return new Map(
    [...evidenceShapes(shape)].map(([name, size]) => [
      name,
      floatTensor(Float32Array.from(values.get(name) ?? []), size),
    ]),
  );
}

/** A boundary as the softmax head's two rows, half of it in either: weights w (2, kinds) and bias b (2). */
export function headRows({ weights, bias }: Pick<Head, "weights" | "bias">): { w: Float32Array; b: Float32Array } {
  const half = Array.from(weights, (weight) => weight / 2);
  return { w: Float32Array.from([...half.map((weight) => -weight), ...half]), b: Float32Array.of(-bias / 2, bias / 2) };
}
