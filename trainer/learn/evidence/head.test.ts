import { expect, test } from "vitest";
import { EVIDENCE } from "../../../model/evidence.ts";
import { drawFor, gaussian } from "../draw.ts";
import { equally, fitHead, headLogits } from "./head.ts";
import { joined, type Table } from "./rows-of-evidence.ts";

const KINDS = EVIDENCE.length;
const [NEAR, FAR] = [EVIDENCE.indexOf("tails"), EVIDENCE.indexOf("prototypes")];
const both = equally(EVIDENCE.map((_, kind) => kind === NEAR || kind === FAR));
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
  const trusting = fitHead({ known, strange: none }, families, both).weights;
  const warned = fitHead({ known, strange: rowsAround(0, 2, 3) }, families, both).weights;
  expect(trusting[NEAR] / trusting[FAR]).toBeGreaterThan(0.8);
  expect(trusting[NEAR] / trusting[FAR]).toBeLessThan(1.25);
  expect(warned[NEAR] / warned[FAR]).toBeGreaterThan(2);
});

test("normal rows and families count half each, and families alike, however many rows they have", () => {
  const times = (table: Table, many: number): Table => joined(Array.from({ length: many }, () => table));
  const [near, far] = [rowsAround(1, 0, 8), rowsAround(0, 1.5, 9, 40)];
  const fit = (normal: Table, other: Table) =>
    fitHead(
      { known: normal, strange: none },
      new Map([
        ["near", near],
        ["far", other],
      ]),
      both,
    );
  const [once, often] = [fit(known, far), fit(times(known, 5), times(far, 10))];
  for (const kind of [NEAR, FAR]) expect(often.weights[kind] / once.weights[kind]).toBeCloseTo(1, 1.5);
  expect(often.bias / once.bias).toBeCloseTo(1, 1.5);
  const halves = headLogits(fitHead({ known, strange: none }, families, both), rowsAround(0.5, 0.5, 10));
  expect(Math.abs(halves.reduce((sum, logit) => sum + logit, 0) / halves.length)).toBeLessThan(0.5);
});

test("strange rows count a tenth however many they are", () => {
  const [few, many] = [100, 4000].map((rows) => fitHead({ known, strange: rowsAround(0, 2, 3, rows) }, families, both));
  const at = rowsAround(0.5, 0.5, 4, 50);
  const apart = headLogits(few, at).map((logit, i) => Math.abs(logit - headLogits(many, at)[i]));
  expect(Math.max(...apart)).toBeLessThan(0.5);
});

test("weights that are not learned keep their shares, whatever tells more, and are as steep as the families allow", () => {
  const shares = both.shares.map((share, kind) => (kind === FAR ? 0.25 * share : share));
  const normals = { known: rowsAround(0, 0, 5), strange: none };
  const [near, far] = [rowsAround(0, 3, 6), rowsAround(0, 1, 7)].map((rows) => {
    const { weights } = fitHead(normals, new Map([["family", rows]]), { shares, learned: false });
    expect(weights[NEAR] / weights[FAR]).toBeCloseTo(4, 6);
    expect(weights.filter((weight) => weight > 0)).toHaveLength(2);
    return weights[FAR];
  });
  expect(near).toBeGreaterThan(far);
  const learned = fitHead(normals, new Map([["family", rowsAround(0, 3, 6)]]), { shares, learned: true });
  expect(learned.weights[FAR]).toBeGreaterThan(2 * learned.weights[NEAR]);
  const unlabelled = fitHead(normals, new Map(), { shares, learned: true });
  expect(unlabelled.weights[NEAR]).toBeCloseTo(0.8, 6);
  expect(unlabelled.weights[FAR]).toBeCloseTo(0.2, 6);
});

test("a head that ships counts what is far eight times", () => {
  const weights = Float64Array.from(EVIDENCE, (_, kind) => Number(kind === FAR));
  const head = { weights, bias: -1, far: weights.map(() => 2) };
  const rows = [1, 2, 3].map((z) => EVIDENCE.map((_, kind) => (kind === FAR ? z : 0)));
  const table = { rows: rows.length, data: Float64Array.from(rows.flat()) };
  expect(headLogits(head, table)).toEqual([0, 1, 9]);
  expect(headLogits({ weights, bias: -1 }, table)).toEqual([0, 1, 2]);
});
