/** The evidence network: what the normal manifold and trees on labels say of a row, weighed by one head. */
import type { EvidenceShape, NetworkShape, Tensor } from "./artefact.ts";
import { forestTable } from "./forest.ts";
import type { Address, Kernel } from "./kernel.ts";
import type { Network } from "./network.ts";
import { loadedParameters } from "./parameters.ts";
import { tailTable } from "./tails.ts";
import type { LinearOptions, Tape, Value } from "./tape.ts";
import { type Fixed, weightValues } from "./tier.ts";

/**
 * The kinds of evidence; the head's columns are in the order of EVIDENCE:
 * - shallow: log odds by small trees on the inputs;
 * - departure: log odds by small trees on how far each input lies from that of the nearest reference row;
 * - deep: log odds by larger trees on the inputs and, beside them, those departures;
 * - gaussian: log of the mean squared whitened input, the Mahalanobis distance to the normal rows;
 * - prototypes: distance to the nearest prototype of the normal rows, by what is usual around that one, mean over sets;
 * - references: the same for the nearest of the reference rows, one finer mesh (for both, inputs may count by their relevance);
 * - tails: how far out in its own column every value lies, summed.
 */
export const EVIDENCE = ["shallow", "deep", "departure", "gaussian", "prototypes", "references", "tails"] as const;
export type EvidenceName = (typeof EVIDENCE)[number];

/** Kinds that normal rows alone teach: distances to them. */
export const DISTANCES = ["gaussian", "prototypes", "references", "tails"] as const satisfies readonly EvidenceName[];

/** Kinds that are trees. */
export const FORESTS = ["shallow", "deep", "departure"] as const satisfies readonly EvidenceName[];
export type ForestName = (typeof FORESTS)[number];

/** Kinds that are distances to the nearest of some points. */
export const POINTS = ["prototypes", "references"] as const satisfies readonly EvidenceName[];
export type PointsName = (typeof POINTS)[number];

/** Kinds that look at the nearest reference. */
const BY_REFERENCE: readonly EvidenceName[] = ["references", "deep", "departure"];

/** Columns that the trees of a kind may split: inputs, and what stands beside them. */
export function forestColumns(name: ForestName, inputs: number): number {
  return name === "deep" ? 2 * inputs : inputs;
}

/**
 * What of evidence below the median normal row counts: a row far from all normal ones may well be called the most normal of
 * all by trees that never saw its like, and must not be cleared by that.
 */
export const BELOW = 0.1;

/** How often counts what lies far beyond all normal rows: there one kind alone may tell, which the others would drown. */
export const BEYOND = 8;

/** Tensors of how each kind is put on the common scale. */
export const SCALE = ["centre", "scale", "far"] as const;

/** How a kind is put on the common scale; beyond a z of `far`, no normal row is expected. */
export type Scale = Readonly<Record<(typeof SCALE)[number], number>>;

/** z = arcsinh((s − centre)·scale), and `BELOW` of that where it is negative, as the kernel works it out. */
export function standardised(s: number, { centre, scale }: Pick<Scale, "centre" | "scale">): number {
  const z = Math.asinh((s - centre) * scale);
  return z < 0 ? BELOW * z : z;
}

/** z as the head weighs it: beyond `far`, `BEYOND` times what is beyond. */
export function counted(z: number, far: number): number {
  return z + (BEYOND - 1) * Math.max(0, z - far);
}

export function isEvidence(shape: NetworkShape): shape is EvidenceShape {
  return "kind" in shape;
}

/**
 * What a unit of each kind adds to the log odds before the temperature, w₁ − w₀, in the order of EVIDENCE.
 *
 * @throws UnseenError artefact-malformed without a head
 */
export function kindWeights(tensors: ReadonlyMap<string, Tensor>): Float64Array {
  const w = weightValues(tensors, "head.w");
  return Float64Array.from(EVIDENCE, (_, i) => w[EVIDENCE.length + i] - w[i]);
}

/** Kinds that a head `head.w` (2, kinds) looks at: what of the others is worked out moves no score. */
export function weighedKinds(head: Float32Array): EvidenceName[] {
  return EVIDENCE.filter((_, i) => head[i] !== 0 || head[EVIDENCE.length + i] !== 0);
}

/** Sets of points that a kind has, of as many points each. */
export function setsOf({ prototypeSets }: EvidenceShape, name: PointsName): number {
  return name === "prototypes" ? prototypeSets : 1;
}

/** Tensor shapes by name in their fixed order. Whole numbers (columns, nodes) are kept as floats, exact below 2²⁴. */
export function evidenceShapes(shape: EvidenceShape): Map<string, number[]> {
  const { inputs } = shape;
  const shapes = new Map<string, number[]>();
  const layer = (name: string, n: number, k: number): void => {
    shapes.set(`${name}.w`, [n, k]).set(`${name}.b`, [n]);
  };
  if (shape.weighted) shapes.set("relevance", [inputs]);
  layer("gaussian", inputs, inputs);
  for (const name of POINTS) {
    const points = setsOf(shape, name) * shape[name];
    layer(name, points, inputs);
    shapes.set(`${name}.scale`, [points]);
  }
  for (const name of FORESTS) {
    shapes.set(`${name}.nodes`, [shape[`${name}Nodes`], 3]).set(`${name}.roots`, [shape[`${name}Trees`]]);
  }
  shapes.set("tails.knots", [shape.tailKnots, 3]);
  shapes.set("forest.start", [FORESTS.length]);
  for (const name of SCALE) shapes.set(name, [EVIDENCE.length]);
  return shapes.set("head.w", [2, EVIDENCE.length]).set("head.b", [2]);
}

