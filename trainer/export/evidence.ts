/** The evidence network as ONNX nodes: distances from plain operators, trees as ensembles. */
import type { EvidenceShape } from "../../model/artefact.ts";
import {
  BELOW,
  BEYOND,
  EVIDENCE,
  type EvidenceName,
  type ForestName,
  FORESTS,
  type PointsName,
  SCALE,
  setsOf,
  weighedKinds,
} from "../../model/evidence.ts";
import type { Name } from "./graph.ts";
import type { Layers } from "./layers.ts";
import { treeEnsemble } from "./trees.ts";

/** Logits (rows, 2) from x (rows, inputs), as `evidenceNetwork` of model/evidence.ts; kinds without weight are left out. */
export function evidenceLogits(layers: Layers, x: Name, shape: EvidenceShape): Name {
  const { graph } = layers;
  const together = (parts: readonly Name[]): Name => graph.node("Concat", [...parts], { axis: { int: 1 } });
  const start = layers.values("forest.start");
  const forest = (name: ForestName, columns: Name): Name =>
    treeEnsemble(layers, name, columns, start[FORESTS.indexOf(name)]);
  let seen: Name | undefined;
  const weighted = (): Name => (seen ??= shape.weighted ? graph.node("Mul", [x, layers.constant("relevance")]) : x);
  let found: Nearest | undefined;
  const reference = (): Nearest => (found ??= nearest(layers, weighted(), "references", shape)[0]);
  let apart: Name | undefined;
  const departures = (): Name => (apart ??= graph.node("Abs", [reference().difference]));
  // each gives a column (rows, 1)
  const evidence: Readonly<Record<EvidenceName, () => Name>> = {
    gaussian: () => logMeanSquare(layers, layers.linear(x, "gaussian")),
    prototypes: () => {
      const sets = nearest(layers, weighted(), "prototypes", shape);
      return graph.node(
        "Mean",
        sets.map(({ distance }) => distance),
      );
    },
    references: () => reference().distance,
    tails: () => tails(layers, x),
    shallow: () => forest("shallow", x),
    deep: () => forest("deep", together([x, departures()])),
    departure: () => forest("departure", departures()),
  };
  const head = layers.values("head.w");
  const weighed = weighedKinds(head);
  // a head that looks at nothing still needs a column to be written
  const kinds = weighed.length > 0 ? weighed : (["gaussian"] as const);
  const columns = kinds.map((name) => standardised(layers, evidence[name](), name));
  const weights = [0, EVIDENCE.length].flatMap((row) => kinds.map((name) => head[row + EVIDENCE.indexOf(name)]));
  const w = graph.floats(Float32Array.from(weights), [2, kinds.length]);
  return graph.node("Gemm", [together(columns), w, layers.constant("head.b")], { transB: { int: 1 } });
}

/** Σ over columns of straight lines from knot to knot: what comes before, and every line's rise times how much of it is done. */
function tails(layers: Layers, x: Name): Name {
  const { graph } = layers;
  const knots = layers.values("tails.knots");
  const lines: { column: number; from: number; scale: number; rise: number }[] = [];
  let start = 0;
  for (let at = 0; at < knots.length; at += 3) {
    const [column, place, value] = knots.subarray(at, at + 3);
    if (at === 0 || knots[at - 3] !== column) start += value;
    else lines.push({ column, from: knots[at - 2], scale: 1 / (place - knots[at - 2]), rise: value - knots[at - 1] });
  }
  const row = (of: "from" | "scale" | "rise", shape: number[]): Name =>
    graph.floats(
      Float32Array.from(lines, (line) => line[of]),
      shape,
    );
  const columns = graph.integers(lines.map(({ column }) => column));
  const taken = graph.node("Gather", [x, columns], { axis: { int: 1 } });
  const offset = graph.node("Sub", [taken, row("from", [lines.length])]);
  const scaled = graph.node("Mul", [offset, row("scale", [lines.length])]);
  const done = graph.node("Clip", [scaled, layers.scalar(0), layers.scalar(1)]);
  return graph.node("Add", [graph.node("MatMul", [done, row("rise", [lines.length, 1])]), layers.scalar(start)]);
}

/** A point's distance, times its scale, and the differences it is made of. */
interface Nearest {
  readonly distance: Name;
  readonly difference: Name;
}

/** For each set, the point of the largest x·p − ‖p‖²/2. */
function nearest(layers: Layers, x: Name, name: PointsName, shape: EvidenceShape): Nearest[] {
  const { graph } = layers;
  const many = shape[name];
  const affinity = layers.linear(x, name);
  const scales = layers.values(`${name}.scale`);
  const scaleColumn = graph.floats(scales, [scales.length, 1]);
  return Array.from({ length: setsOf(shape, name) }, (_, set) => {
    const [first, behind] = [set * many, (set + 1) * many];
    const own = graph.node("Slice", [affinity, ...[[first], [behind], [1]].map((at) => graph.integers(at))]);
    const among = graph.node("ArgMax", [own], { axis: { int: 1 }, keepdims: { int: 0 } });
    const best = graph.node("Add", [among, graph.integers(first)]);
    const point = graph.node("Gather", [layers.constant(`${name}.w`), best], { axis: { int: 0 } });
    const difference = graph.node("Sub", [x, point]);
    const distance = graph.node("ReduceL2", [difference], { axes: { ints: [1] } });
    const scale = graph.node("Gather", [scaleColumn, best], { axis: { int: 0 } });
    return { distance: graph.node("Mul", [distance, scale]), difference };
  });
}

function logMeanSquare(layers: Layers, x: Name): Name {
  const { graph } = layers;
  const square = graph.node("Mul", [x, x]);
  const mean = graph.node("ReduceMean", [square], { axes: { ints: [1] } });
  return graph.node("Log", [graph.node("Add", [mean, layers.scalar(1)])]);
}

/** As the head weighs it: `standardised` and `counted` of model/evidence.ts. */
function standardised(layers: Layers, s: Name, name: EvidenceName): Name {
  const { graph } = layers;
  const i = EVIDENCE.indexOf(name);
  const [centre, scale, far] = SCALE.map((of) => layers.scalar(layers.values(of)[i]));
  const size = graph.node("Asinh", [graph.node("Mul", [graph.node("Sub", [s, centre]), scale])]);
  const z = graph.node("LeakyRelu", [size], { alpha: { float: BELOW } });
  const beyond = graph.node("Relu", [graph.node("Sub", [z, far])]);
  return graph.node("Add", [z, graph.node("Mul", [beyond, layers.scalar(BEYOND - 1)])]);
}
