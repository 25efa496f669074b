/** The feature schema as ONNX nodes: numbers and categories in, network inputs out, as model/encode.ts makes them. */
import { columnsOf } from "../../model/encode.ts";
import { type CategoricalFeature, type Feature, NATURAL, type Schema } from "../../model/schema.ts";
import type { Graph, Name } from "./graph.ts";

/** Names of the features by the input of the graph that holds them, in the order of its columns. */
export interface InputColumns {
  readonly numbers: readonly string[];
  readonly categories: readonly string[];
}

type NumberFeature = Exclude<Feature, CategoricalFeature>;

const isCategorical = (feature: Feature): feature is CategoricalFeature => feature.kind === "categorical";

export function inputColumns({ features }: Schema): InputColumns {
  const named = (wanted: boolean): string[] =>
    features.filter((feature) => isCategorical(feature) === wanted).map(({ name }) => name);
  return { numbers: named(false), categories: named(true) };
}

/**
 * x (rows, inputs) from two inputs, each there where the schema has such features:
 * - `numbers` (rows, N) of doubles: numeric and boolean features in schema order, NaN is missing;
 * - `categories` (rows, C) of strings: categorical features; what is none of a feature's values counts as "other",
 *   missing included.
 */
export function preprocessing(graph: Graph, { features }: Schema): Name {
  const numbers = features.filter((feature) => !isCategorical(feature));
  const categories = features.filter(isCategorical);
  const parts: Name[] = [];
  if (numbers.length > 0) parts.push(scaled(graph, numbers));
  if (categories.length > 0) {
    const given = graph.input("categories", "STRING", categories.length);
    parts.push(...categories.map((feature, i) => oneHot(graph, given, i, feature)));
  }
  const together = parts.length === 1 ? parts[0] : graph.node("Concat", parts, { axis: { int: 1 } });
  // numbers stand before categories there: take the columns in schema order
  const order: number[] = [];
  let nextNumber = 0;
  let nextCategory = numbers.length;
  for (const feature of features) {
    if (!isCategorical(feature)) order.push(nextNumber++);
    else for (let j = 0; j < columnsOf(feature); j++) order.push(nextCategory++);
  }
  if (order.every((column, i) => column === i)) return together;
  return graph.node("Gather", [together, graph.integers(order)], { axis: { int: 1 } });
}

/**
 * (x′ − center)/scale clipped to ±clip, x′ the value or its signed log, from an origin and in a unit or not; in double
 * precision, as the encoder works.
 */
function scaled(graph: Graph, features: readonly NumberFeature[]): Name {
  const given = graph.input("numbers", "DOUBLE", features.length);
  const constant = (of: (feature: NumberFeature) => number): Name => graph.doubles(features.map(of));
  const missing = graph.node("IsNaN", [given]);
  let x = graph.node("Where", [missing, constant(({ impute }) => impute), given]);
  const logs = features.map((feature) => (feature.kind === "numeric" ? feature.signedLog : false));
  if (logs.some((log) => log !== false)) {
    let counted = x;
    const units = logs.map((log) => (typeof log === "object" ? log : NATURAL));
    if (units.some((each) => each !== NATURAL)) {
      const distance = graph.node("Sub", [x, graph.doubles(units.map(({ origin }) => origin))]);
      counted = graph.node("Div", [distance, graph.doubles(units.map(({ unit }) => unit))]);
    }
    const size = graph.node("Add", [graph.node("Abs", [counted]), graph.doubles([1])]);
    const log = graph.node("Mul", [graph.node("Sign", [counted]), graph.node("Log", [size])]);
    x = graph.node("Where", [graph.booleans(logs.map((each) => each !== false)), log, x]);
  }
  const offset = graph.node("Sub", [x, constant(({ center }) => center)]);
  const ratio = graph.node("Div", [offset, constant(({ scale }) => scale)]);
  const clip = (feature: NumberFeature): number =>
    feature.kind === "numeric" ? feature.clip : Number.POSITIVE_INFINITY;
  const below = graph.node("Min", [ratio, constant(clip)]);
  return graph.toFloat(graph.node("Max", [below, constant((feature) => -clip(feature))]));
}

/** (rows, values + 1), the last column for anything else. */
function oneHot(graph: Graph, given: Name, column: number, { values }: CategoricalFeature): Name {
  const own = graph.node("Gather", [given, graph.integers(column)], { axis: { int: 1 } });
  // an encoder without keys is refused, so a feature without values has one that means "other" as well
  const keys = values.length > 0 ? values : [""];
  const place = graph.classicalNode("LabelEncoder", [own], {
    keys_strings: { texts: keys },
    values_int64s: { ints: values.length > 0 ? values.map((_, j) => j) : [0] },
    default_int64: { int: values.length },
  });
  const marks = graph.floats(Float32Array.of(0, 1), [2]);
  return graph.node("OneHot", [place, graph.integers(values.length + 1), marks], { axis: { int: -1 } });
}
