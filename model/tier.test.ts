import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sampleArtefact } from "../test/artefact.ts";
import { randomEvidence } from "../test/evidence-twin.ts";
import { stream } from "../test/fixtures/artefact.ts";
import { anomalous, logits, randomWeights, type Weights } from "../test/twin.ts";
import { kernelModule } from "../trainer/learn/engine.ts";
import { quantise } from "../trainer/learn/quantise.ts";
import {
  type Artefact,
  type EvidenceShape,
  readArtefact,
  type ResidualShape,
  type Tensor,
  writeArtefact,
} from "./artefact.ts";
import { evidenceShapes } from "./evidence.ts";
import { Inference } from "./inference.ts";
import { Kernel } from "./kernel.ts";
import { weightShapes } from "./network.ts";
import { openNetwork } from "./open.ts";
import { Parameters } from "./parameters.ts";
import { Scorer } from "./scorer.ts";
import { Tape } from "./tape.ts";
import { floatTensor, tensorValues } from "./tensor.ts";
import { inTier, type Tier, toFixed, weightValues } from "./tier.ts";

/** What scores of a tier may differ by from the double-precision twin, on networks of random weights. */
const BOUNDS = { f32: 1e-5, f16: 2e-3, int16: 4e-3 } as const satisfies Record<Tier, number>;

const random = (shape: ResidualShape, draw: () => number): { weights: Weights; tensors: Map<string, Tensor> } => {
  const weights = randomWeights(shape, () => draw() || 0.5);
  const sizes = weightShapes(shape);
  return {
    weights,
    tensors: new Map([...weights].map(([name, values]) => [name, floatTensor(values, sizes.get(name) ?? [])])),
  };
};

describe.each(["score", "score-relaxed"] as const)("tiers on %s.wasm", (build) => {
  const module = new WebAssembly.Module(readFileSync(new URL(`../build/${build}.wasm`, import.meta.url)));
  const shapes = fc.record({
    inputs: fc.integer({ min: 1, max: 60 }),
    hidden: fc.integer({ min: 8, max: 90 }),
    blocks: fc.integer({ min: 0, max: 3 }),
    latent: fc.integer({ min: 8, max: 40 }),
  });

  test.each(["f32", "f16", "int16"] as const)("scores in %s stay within their bound of the twin", (tier) => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 67 }), fc.integer({ min: 1, max: 1e6 }), (network, rows, seed) => {
        const next = stream(seed);
        const { weights, tensors } = random(network, next);
        const kernel = new Kernel(module);
        const opened = openNetwork(kernel, { network, tensors: inTier(tensors, network, tier) }, false);
        const inference = new Inference(kernel, network.inputs, opened, false);
        const x = Float32Array.from({ length: rows * network.inputs }, () => 6 * next() - 3);
        const got = inference.scoreAll(x, rows, network.inputs, 1, 0).slice();
        for (let i = 0; i < rows; i += 5) {
          const row = x.subarray(i * network.inputs, (i + 1) * network.inputs);
          expect(Math.abs(got[i] - anomalous(logits(row, network, weights), 1))).toBeLessThan(BOUNDS[tier]);
          expect(inference.scoreAll(row, 1, network.inputs, 1, 0)[0]).toBe(got[i]);
        }
      }),
      { numRuns: 25 },
    );
  });

  test("the input step goes along the gradient of the weights as stored", () => {
    const network = { inputs: 13, hidden: 24, blocks: 2, latent: 9 };
    const next = stream(4);
    const { tensors } = random(network, next);
    const fixed = inTier(tensors, network, "int16");
    const x = Float32Array.from({ length: 9 * 13 }, () => 4 * next() - 2);
    const scores = [fixed, inTier(fixed, network, "f32")].map((stored) => {
      const kernel = new Kernel(module);
      return new Inference(kernel, 13, openNetwork(kernel, { network, tensors: stored }, true), true)
        .scoreAll(x, 9, 13, 1, 0.01)
        .slice();
    });
    for (const [i, score] of scores[0].entries()) expect(Math.abs(score - scores[1][i])).toBeLessThan(BOUNDS.int16);
  });
});

