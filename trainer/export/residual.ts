/** The published network as ONNX nodes: encoder, head, and the ODIN step with its backward pass written out. */
import type { ResidualShape } from "../../model/artefact.ts";
import type { Name } from "./graph.ts";
import type { Layers } from "./layers.ts";

/** One layer's way back: the gradient to its input from the gradient to its output. */
type Back = (gradient: Name) => Name;

/** Logits (rows, 2) from x (rows, D), as `residualNetwork` of model/network.ts. */
export function residualLogits(layers: Layers, shape: ResidualShape, x: Name): Name {
  return forward(layers, shape, x).logits;
}

/**
 * x̃ = x + ε·sign(∇_x log S_ŷ(x; T)), equation (3). ONNX has no gradients, so the layers' are written out: the same
 * formulas as assembly/activation.ts has.
 */
export function odinStep(layers: Layers, shape: ResidualShape, x: Name, temperature: number, epsilon: number): Name {
  const { graph } = layers;
  const { logits, back } = forward(layers, shape, x);
  const scores = graph.node("Softmax", [graph.node("Div", [logits, layers.scalar(temperature)])], {
    axis: { int: -1 },
  });
  // ∇_ℓ log S_ŷ = (1[i = ŷ] − S_i)/T, and of two classes the likelier one is the one above a half
  const likelier = graph.toFloat(graph.node("Greater", [scores, layers.scalar(0.5)]));
  const dLogits = graph.node("Div", [graph.node("Sub", [likelier, scores]), layers.scalar(temperature)]);
  const dx = back.reduceRight((gradient, step) => step(gradient), dLogits);
  return graph.node("Add", [x, graph.node("Mul", [graph.node("Sign", [dx]), layers.scalar(epsilon)])]);
}

function forward(layers: Layers, { blocks }: ResidualShape, x: Name): { logits: Name; back: Back[] } {
  const { graph } = layers;
  const back: Back[] = [];
  const linear = (value: Name, name: string, factor = 1, steps = back): Name => {
    steps.push((gradient) => {
      const through = graph.node("MatMul", [gradient, layers.constant(`${name}.w`)]);
      return factor === 1 ? through : graph.node("Mul", [through, layers.scalar(factor)]);
    });
    return layers.linear(value, name, factor);
  };
  const gelu = (value: Name, steps = back): Name => {
    steps.push((gradient) => geluBackward(layers, value, gradient));
    return layers.gelu(value);
  };
  const norm = (value: Name, name: string, steps = back): Name => {
    steps.push((gradient) => layerNormBackward(layers, value, name, gradient));
    return layers.layerNorm(value, name);
  };
  let h = gelu(linear(x, "in"));
  for (let i = 0; i < blocks; i++) {
    const inside: Back[] = [];
    const a = linear(gelu(norm(h, `b${i}.ln1`, inside), inside), `b${i}.fc1`, 1, inside);
    const b = linear(gelu(norm(a, `b${i}.ln2`, inside), inside), `b${i}.fc2`, 0.5, inside);
    back.push((gradient) => graph.node("Add", [gradient, inside.reduceRight((inner, step) => step(inner), gradient)]));
    h = graph.node("Add", [h, b]);
  }
  const logits = linear(gelu(norm(linear(h, "out"), "head.ln")), "head");
  return { logits, back };
}

/** dx = dy · (Φ(x) + x·φ(x)) */
function geluBackward(layers: Layers, x: Name, gradient: Name): Name {
  const { graph } = layers;
  const square = graph.node("Mul", [graph.node("Mul", [x, x]), layers.scalar(-0.5)]);
  const density = graph.node("Mul", [graph.node("Exp", [square]), layers.scalar(1 / Math.sqrt(2 * Math.PI))]);
  const slope = graph.node("Add", [layers.normal(x), graph.node("Mul", [x, density])]);
  return graph.node("Mul", [gradient, slope]);
}

/** dx = (g − mean(g) − x̂·mean(g·x̂))/σ with g = dy·γ, x̂ = (x − μ)/σ */
function layerNormBackward(layers: Layers, x: Name, name: string, gradient: Name): Name {
  const { graph } = layers;
  const mean = (value: Name): Name => graph.node("ReduceMean", [value], { axes: { ints: [-1] } });
  const centred = graph.node("Sub", [x, mean(x)]);
  const variance = mean(graph.node("Mul", [centred, centred]));
  const deviation = graph.node("Sqrt", [graph.node("Add", [variance, layers.scalar(1e-5)])]);
  const standard = graph.node("Div", [centred, deviation]);
  const g = graph.node("Mul", [gradient, layers.constant(`${name}.g`)]);
  const along = graph.node("Mul", [standard, mean(graph.node("Mul", [g, standard]))]);
  return graph.node("Div", [graph.node("Sub", [graph.node("Sub", [g, mean(g)]), along]), deviation]);
}
