/** An ONNX graph as it is written down: nodes in order, constants, inputs and outputs, encoded at the end. */
import proto from "onnx-proto";

const { onnx } = proto;
const { AttributeType } = onnx.AttributeProto;
const { DataType } = onnx.TensorProto;

/** The operator sets the graphs need: LayerNormalization came with 17, and everything that runs ONNX today has it. */
const OPSETS = [
  { domain: "", version: 17 },
  { domain: "ai.onnx.ml", version: 3 },
];

/** The name of a tensor in the graph. */
export type Name = string;

export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly texts: readonly string[] };

export type Attributes = Readonly<Record<string, Attribute>>;

/** Element types of inputs and outputs. */
export type ElementType = "FLOAT" | "DOUBLE" | "STRING";

/** Records a graph; every method that makes a tensor gives its name. */
export class Graph {
  readonly #nodes: proto.onnx.INodeProto[] = [];
  readonly #constants: proto.onnx.ITensorProto[] = [];
  readonly #inputs: proto.onnx.IValueInfoProto[] = [];
  readonly #outputs: proto.onnx.IValueInfoProto[] = [];
  #count = 0;

  /** A matrix (rows, width) that the caller gives. */
  input(name: Name, type: ElementType, width: number): Name {
    this.#inputs.push(valueInfo(name, type, [width]));
    return name;
  }

  /** Gives a tensor out under a name: (rows) or (rows, width). */
  output(name: Name, from: Name, ...width: number[]): void {
    this.#nodes.push({ opType: "Identity", input: [from], output: [name] });
    this.#outputs.push(valueInfo(name, "FLOAT", width));
  }

  node(operation: string, inputs: readonly Name[], attributes: Attributes = {}): Name {
    return this.#node(operation, inputs, attributes, "");
  }

  /** A node of the operators for classical machine learning. */
  classicalNode(operation: string, inputs: readonly Name[], attributes: Attributes): Name {
    return this.#node(operation, inputs, attributes, "ai.onnx.ml");
  }

  /** A constant of single precision; a scalar without a shape. */
  floats(values: Float32Array | number, shape: readonly number[] = []): Name {
    return this.#constant(DataType.FLOAT, typeof values === "number" ? new Float32Array([values]) : values, shape);
  }

  /** A constant vector of double precision. */
  doubles(values: readonly number[]): Name {
    return this.#constant(DataType.DOUBLE, Float64Array.from(values), [values.length]);
  }

  /** A constant of whole numbers: a vector, or a scalar. */
  integers(values: readonly number[] | number): Name {
    const list = typeof values === "number" ? [values] : values;
    const shape = typeof values === "number" ? [] : [list.length];
    return this.#constant(DataType.INT64, BigInt64Array.from(list, BigInt), shape);
  }

  /** A constant vector of truth values. */
  booleans(values: readonly boolean[]): Name {
    return this.#constant(DataType.BOOL, Uint8Array.from(values, Number), [values.length]);
  }

  /** (rows, n) as (rows, n) of single precision. */
  toFloat(x: Name): Name {
    return this.node("Cast", [x], { to: { int: DataType.FLOAT } });
  }

  /** (rows, n) as (rows, n) of double precision. */
  toDouble(x: Name): Name {
    return this.node("Cast", [x], { to: { int: DataType.DOUBLE } });
  }

  /** The model file. */
  encode(metadata: Readonly<Record<string, string>>): Uint8Array {
    const model = onnx.ModelProto.create({
      irVersion: 8,
      producerName: "unseen",
      opsetImport: OPSETS,
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      graph: {
        name: "unseen",
        node: this.#nodes,
        initializer: this.#constants,
        input: this.#inputs,
        output: this.#outputs,
      },
    });
    return onnx.ModelProto.encode(model).finish();
  }

  #node(opType: string, inputs: readonly Name[], attributes: Attributes, domain: string): Name {
    const output = `v${this.#count++}`;
    const attribute = Object.entries(attributes).map(([name, value]) => toProto(name, value));
    this.#nodes.push({ opType, domain, input: [...inputs], output: [output], attribute });
    return output;
  }

  #constant(dataType: number, { buffer, byteOffset, byteLength }: ArrayBufferView, dims: readonly number[]): Name {
    const name = `c${this.#count++}`;
    const rawData = new Uint8Array(buffer, byteOffset, byteLength);
    this.#constants.push({ name, dims: [...dims], dataType, rawData });
    return name;
  }
}

function toProto(name: string, value: Attribute): proto.onnx.IAttributeProto {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  if ("int" in value) return { name, type: AttributeType.INT, i: value.int };
  if ("float" in value) return { name, type: AttributeType.FLOAT, f: value.float };
  if ("text" in value) return { name, type: AttributeType.STRING, s: bytes(value.text) };
  if ("ints" in value) return { name, type: AttributeType.INTS, ints: [...value.ints] };
  if ("floats" in value) return { name, type: AttributeType.FLOATS, floats: [...value.floats] };
  return { name, type: AttributeType.STRINGS, strings: value.texts.map(bytes) };
}

function valueInfo(name: Name, type: ElementType, widths: readonly number[]): proto.onnx.IValueInfoProto {
  const dim = [{ dimParam: "rows" }, ...widths.map((dimValue) => ({ dimValue }))];
  return { name, type: { tensorType: { elemType: DataType[type], shape: { dim } } } };
}
