import { expect, test } from "vitest";
import { EVIDENCE } from "../../../model/evidence.ts";
import { drawFor, gaussian } from "../draw.ts";
import { fitHead, headLogits } from "./head.ts";
import type { Table } from "./rows-of-evidence.ts";

const KINDS = EVIDENCE.length;
const [NEAR, FAR] = [EVIDENCE.indexOf("tails"), EVIDENCE.indexOf("prototypes")];
const used = EVIDENCE.map((_, kind) => kind === NEAR || kind === FAR);
const none: Table = { rows: 0, data: new Float64Array() };

/** Rows whose evidence of two kinds lies around these values; others say nothing. */
function rowsAround(near: number, far: number, seed: number, rows = 400): Table {
  const draw = drawFor(seed, 0);
  const data = new Float64Array(rows * KINDS);
  for (let i = 0; i < rows; i++) {
    data[i * KINDS + NEAR] = near + 0.5 * gaussian(draw);
    data[i * KINDS + FAR] = far + 0.5 * gaussian(draw);
  }
  return { rows, data };
}

const known = rowsAround(0, 0, 1);
const families = new Map([["family", rowsAround(1, 1, 2)]]);

test("kinds that tell alike weigh alike, and one that strange rows deceive weighs less", () => {
  const trusting = fitHead({ known, strange: none }, families, used).weights;
  const warned = fitHead({ known, strange: rowsAround(0, 2, 3) }, families, used).weights;
  expect(trusting[NEAR] / trusting[FAR]).toBeGreaterThan(0.8);
  expect(trusting[NEAR] / trusting[FAR]).toBeLessThan(1.25);
  expect(warned[NEAR] / warned[FAR]).toBeGreaterThan(2);
});

test("strange rows count a tenth however many they are", () => {
  const [few, many] = [100, 4000].map((rows) => fitHead({ known, strange: rowsAround(0, 2, 3, rows) }, families, used));
  const at = rowsAround(0.5, 0.5, 4, 50);
  const apart = headLogits(few, at).map((logit, i) => Math.abs(logit - headLogits(many, at)[i]));
  expect(Math.max(...apart)).toBeLessThan(0.5);
});