test("the evidence network in int16 scores close to the same weights in f32", () => {
  const sample = sampleArtefact();
  const network: EvidenceShape = {
    kind: "evidence",
    inputs: sample.network.inputs,
    tailKnots: 9,
    prototypeSets: 2,
    prototypes: 5,
    references: 5,
    shallowTrees: 2,
    shallowNodes: 5,
    deepTrees: 2,
    deepNodes: 7,
    departureTrees: 2,
    departureNodes: 5,
  };
  const next = stream(8);
  const values = randomEvidence(network, next);
  const tensors = new Map(
    [...evidenceShapes(network)].map(([name, dims]) => [
      name,
      floatTensor(values.get(name) ?? new Float32Array(), dims),
    ]),
  );
  const fixed = inTier(tensors, network, "int16");
  const x = Float32Array.from({ length: 30 * network.inputs }, () => 4 * next() - 2);
  const [narrow, wide] = [fixed, inTier(fixed, network, "f32")].map((stored) => {
    const artefact = { ...sample, network, epsilon: 0, tensors: stored };
    return new Scorer(artefact, kernelModule("score"), { selfTest: false }).score(x, 30);
  });
  for (const [i, score] of narrow.entries()) expect(Math.abs(score - wide[i])).toBeLessThan(BOUNDS.int16);
  expect(Math.max(...wide) - Math.min(...wide)).toBeGreaterThan(0.01);
});

describe("fixed point", () => {
  test("no sum can leave 32 bits, whatever the weights and their number", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4096 }),
        fc.integer({ min: 1, max: 1e6 }),
        fc.boolean(),
        (k, seed, alike) => {
          const next = stream(seed);
          const values = Float32Array.from({ length: 2 * k }, () => (alike ? 3 : 2 * next() - 1));
          const { integers, scales } = toFixed(values, 2);
          for (const row of [0, 1]) {
            const sizes = integers.subarray(row * k, (row + 1) * k).reduce((sum, value) => sum + Math.abs(value), 0);
            expect(sizes * 4095).toBeLessThan(2 ** 31);
          }
          const steps = values.map((value, i) => Math.abs(integers[i] - value / scales[Math.floor(i / k)]));
          expect(steps.reduce((most, step) => Math.max(most, step))).toBeLessThan(0.501);
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each([
    ["the largest", [1e30, -1e30, 1e30]],
    ["infinite", [Number.POSITIVE_INFINITY, 1, 1]],
    ["no number", [Number.NaN, 1, Number.NaN]],
  ])("activations that are %s overflow no sum", (_what, pattern) => {
    const [k, n] = [1000, 16];
    const kernel = new Kernel(kernelModule("score"));
    const weights = new Parameters(
      kernel,
      new Map([
        ["w", [n, k]],
        ["b", [n]],
      ]),
      { fixed: new Set(["w"]) },
    );
    weights.loadFixed("w", toFixed(new Float32Array(n * k).fill(1), n));
    const tape = new Tape(kernel, 2, { tracked: false });
    const x = tape.input(k);
    const y = tape.linear(x, weights.get("w"), weights.get("b"));
    kernel.floats(x.at, k).forEach((_, i, all) => (all[i] = Math.abs(pattern[i % 3])));
    kernel.compile(tape.forward)(1);
    // all products are positive, so a sum that has wrapped around would be negative
    const finite = pattern.every(Number.isFinite);
    for (const value of kernel.floats(y.at, n)) expect(finite ? value >= 0 : !Number.isFinite(value)).toBe(true);
  });
});

