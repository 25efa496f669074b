/** Layers of both networks as ONNX nodes, each with the arithmetic of the kernel's instruction of that name. */
import { UnseenError } from "../../model/errors.ts";
import type { Graph, Name } from "./graph.ts";

/** A weight of the model: its values and shape. */
export interface Weight {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

export type Weights = ReadonlyMap<string, Weight>;

/** @throws UnseenError artefact-malformed where the model lacks it */
function weight(weights: Weights, name: string): Weight {
  const found = weights.get(name);
  if (found) return found;
  throw new UnseenError("artefact-malformed", `tensor ${name} is missing`, "Train the model again.");
}

/** Writes layers into a graph, with the weights of one model; a weight used twice stands in the file once. */
export class Layers {
  readonly graph: Graph;
  readonly #weights: Weights;
  readonly #constants = new Map<string, Name>();

  constructor(graph: Graph, weights: Weights) {
    this.graph = graph;
    this.#weights = weights;
  }

  values(name: string): Float32Array {
    return weight(this.#weights, name).values;
  }

  /** A weight as a constant of the graph. */
  constant(name: string): Name {
    const { values, shape } = weight(this.#weights, name);
    return this.#once(name, values, shape);
  }

  /** factor · (x·Wᵀ + b) (rows, n) */
  linear(x: Name, name: string, factor = 1): Name {
    return this.graph.node("Gemm", [x, this.constant(`${name}.w`), this.constant(`${name}.b`)], {
      transB: { int: 1 },
      alpha: { float: factor },
      beta: { float: factor },
    });
  }

  /** x·Φ(x), in the words that runtimes fuse into one node. */
  gelu(x: Name): Name {
    const { graph } = this;
    return graph.node("Mul", [graph.node("Mul", [x, this.scalar(0.5)]), this.#erfAndOne(x)]);
  }

  /** Φ(x), the normal distribution. */
  normal(x: Name): Name {
    return this.graph.node("Mul", [this.#erfAndOne(x), this.scalar(0.5)]);
  }

  /** LayerNorm(x; γ, β) */
  layerNorm(x: Name, name: string): Name {
    return this.graph.node("LayerNormalization", [x, this.constant(`${name}.g`), this.constant(`${name}.b`)], {
      axis: { int: -1 },
      epsilon: { float: 1e-5 },
    });
  }

  scalar(value: number): Name {
    return this.#once(`scalar ${value}`, value);
  }

  #once(key: string, values: Float32Array | number, shape?: readonly number[]): Name {
    const constant = this.#constants.get(key) ?? this.graph.floats(values, shape);
    this.#constants.set(key, constant);
    return constant;
  }

  #erfAndOne(x: Name): Name {
    const { graph } = this;
    const erf = graph.node("Erf", [graph.node("Div", [x, this.scalar(Math.SQRT2)])]);
    return graph.node("Add", [erf, this.scalar(1)]);
  }
}