/** The network and what lies before its logits, for who wants to see that, too. */
export interface EvidenceNetwork extends Network {
  /** Standardised evidence (rows, kinds), in the order of EVIDENCE; what of it is far counts once, as all else. */
  standard(tape: Tape, x: Value): Value;
}

/**
 * Lays the weights out in the kernel and gives the network: logits (rows, 2) from x (rows, inputs), column 0 normal.
 * Evidence that the head gives no weight is not worked out for them. It has no backward pass: trees have no gradient.
 *
 * @param values a tensor's values by name, row-major; checked by `checkWeights`
 * @param fixed the integers of those stored so
 */
export function evidenceNetwork(
  kernel: Kernel,
  shape: EvidenceShape,
  values: (name: string) => Float32Array,
  fixed: (name: string) => Fixed | undefined = () => undefined,
): EvidenceNetwork {
  const shapes = evidenceShapes(shape);
  const layers = new Map([...shapes].filter(([name]) => /\.[wb]$/.test(name)));
  const weights = loadedParameters(kernel, layers, { values, fixed });
  const outlying = tailTable(kernel, values("tails.knots"));
  const points = Object.fromEntries(
    POINTS.map((name) => [
      name,
      { w: floats(kernel, values(`${name}.w`)), scale: floats(kernel, values(`${name}.scale`)) },
    ]),
  ) as Record<PointsName, { w: Address; scale: Address }>;
  const forests = FORESTS.map((name, i) => {
    const columns = forestColumns(name, shape.inputs);
    const table = forestTable(kernel, values(`${name}.nodes`), values(`${name}.roots`), columns);
    return { table, start: values("forest.start")[i] };
  });
  const { inputs } = shape;
  const relevance = shape.weighted ? floats(kernel, values("relevance"), kernel.functions.stride(inputs)) : 0;
  const linear = (tape: Tape, x: Value, name: string, options?: LinearOptions): Value =>
    tape.linear(x, weights.get(`${name}.w`), weights.get(`${name}.b`), options);

  const [centre, scale] = [values("centre"), values("scale")];
  const forest = (tape: Tape, name: ForestName, x: Value, beside: Value, out: Address): void => {
    const { table, start } = forests[FORESTS.indexOf(name)];
    tape.emit(["FOREST", x.at, inputs, beside.at, table, { float: start }, out]);
  };

  const nearest = (tape: Tape, name: PointsName, x: Value, apart: Address, out: Address): void => {
    const affinity = linear(tape, x, name);
    const { w, scale } = points[name];
    const sets = setsOf(shape, name);
    tape.emit(["NEAREST", x.at, inputs, affinity.at, shape[name], sets, w, scale, out, apart]);
    tape.release(affinity);
  };

  /** Inputs as distances to points see them: each by its relevance. */
  const weighted = (tape: Tape, x: Value): Value => {
    if (relevance === 0) return x;
    const result = tape.input(inputs);
    tape.emit(["MULTIPLY", x.at, inputs, relevance, result.at]);
    return result;
  };

  /** Evidence of the kinds wanted, before it is standardised: (rows) each. */
  const evidence = (tape: Tape, x: Value, wanted: ReadonlySet<EvidenceName>): Map<EvidenceName, Address> => {
    const columns = new Map(
      EVIDENCE.filter((kind) => wanted.has(kind)).map((kind) => [kind, kernel.allocate(tape.rows)]),
    );
    const given = (name: EvidenceName, work: (out: Address) => void): void => {
      const out = columns.get(name);
      if (out !== undefined) work(out);
    };

    given("gaussian", (out) => {
      const white = linear(tape, x, "gaussian");
      tape.emit(["LOG_MEAN_SQUARE", white.at, inputs, out]);
      tape.release(white);
    });
    const seen = weighted(tape, x);
    given("prototypes", (out) => nearest(tape, "prototypes", seen, 0, out));
    given("shallow", (out) => forest(tape, "shallow", x, x, out));
    if (BY_REFERENCE.some((kind) => columns.has(kind))) {
      const apart = tape.input(inputs);
      nearest(tape, "references", seen, apart.at, columns.get("references") ?? kernel.allocate(tape.rows));
      given("deep", (out) => forest(tape, "deep", x, apart, out));
      given("departure", (out) => forest(tape, "departure", apart, apart, out));
      tape.release(apart);
    }
    if (seen !== x) tape.release(seen);
    given("tails", (out) => tape.emit(["TAILS", x.at, inputs, outlying.at, outlying.columns, out]));
    return columns;
  };

  /** z of the kinds wanted, with `far` for each; columns of others stay 0. */
  const standardOf = (tape: Tape, x: Value, wanted: ReadonlySet<EvidenceName>, far: Float32Array): Value => {
    const columns = evidence(tape, x, wanted);
    const result = tape.input(EVIDENCE.length);
    const apart = kernel.functions.stride(EVIDENCE.length);
    for (const [i, name] of EVIDENCE.entries()) {
      const column = columns.get(name);
      if (column === undefined) continue;
      const scales = [centre[i], scale[i], far[i]].map((float) => ({ float }));
      tape.emit(["STANDARDISE", column, ...scales, result.at + 4 * i, apart]);
    }
    return result;
  };
  const weighed = new Set(weighedKinds(values("head.w")));
  const network: Network = (tape, x) => linear(tape, standardOf(tape, x, weighed, values("far")), "head");
  const [all, never] = [new Set(EVIDENCE), Float32Array.from(EVIDENCE, () => Infinity)];
  return Object.assign(network, { standard: (tape: Tape, x: Value) => standardOf(tape, x, all, never) });
}

function floats(kernel: Kernel, values: Float32Array, room = values.length): Address {
  const at = kernel.allocate(room);
  kernel.floats(at, values.length).set(values);
  return at;
}
