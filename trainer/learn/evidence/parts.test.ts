import { expect, test } from "vitest";
import { EVIDENCE, evidenceNetwork } from "../../../model/evidence.ts";
import { Inference } from "../../../model/inference.ts";
import { Kernel } from "../../../model/kernel.ts";
import { tensorValues } from "../../../model/tensor.ts";
import type { Matrix } from "../../data/matrix.ts";
import { drawFor, gaussian } from "../draw.ts";
import { kernelModule } from "../engine.ts";
import { growForests, ONE_EACH } from "./forests.ts";
import { singleColumns } from "./kinds.ts";
import { evidenceOf, fitManifold, groundsOf, type Parts, withoutWholeRows } from "./parts.ts";
import { scalesOf } from "./scale.ts";
import { shapeOf, tensorsOf } from "./tensors.ts";

const COLS = 5;

function rowsAround(rows: number, centre: number, seed: number): Matrix {
  const draw = drawFor(seed, 0);
  return { rows, cols: COLS, data: Float32Array.from({ length: rows * COLS }, () => centre + gaussian(draw)) };
}

test("where single columns alone have a say, scores need nothing that looks at whole rows, and no normal row is kept", async () => {
  const normal = rowsAround(600, 0, 1);
  const families = new Map([["high", rowsAround(60, 2, 2)]]);
  const manifold = await fitManifold(
    normal,
    null,
    (index) => drawFor(3, index),
    async (_note, compute) => compute(),
  );
  const grounds = groundsOf(normal, families, manifold);
  const forests = await growForests(
    grounds,
    true,
    new Set(),
    ONE_EACH,
    (kind) => drawFor(4, kind),
    async (_note, compute) => compute(),
  );
  const whole = { ...manifold, ...forests };
  const scales = scalesOf(evidenceOf(whole, normal));
  const weights = Float64Array.from(singleColumns(EVIDENCE.map(() => true)).shares);
  const tensorsFor = (parts: Parts) => tensorsOf(shapeOf(parts, COLS), parts, scales, { weights, bias: -1 });
  const scores = (parts: Parts): Float32Array => {
    const [kernel, tensors] = [new Kernel(kernelModule("score")), tensorsFor(parts)];
    const values = (name: string): Float32Array => {
      const tensor = tensors.get(name);
      return tensor ? tensorValues(tensor) : new Float32Array();
    };
    const inference = new Inference(kernel, COLS, evidenceNetwork(kernel, shapeOf(parts, COLS), values), false);
    return inference.scoreAll(normal.data, normal.rows, COLS, 1, 0).slice();
  };

  const few = withoutWholeRows(whole);
  expect(scores(few)).toEqual(scores(whole));
  expect(new Set(scores(few)).size).toBeGreaterThan(10);
  for (const name of ["prototypes.w", "references.w"]) {
    expect(tensorsFor(few).get(name)?.shape).toEqual([1, COLS]);
    expect([...(tensorsFor(few).get(name)?.bytes ?? [])].every((byte) => byte === 0)).toBe(true);
  }
  expect(shapeOf(few, COLS)).toMatchObject({ prototypeSets: 1, deepTrees: 1, departureTrees: 1 });
});
