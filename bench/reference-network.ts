/** The reference network with random weights, for our kernel and as ONNX for its peers. */
import proto from "onnx-proto";
import type { ResidualShape } from "../model/artefact.ts";
import { weightShapes } from "../model/network.ts";
import { drawFor, gaussian } from "../trainer/learn/draw.ts";

const { onnx } = proto;

export const REFERENCE: ResidualShape = { inputs: 77, hidden: 256, blocks: 3, latent: 128 };

export type Weights = ReadonlyMap<string, { shape: readonly number[]; values: Float32Array }>;

export function referenceWeights(shape: ResidualShape, seed: number): Weights {
  const draw = drawFor(seed, 0);
  const weights = new Map<string, { shape: readonly number[]; values: Float32Array }>();
  for (const [name, dims] of weightShapes(shape)) {
    const [n, k] = dims;
    const size = k ? 1 / Math.sqrt(k) : 0.1;
    const start = name.includes("ln") && name.endsWith(".g") ? 1 : 0;
    const values = Float32Array.from({ length: n * (k ?? 1) }, () => start + size * gaussian(draw));
    weights.set(name, { shape: dims, values });
  }
  return weights;
}

/** The same network as ONNX (opset 17): x (rows, D) → probabilities (rows, 2). */
export function toOnnx(shape: ResidualShape, weights: Weights): Uint8Array {
  const { FLOAT } = onnx.TensorProto.DataType;
  const nodes: proto.onnx.INodeProto[] = [];
  const constants: proto.onnx.ITensorProto[] = [];
  const constant = (name: string, dims: readonly number[], values: Float32Array): string => {
    constants.push({ name, dims: [...dims], dataType: FLOAT, rawData: new Uint8Array(values.buffer) });
    return name;
  };
  for (const [name, { shape: dims, values }] of weights) constant(name, dims, values);
  constant("half", [], new Float32Array([0.5]));
  constant("one", [], new Float32Array([1]));
  constant("root2", [], new Float32Array([Math.SQRT2]));
  let count = 0;
  const node = (opType: string, input: string[], attribute: proto.onnx.IAttributeProto[] = []): string => {
    const output = `v${count++}`;
    nodes.push({ opType, input, output: [output], attribute });
    return output;
  };
  const { INT, FLOAT: REAL } = onnx.AttributeProto.AttributeType;
  const linear = (x: string, name: string): string =>
    node("Gemm", [x, `${name}.w`, `${name}.b`], [{ name: "transB", type: INT, i: 1 }]);
  const gelu = (x: string): string => {
    const erf = node("Erf", [node("Div", [x, "root2"])]);
    return node("Mul", [node("Mul", [x, "half"]), node("Add", [erf, "one"])]);
  };
  const norm = (x: string, name: string): string =>
    node(
      "LayerNormalization",
      [x, `${name}.g`, `${name}.b`],
      [
        { name: "axis", type: INT, i: -1 },
        { name: "epsilon", type: REAL, f: 1e-5 },
      ],
    );
  let h = gelu(linear("x", "in"));
  for (let i = 0; i < shape.blocks; i++) {
    const a = linear(gelu(norm(h, `b${i}.ln1`)), `b${i}.fc1`);
    const b = linear(gelu(norm(a, `b${i}.ln2`)), `b${i}.fc2`);
    h = node("Add", [h, node("Mul", [b, "half"])]);
  }
  const logits = linear(gelu(norm(linear(h, "out"), "head.ln")), "head");
  nodes.push({
    opType: "Softmax",
    input: [logits],
    output: ["probabilities"],
    attribute: [{ name: "axis", type: INT, i: -1 }],
  });
  const tensor = (name: string, width: number): proto.onnx.IValueInfoProto => ({
    name,
    type: { tensorType: { elemType: FLOAT, shape: { dim: [{ dimParam: "rows" }, { dimValue: width }] } } },
  });
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }],
    graph: {
      name: "unseen",
      node: nodes,
      initializer: constants,
      input: [tensor("x", shape.inputs)],
      output: [tensor("probabilities", 2)],
    },
  }).finish();
}
