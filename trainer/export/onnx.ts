/** A model as an ONNX file: preprocessing, network, softmax with temperature; thresholds and schema as metadata. */
import { type Artefact, tensorShapes } from "../../model/artefact.ts";
import { isEvidence } from "../../model/evidence.ts";
import { weightValues } from "../../model/tier.ts";
import { evidenceLogits } from "./evidence.ts";
import { Graph, type Name } from "./graph.ts";
import { Layers, type Weight } from "./layers.ts";
import { inputColumns, preprocessing } from "./preprocessing.ts";
import { odinStep, residualLogits } from "./residual.ts";

export interface OnnxOptions {
  /** Leave the preprocessing out: one input `x` (rows, inputs) of network inputs as model/encode.ts makes them. */
  readonly encoded?: boolean;
}

/**
 * The ONNX file of a model: output `score` (rows), anomaly scores in [0, 1] as the kernel gives them, to 1e-5.
 *
 * Inputs are `numbers` and `categories` as trainer/export/preprocessing.ts says, or `x`. Weights are written as single
 * precision, whatever the model file stores.
 *
 * @throws UnseenError network-limits where trees share so many branches that they cannot be written apart
 */
export function toOnnx(artefact: Artefact, { encoded = false }: OnnxOptions = {}): Uint8Array {
  const { network, schema, temperature, epsilon, thresholds, training, tensors } = artefact;
  const weights = new Map<string, Weight>();
  for (const [name, shape] of tensorShapes(network)) weights.set(name, { values: weightValues(tensors, name), shape });
  const graph = new Graph();
  const layers = new Layers(graph, weights);
  const x = encoded ? graph.input("x", "FLOAT", network.inputs) : preprocessing(graph, schema);
  const logits = logitsOf(layers, artefact, x);
  const cooled = graph.node("Div", [logits, layers.scalar(temperature)]);
  const probabilities = graph.node("Softmax", [cooled], { axis: { int: -1 } });
  graph.output("score", graph.node("Gather", [probabilities, graph.integers(1)], { axis: { int: 1 } }));
  const { numbers, categories } = inputColumns(schema);
  const text = (value: unknown): string => JSON.stringify(value);
  return graph.encode({
    ...(encoded ? {} : { numbers: text(numbers), categories: text(categories) }),
    schema: text(schema),
    thresholds: text(thresholds),
    temperature: text(temperature),
    epsilon: text(epsilon),
    training: text(training),
  });
}

function logitsOf(layers: Layers, { network, temperature, epsilon }: Artefact, x: Name): Name {
  if (isEvidence(network)) return evidenceLogits(layers, x, network);
  const stepped = epsilon > 0 ? odinStep(layers, network, x, temperature, epsilon) : x;
  return residualLogits(layers, network, stepped);
}
