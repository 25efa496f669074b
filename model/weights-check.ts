/** Checks the weights of an artefact out of a file: those the network has, finite, and tables that lead somewhere. */
import type { EvidenceShape, NetworkShape, Tensor } from "./artefact.ts";
import { malformed } from "./artefact-check.ts";
import type { UnseenError } from "./errors.ts";
import { evidenceShapes, forestColumns, FORESTS, isEvidence } from "./evidence.ts";
import { MOST_LEAVES } from "./forest.ts";
import { quote } from "./names.ts";
import { weightShapes } from "./network.ts";
import { type Searches, SEARCHES } from "./soundness.ts";
import { tensorValues } from "./tensor.ts";
import { isScale, mayBeFixed, scaleName } from "./tier.ts";

/** Tensor shapes by name of a network, in their fixed order. */
export function tensorShapes(network: NetworkShape): Map<string, number[]> {
  return isEvidence(network) ? evidenceShapes(network) : weightShapes(network);
}

/**
 * Weights: exactly those the network has, each F32 or F16 of its shape and finite, or I16 with scales where the network
 * allows it, in the network's order. Whether sums of integers stay within 32 bits is checked as they are packed.
 *
 * @param searches who looks at all values
 * @throws UnseenError artefact-malformed naming the tensor
 */
export function checkWeights(
  tensors: ReadonlyMap<string, Tensor>,
  network: NetworkShape,
  searches = SEARCHES,
): Map<string, Tensor> {
  const shapes = tensorShapes(network);
  for (const name of tensors.keys()) {
    if (!shapes.has(name) && !isScale(tensors, name))
      throw malformed(`tensor ${quote(name)} is no weight of the network`);
  }
  const weights = new Map<string, Tensor>();
  for (const [name, shape] of shapes) {
    const tensor = tensors.get(name);
    if (!tensor) throw malformed(`tensor "${name}" is missing`);
    const fixed = tensor.dtype === "I16" && mayBeFixed(network, name);
    if (tensor.dtype !== "F32" && tensor.dtype !== "F16" && !fixed) {
      throw malformed(`tensor "${name}" is ${tensor.dtype}, not F32 or F16`);
    }
    if (tensor.shape.join() !== shape.join()) {
      throw malformed(`tensor "${name}" is [${tensor.shape.slice(0, 8).join(", ")}], not [${shape.join(", ")}]`);
    }
    if (fixed) {
      weights.set(name, tensor).set(scaleName(name), checkedScales(tensors, scaleName(name), shape[0]));
      continue;
    }
    const values = tensorValues(tensor);
    const bad = searches.notFinite(values);
    if (bad >= 0) throw malformed(`tensor "${name}" has ${values[bad]} at ${bad}`);
    weights.set(name, tensor);
  }
  if (isEvidence(network)) checkTables(weights, network, searches);
  return weights;
}

/** The scales of an int16 matrix: F32, finite, above 0. */
function checkedScales(tensors: ReadonlyMap<string, Tensor>, name: string, n: number): Tensor {
  const tensor = tensors.get(name);
  if (!tensor) throw malformed(`tensor "${name}" is missing`);
  if (tensor.dtype !== "F32" || tensor.shape.join() !== String(n)) {
    throw malformed(`tensor "${name}" is ${tensor.dtype} [${tensor.shape.slice(0, 8).join(", ")}], not F32 [${n}]`);
  }
  const values = tensorValues(tensor);
  const bad = values.findIndex((value) => !(value > 0 && value < Number.POSITIVE_INFINITY));
  if (bad >= 0) throw malformed(`tensor "${name}" has ${values[bad]} at ${bad}`);
  return tensor;
}

/** Columns and nodes must lead somewhere: a child lies behind its parent, so that every walk ends. */
function checkTables(tensors: ReadonlyMap<string, Tensor>, shape: EvidenceShape, searches: Searches): void {
  // looked up once: a tensor that is stored narrower, or lies askew, is copied by that
  const values = (name: string): Float32Array => {
    const tensor = tensors.get(name);
    return tensor ? tensorValues(tensor) : new Float32Array();
  };
  /** Every `step`-th value must be a whole number from 0 to `most`. */
  const checkWhole = (name: string, step: number, most: number): void => {
    const table = values(name);
    const wrong = searches.notWhole(table, step, most);
    if (wrong >= 0) throw notWhole(name, table, wrong, 0, most);
  };
  checkWhole("tails.knots", 3, shape.inputs - 1);
  const knots = values("tails.knots");
  for (let at = 3; at < knots.length; at += 3) {
    const step = knots[at] - knots[at - 3];
    if (step > 0) continue;
    const width = knots[at + 1] - knots[at - 2];
    if (step < 0 || width <= 0)
      throw malformed(`tensor "tails.knots" does not ascend at knot ${at / 3}, by column and place`);
    const slope = (knots[at + 2] - knots[at - 1]) / width;
    // the kernel multiplies the one by the other, and infinity times 0 is no number
    if (Number.isFinite(Math.fround(width)) && Number.isFinite(Math.fround(slope))) continue;
    throw malformed(`tensor "tails.knots" is too wide or too steep for floats at knot ${at / 3}`);
  }
  for (const forest of FORESTS) {
    const [nodes, columns] = [shape[`${forest}Nodes`], forestColumns(forest, shape.inputs)];
    const [name, table] = [`${forest}.nodes`, values(`${forest}.nodes`)];
    const wrong = searches.wrongNode(table, columns, MOST_LEAVES);
    const node = Math.floor(wrong / 3);
    if (wrong >= 0 && wrong % 3 === 1)
      throw malformed(`tensor "${name}" has over ${MOST_LEAVES} leaves below node ${node}`);
    if (wrong >= 0 && wrong % 3 === 0) throw notWhole(name, table, wrong, -1, columns - 1);
    if (wrong >= 0) throw notWhole(name, table, wrong, node + 1, nodes - 2);
    checkWhole(`${forest}.roots`, 1, nodes - 1);
  }
}

function notWhole(name: string, table: Float32Array, at: number, least: number, most: number): UnseenError {
  return malformed(`tensor "${name}" has ${table[at]} at ${at}, where a whole number from ${least} to ${most} belongs`);
}
