/** The evidence network as ONNX nodes: distances, pieces and small networks from plain operators, trees as ensembles. */
import type { EvidenceShape } from "../../model/artefact.ts";
import { BELOW, EVIDENCE, type EvidenceName } from "../../model/evidence.ts";
import type { Name } from "./graph.ts";
import type { Layers } from "./layers.ts";
import { treeEnsemble } from "./trees.ts";

/** Logits (rows, 2) from x (rows, inputs), as `evidenceNetwork` of model/evidence.ts. */
export function evidenceLogits(layers: Layers, shape: EvidenceShape, x: Name): Name {
  const { graph } = layers;
  const beside = layers.linear(x, "gaussian");
  const together = (parts: readonly Name[]): Name => graph.node("Concat", [...parts], { axis: { int: 1 } });
  const [shallow, deep, isolation] = layers.values("forest.start");
  const standard = (name: EvidenceName, s: Name): Name => standardised(layers, s, name);
  // every kind of evidence as a column (rows, 1)
  const all: Readonly<Record<EvidenceName, Name>> = {
    gaussian: standard("gaussian", mahalanobis(layers, x, beside)),
    prototypes: standard("prototypes", nearest(layers, x)),
    residual: standard("residual", rebuilt(layers, x)),
    tails: standard("tails", layers.linear(expand(layers, x, "tails.expand"), "tails")),
    isolation: standard("isolation", treeEnsemble(layers, "isolation", x, isolation)),
    shallow: standard("shallow", treeEnsemble(layers, "shallow", x, shallow)),
    deep: standard("deep", treeEnsemble(layers, "deep", together([x, beside]), deep)),
    encoder: standard("encoder", members(layers, shape, expand(layers, x, "expand"))),
  };
  return layers.linear(together(EVIDENCE.map((name) => all[name])), "head");
}

/** clamp((x[column] − from)·scale, 0, 1) (rows, P) */
function expand(layers: Layers, x: Name, table: string): Name {
  const { graph } = layers;
  const pieces = layers.values(table);
  const part = (at: number): Float32Array => pieces.filter((_, i) => i % 3 === at);
  const [from, scale] = [part(1), part(2)].map((values) => graph.floats(values, [values.length]));
  const taken = graph.node("Gather", [x, graph.integers([...part(0)])], { axis: { int: 1 } });
  const scaled = graph.node("Mul", [graph.node("Sub", [taken, from]), scale]);
  return graph.node("Clip", [scaled, layers.scalar(0), layers.scalar(1)]);
}

/** Mean logit of the small networks. */
function members(layers: Layers, { members: many }: EvidenceShape, expanded: Name): Name {
  const { graph } = layers;
  const logits = Array.from({ length: many }, (_, i) => {
    const first = layers.gelu(layers.linear(expanded, `m${i}.in`));
    return layers.linear(layers.gelu(layers.linear(first, `m${i}.mid`)), `m${i}.out`, 1 / many);
  });
  return logits.reduce((sum, logit) => graph.node("Add", [sum, logit]));
}

/** √((x − μ)ᵀ·P·(x − μ)) from the conditional residuals r: terms may cancel, so they are summed in double precision. */
function mahalanobis(layers: Layers, x: Name, beside: Name): Name {
  const { graph } = layers;
  const offset = graph.node("Sub", [x, layers.constant("gaussian.mean")]);
  const factors = [offset, beside, layers.constant("gaussian.weight")].map((factor) => graph.toDouble(factor));
  const product = factors.reduce((left, right) => graph.node("Mul", [left, right]));
  const sum = graph.node("ReduceSum", [product, graph.integers([1])]);
  return graph.toFloat(graph.node("Sqrt", [graph.node("Max", [sum, graph.doubles([0])])]));
}

/** Distance to the prototype of the largest x·p − ‖p‖²/2, from the differences, times its scale. */
function nearest(layers: Layers, x: Name): Name {
  const { graph } = layers;
  const affinity = layers.linear(x, "prototypes");
  const best = graph.node("ArgMax", [affinity], { axis: { int: 1 }, keepdims: { int: 0 } });
  const prototype = graph.node("Gather", [layers.constant("prototypes.w"), best], { axis: { int: 0 } });
  const distance = graph.node("ReduceL2", [graph.node("Sub", [x, prototype])], { axes: { ints: [1] } });
  const scales = layers.values("prototypes.scale");
  const scale = graph.node("Gather", [graph.floats(scales, [scales.length, 1]), best], { axis: { int: 0 } });
  return graph.node("Mul", [distance, scale]);
}

/** ln(1 + mean squared residual of the autoencoder) */
function rebuilt(layers: Layers, x: Name): Name {
  const { graph } = layers;
  const wide = layers.gelu(layers.linear(x, "residual.in"));
  const again = layers.gelu(layers.linear(layers.linear(wide, "residual.code"), "residual.wide"));
  const difference = graph.node("Sub", [x, layers.linear(again, "residual.out")]);
  const square = graph.node("Mul", [difference, difference]);
  const mean = graph.node("ReduceMean", [square], { axes: { ints: [1] } });
  return graph.node("Log", [graph.node("Add", [mean, layers.scalar(1)])]);
}

/** arcsinh((s − centre)·scale), less below the centre, as `standardised` of model/evidence.ts. */
function standardised(layers: Layers, s: Name, name: EvidenceName): Name {
  const { graph } = layers;
  const i = EVIDENCE.indexOf(name);
  const offset = graph.node("Sub", [s, layers.scalar(layers.values("centre")[i])]);
  const z = graph.node("Asinh", [graph.node("Mul", [offset, layers.scalar(layers.values("scale")[i])])]);
  return graph.node("LeakyRelu", [z], { alpha: { float: BELOW } });
}
