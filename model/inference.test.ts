import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anomalous, confidenceGradient, logits, randomWeights } from "../test/twin.ts";
import { kernelModule } from "../trainer/learn/engine.ts";
import type { ResidualShape } from "./artefact.ts";
import { Inference } from "./inference.ts";
import { Kernel } from "./kernel.ts";
import { residualNetwork, weightShapes } from "./network.ts";
import { odinStep } from "./odin.ts";
import { Parameters } from "./parameters.ts";
import { Tape } from "./tape.ts";

const module = kernelModule("score");

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39) >>> 0;
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32 || 1e-10;
  };
}

function setUp(shape: ResidualShape, seed: number) {
  const next = generator(seed);
  const weights = randomWeights(shape, next);
  const kernel = new Kernel(module);
  const parameters = new Parameters(kernel, weightShapes(shape), { transposes: true });
  for (const [name, values] of weights) parameters.load(name, values);
  return { next, weights, kernel, network: residualNetwork(shape, parameters) };
}

// From width 4 up: LayerNorm over fewer, nearly equal values magnifies f32 rounding without bound.
const shapes = fc.record({
  inputs: fc.integer({ min: 1, max: 90 }),
  hidden: fc.integer({ min: 4, max: 70 }),
  blocks: fc.integer({ min: 0, max: 3 }),
  latent: fc.integer({ min: 4, max: 40 }),
});

describe("inference", () => {
  test("scores any network and batch as the double-precision twin does, to 1e-5", () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 70 }), fc.integer(), (shape, rows, seed) => {
        const { next, weights, kernel, network } = setUp(shape, seed);
        const inference = new Inference(kernel, shape.inputs, network, false);
        const x = Float32Array.from({ length: rows * shape.inputs }, () => 6 * next() - 3);
        const got = inference.scoreAll(x, rows, shape.inputs, 0.7, 0);
        for (let i = 0; i < rows; i++) {
          const row = x.subarray(i * shape.inputs, (i + 1) * shape.inputs);
          expect(Math.abs(got[i] - anomalous(logits(row, shape, weights), 0.7))).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 60 },
    );
  });

  test.each([8, 16, 40])(
    "where squares overflow in a layer of width %d, there is no score rather than a constant one",
    (n) => {
      const kernel = new Kernel(module);
      const shapes = new Map<string, readonly number[]>(["g", "b"].map((name) => [name, [n]]));
      const weights = new Parameters(kernel, shapes);
      weights.load("g", new Float32Array(n).fill(1));
      weights.load("b", new Float32Array(n).fill(0.5));
      const tape = new Tape(kernel, 1, { tracked: false });
      const x = tape.input(n);
      const y = tape.layerNormGelu(x, weights.get("g"), weights.get("b"));
      const run = kernel.compile(tape.forward);
      for (const [size, finite] of [
        [1e3, true],
        [3e38, n < 16],
      ] as const) {
        kernel.floats(x.at, n).forEach((_, i, all) => (all[i] = i % 2 ? size : -size));
        run(1);
        expect(kernel.floats(y.at, n).every((value) => Number.isFinite(value))).toBe(finite);
        if (!finite) expect(kernel.floats(y.at, n).some((value) => Number.isFinite(value))).toBe(false);
      }
    },
  );

  test("one row scores the same alone and in a batch", () => {
    const shape = { inputs: 77, hidden: 256, blocks: 3, latent: 128 };
    const { next, kernel, network } = setUp(shape, 7);
    const inference = new Inference(kernel, shape.inputs, network, false);
    const x = Float32Array.from({ length: 65 * 77 }, () => 4 * next() - 2);
    const batch = inference.scoreAll(x, 65, 77, 1, 0);
    for (const i of [0, 1, 63, 64]) {
      const alone = inference.scoreAll(x.subarray(i * 77, (i + 1) * 77), 1, 77, 1, 0);
      expect(alone[0]).toBeCloseTo(batch[i], 6);
    }
  });

  test("the ODIN gradient is that of finite differences and its step raises the confidence", () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 5 }), fc.integer(), (shape, rows, seed) => {
        const { next, weights, kernel, network } = setUp(shape, seed);
        const scalars = kernel.allocate(2);
        const target = new Tape(kernel, rows, { tracked: false }).input(shape.inputs);
        const step = odinStep(kernel, rows, network, scalars, scalars + 4, target);
        const run = kernel.compile(step.instructions);
        const stride = kernel.functions.stride(shape.inputs);
        kernel.floats(scalars, 2).set([0.8, 2e-3]);
        const input = kernel.floats(step.x.at, rows * stride);
        const x = Float32Array.from({ length: rows * shape.inputs }, () => 4 * next() - 2);
        for (let i = 0; i < rows; i++) input.set(x.subarray(i * shape.inputs, (i + 1) * shape.inputs), i * stride);
        run(rows);
        for (let i = 0; i < rows; i++) {
          const row = x.subarray(i * shape.inputs, (i + 1) * shape.inputs);
          const wanted = confidenceGradient(row, shape, weights, 0.8);
          const got = kernel.floats(step.gradient + i * stride * 4, shape.inputs);
          const moved = kernel.floats(target.at + i * stride * 4, shape.inputs);
          // Rounding in LayerNorm is passed on to every input alike, so it is held against the row's largest slope.
          const tolerance = 2e-5 + 1e-4 * Math.max(...Array.from(wanted, Math.abs));
          for (let j = 0; j < shape.inputs; j++) {
            expect(Math.abs(got[j] - wanted[j])).toBeLessThan(tolerance);
            expect(moved[j]).toBeCloseTo(row[j] + 2e-3 * Math.sign(got[j]), 6);
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  test("scoring with the step equals the twin scored at the stepped input", () => {
    const shape = { inputs: 13, hidden: 24, blocks: 2, latent: 9 };
    const { next, weights, kernel, network } = setUp(shape, 11);
    const inference = new Inference(kernel, shape.inputs, network, true);
    const rows = 37;
    const x = Float32Array.from({ length: rows * 13 }, () => 4 * next() - 2);
    const got = inference.scoreAll(x, rows, 13, 1.3, 0.01);
    for (let i = 0; i < rows; i++) {
      const row = x.subarray(i * 13, (i + 1) * 13);
      const gradient = confidenceGradient(row, shape, weights, 1.3);
      const before = anomalous(logits(row, shape, weights), 1.3);
      const after = anomalous(
        logits(
          Array.from(row, (v, j) => v + 0.01 * Math.sign(gradient[j])),
          shape,
          weights,
        ),
        1.3,
      );
      expect(Math.abs(got[i] - after)).toBeLessThan(1e-5);
      expect(before > 0.5 ? got[i] - before : before - got[i]).toBeGreaterThan(0);
    }
  });
});
