import { expect, test } from "vitest";
import { stream } from "../test/fixtures/artefact.ts";
import { kernelModule } from "../trainer/learn/engine.ts";
import { Kernel } from "./kernel.ts";
import { Pieces } from "./spline.ts";
import { Tape } from "./tape.ts";

const INPUTS = 4;
const OUTPUTS = 19;

/** Sums the layer piece by piece, and compares at random places and at every knot. */
function expectLayer(pieces: readonly (readonly [number, number, number])[], seed: number): void {
  const next = stream(seed);
  const kernel = new Kernel(kernelModule("score"));
  const table = new Pieces(kernel, Float32Array.from(pieces.flat()), INPUTS);
  const w = Float32Array.from({ length: OUTPUTS * pieces.length }, () => 2 * next() - 1);
  const b = Float32Array.from({ length: OUTPUTS }, () => next());
  const tape = new Tape(kernel, 8, { tracked: false });
  const x = tape.input(INPUTS);
  const y = table.layer(w, b)(tape, table.locate(tape, x));
  const run = kernel.compile(tape.forward);
  const places = pieces.flatMap(([, from, scale]) => [from, from + 1 / (scale || 1)]);
  for (let round = 0; round < 40; round++) {
    const row = Float32Array.from({ length: INPUTS }, () =>
      next() < 0.5 ? places[Math.floor(next() * places.length)] : 24 * next() - 12,
    );
    kernel.floats(x.at, INPUTS).set(row);
    run(1);
    const got = kernel.floats(y.at, OUTPUTS);
    for (let i = 0; i < OUTPUTS; i++) {
      const wanted = pieces.reduce((sum, [column, from, scale], p) => {
        const rise = (row[column] - Math.fround(from)) * Math.fround(scale);
        return sum + w[i * pieces.length + p] * Math.min(1, Math.max(0, rise));
      }, b[i]);
      expect(Math.abs(got[i] - wanted)).toBeLessThan(1e-5);
    }
  }
}

test("a layer on pieces that follow one another is the sum over the pieces", () => {
  const next = stream(5);
  const pieces = Array.from({ length: INPUTS }, (_, column) => {
    const edges = [-10, ...Array.from({ length: 13 }, () => 6 * next() - 3), 10].sort((a, b) => a - b);
    return edges.slice(1).map((edge, i) => [column, edges[i], 1 / (edge - edges[i])] as const);
  }).flat();
  expectLayer(pieces, 6);
});

test("pieces may overlap, fall, stand still, and be steeper than floats can tell", () => {
  const next = stream(7);
  const any = Array.from({ length: 30 }, () => [Math.floor(4 * next()), 2 * next() - 1, 8 * next() - 4] as const);
  expectLayer([...any, [0, 0.5, 0], [1, 0.25, 1e20], [1, 0.25, 2], [2, 0, 1e12], [3, 0.75, 1e-38], [0, -1, -1e3]], 8);
});