describe("half floats", () => {
  test("every one comes back, and what lies between goes to the nearer, a tie to the even one", () => {
    const bits = Uint16Array.from({ length: 0x7c00 }, (_, i) => i);
    const halves = tensorValues({ dtype: "F16", shape: [bits.length], bytes: new Uint8Array(bits.buffer) });
    const network = { inputs: 1, hidden: 1, blocks: 0, latent: 1 };
    const round = (values: Float32Array): Float32Array => {
      const tensors = new Map([["out.w", floatTensor(values, [values.length])]]);
      return weightValues(inTier(tensors, network, "f16"), "out.w");
    };
    expect(round(halves)).toEqual(halves);
    expect(round(halves.map((x) => -x))).toEqual(halves.map((x) => -x));
    for (const i of [0, 1, 5, 1022, 1023, 1024, 2047, 15360, 20001, 31742]) {
      const [low, high] = [halves[i], halves[i + 1]];
      const near = round(Float32Array.of(low + (high - low) * 0.4, low + (high - low) * 0.6, (low + high) / 2));
      expect([...near]).toEqual([low, high, i % 2 === 0 ? low : high]);
    }
  });
});

describe("an artefact in int16", () => {
  const network = { ...sampleArtefact().network, hidden: 12, blocks: 1, latent: 8 } as ResidualShape;
  const sample = (): Artefact => sampleArtefact({ network, tensors: random(network, stream(2)).tensors });
  const fixed = (): Artefact => quantise(sample(), "int16");

  test.each(["int16", "f16", "f32"] as const)(
    "in %s is opened, and its golden scores are those of the tier",
    (tier) => {
      const bytes = writeArtefact(quantise(sample(), tier));
      const scorer = Scorer.open(bytes, kernelModule("score"));
      expect(scorer.scoreRows(scorer.artefact.golden.rows)).toEqual(Float32Array.from(scorer.artefact.golden.scores));
      expect(writeArtefact(readArtefact(bytes))).toEqual(bytes);
    },
  );

  /** Opened with one tensor replaced, or taken out. */
  const opened = (name: string, tensor: Tensor | undefined): void => {
    const artefact = fixed();
    const tensors = new Map(artefact.tensors);
    if (tensor) tensors.set(name, tensor);
    else tensors.delete(name);
    Scorer.open(writeArtefact({ ...artefact, tensors }), kernelModule("score"));
  };
  const scales = (...values: number[]): Tensor => floatTensor(Float32Array.from(values), [values.length]);
  const integers = (shape: number[], value: number): Tensor => {
    const filled = new Int16Array(shape.reduce((a, b) => a * b, 1)).fill(value);
    return { dtype: "I16", shape, bytes: new Uint8Array(filled.buffer) };
  };
  const eight = (value: number): number[] => Array.from({ length: 8 }, () => value);
  test.each<[string, string, Tensor | undefined]>([
    ["without its scales", "out.w.scale", undefined],
    ["with a scale of 0", "out.w.scale", scales(...eight(0))],
    ["with a scale below 0", "out.w.scale", scales(...eight(-1))],
    ["with a scale that is no number", "out.w.scale", scales(...eight(Number.NaN))],
    ["with an infinite scale", "out.w.scale", scales(...eight(Number.POSITIVE_INFINITY))],
    ["with too few scales", "out.w.scale", scales(1)],
    ["with scales that are integers", "out.w.scale", { dtype: "I32", shape: [8], bytes: new Uint8Array(32) }],
    ["with scales of what is no integer", "in.w.scale", scales(...eight(1))],
    ["with an input layer of integers", "in.w", integers([12, network.inputs], 1)],
    ["with integers of another shape", "out.w", integers([12, 8], 1)],
  ])("is refused %s", (_what, name, tensor) => {
    expect(() => opened(name, tensor)).toThrow(expect.objectContaining({ code: "artefact-malformed" }));
  });

  test("is refused where a sum could leave 32 bits", () => {
    const wide = { ...network, hidden: 64 };
    const artefact = quantise(sampleArtefact({ network: wide, tensors: random(wide, stream(2)).tensors }), "int16");
    const tensors = new Map(artefact.tensors).set("out.w", integers([8, 64], -32768));
    const bytes = writeArtefact({ ...artefact, tensors });
    expect(() => Scorer.open(bytes, kernelModule("score"))).toThrow(
      expect.objectContaining({ code: "artefact-malformed", message: expect.stringContaining("32 bits") }),
    );
  });
});
