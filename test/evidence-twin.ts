/** The evidence network once more, in plain double precision: what the kernel must agree with. */
import type { EvidenceShape } from "../model/artefact.ts";
import {
  counted,
  EVIDENCE,
  type EvidenceName,
  evidenceShapes,
  forestColumns,
  type ForestName,
  FORESTS,
  POINTS,
  type PointsName,
  setsOf,
  standardised,
} from "../model/evidence.ts";
import { MOST_LEAVES } from "../model/forest.ts";

export type Values = ReadonlyMap<string, Float32Array>;

/** Random weights, with trees that lead somewhere. */
export function randomEvidence(shape: EvidenceShape, next: () => number): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  for (const [name, size] of evidenceShapes(shape)) {
    const fan = size.length > 1 ? size[1] : 4;
    const length = size.reduce((a, b) => a * b, 1);
    values.set(
      name,
      Float32Array.from({ length }, () => (2 * next() - 1) / Math.sqrt(fan)),
    );
  }
  const whole = (most: number): number => Math.floor(next() * most);
  const knots = Array.from({ length: shape.tailKnots }, () => [whole(shape.inputs), 2 * next() - 1, 3 * next()]);
  values.set("tails.knots", Float32Array.from(knots.sort(([a, b], [c, d]) => a - c || b - d).flat()));
  for (const kind of FORESTS) {
    const [count, trees] = [shape[`${kind}Nodes`], shape[`${kind}Trees`]];
    const nodes = values.get(`${kind}.nodes`) ?? new Float32Array();
    const leaves = new Uint8Array(count).fill(1);
    for (let i = count - 1; i >= 0; i--) {
      const low = i + 1 + whole(count - 2 - i);
      const below = leaves[low] + leaves[low + 1];
      const leaf = i + 2 >= count || below > MOST_LEAVES || next() < 0.3;
      nodes[3 * i] = leaf ? -1 : whole(forestColumns(kind, shape.inputs));
      nodes[3 * i + 2] = leaf ? 0 : low;
      if (!leaf) leaves[i] = below;
    }
    values.set(
      `${kind}.roots`,
      Float32Array.from({ length: trees }, () => whole(count)),
    );
  }
  values.get("scale")?.forEach((_, at, all) => (all[at] = 0.1 + next()));
  for (const name of POINTS) {
    const points = values.get(`${name}.w`) ?? new Float32Array();
    values.set(
      `${name}.b`,
      Float32Array.from({ length: setsOf(shape, name) * shape[name] }, (_, i) => {
        const row = points.subarray(i * shape.inputs, (i + 1) * shape.inputs);
        return -row.reduce((sum, x) => sum + x * x, 0) / 2;
      }),
    );
  }
  for (const name of ["prototypes.scale", "references.scale"]) {
    values.get(name)?.forEach((_, at, all) => (all[at] = 0.5 + next()));
  }
  return values;
}

/** A place and the value there. */
export type Knot = readonly [number, number];

/** At x, what is straight from knot to knot and level beyond the outermost; 0 without any. */
export function interpolated(knots: readonly Knot[], x: number): number {
  const next = knots.findIndex(([place]) => place > x);
  if (knots.length === 0) return 0;
  if (next < 0) return knots[knots.length - 1][1];
  if (next === 0) return knots[0][1];
  const [[from, value], [to, end]] = [knots[next - 1], knots[next]];
  return value + ((x - from) / (to - from)) * (end - value);
}

/** Standardised evidence of one row, in the order of EVIDENCE. */
function evidenceOf(x: ArrayLike<number>, shape: EvidenceShape, values: Values): number[] {
  const get = (name: string): Float32Array => values.get(name) ?? new Float32Array();
  const linear = (input: ArrayLike<number>, name: string): number[] => {
    const [w, b] = [get(`${name}.w`), get(`${name}.b`)];
    return Array.from(b, (bias, n) => {
      let sum = bias;
      for (let k = 0; k < input.length; k++) sum += input[k] * w[n * input.length + k];
      return sum;
    });
  };
  const row = Array.from(x);
  const weighted = shape.weighted ? row.map((value, j) => Math.fround(value * get("relevance")[j])) : row;
  const forest = (name: ForestName, walked: readonly number[]): number => {
    const nodes = get(`${name}.nodes`);
    return get(`${name}.roots`).reduce((sum, root) => {
      let node = root;
      while (nodes[3 * node] >= 0) {
        node = nodes[3 * node + 2] + (walked[nodes[3 * node]] <= nodes[3 * node + 1] ? 0 : 1);
      }
      return sum + nodes[3 * node + 1];
    }, get("forest.start")[FORESTS.indexOf(name)]);
  };
  const logMeanSquare = (z: readonly number[]): number =>
    Math.log1p(z.reduce((sum, value) => sum + value * value, 0) / z.length);
  /** Mean distance over the sets, and what the nearest point of the last one departs by. */
  const nearest = (name: PointsName): { distance: number; apart: number[] } => {
    const [points, affinities] = [get(`${name}.w`), linear(weighted, name)];
    const sets = setsOf(shape, name);
    let [distance, apart] = [0, weighted];
    for (let set = 0; set < sets; set++) {
      const first = set * shape[name];
      const affinity = affinities.slice(first, first + shape[name]);
      const best = first + affinity.indexOf(Math.max(...affinity));
      apart = weighted.map((value, j) => Math.abs(Math.fround(value - points[best * row.length + j])));
      distance += (Math.hypot(...apart) * get(`${name}.scale`)[best]) / sets;
    }
    return { distance, apart };
  };
  const reference = nearest("references");
  const knots = get("tails.knots");
  const tails = row.reduce((sum, value, j) => {
    const own = Array.from({ length: shape.tailKnots }, (_, i) => knots.subarray(3 * i, 3 * i + 3))
      .filter(([column]) => column === j)
      .map(([, place, there]): Knot => [place, there]);
    return sum + interpolated(own, value);
  }, 0);
  const raw = {
    gaussian: logMeanSquare(linear(row, "gaussian")),
    prototypes: nearest("prototypes").distance,
    references: reference.distance,
    tails,
    shallow: forest("shallow", row),
    deep: forest("deep", [...row, ...reference.apart]),
    departure: forest("departure", reference.apart),
  };
  const standard = (name: EvidenceName, raw: number): number => {
    const j = EVIDENCE.indexOf(name);
    return standardised(raw, { centre: get("centre")[j], scale: get("scale")[j] });
  };
  return EVIDENCE.map((name) => standard(name, raw[name]));
}

/** (ℓ₀, ℓ₁) of one row. */
export function evidenceLogits(x: ArrayLike<number>, shape: EvidenceShape, values: Values): [number, number] {
  const far = values.get("far") ?? [];
  const z = evidenceOf(x, shape, values).map((value, j) => counted(value, far[j]));
  const [w, b] = [values.get("head.w") ?? [], values.get("head.b") ?? []];
  const logit = (i: number): number => z.reduce((sum, value, j) => sum + value * w[i * z.length + j], b[i]);
  return [logit(0), logit(1)];
}
