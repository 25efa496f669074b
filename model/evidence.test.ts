import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sampleArtefact } from "../test/artefact.ts";
import { evidenceLogits, randomEvidence, type Values } from "../test/evidence-twin.ts";
import { stream } from "../test/fixtures/artefact.ts";
import { kernelModule } from "../trainer/learn/engine.ts";
import { type EvidenceShape, readArtefact, writeArtefact } from "./artefact.ts";
import { EVIDENCE, evidenceNetwork, evidenceShapes } from "./evidence.ts";
import { Inference } from "./inference.ts";
import { Kernel } from "./kernel.ts";
import { floatTensor } from "./tensor.ts";

const module = kernelModule("score");
const size = (most: number): fc.Arbitrary<number> => fc.integer({ min: 1, max: most });
const sizes: fc.Arbitrary<EvidenceShape> = fc.record({
  kind: fc.constant("evidence" as const),
  inputs: size(70),
  tailKnots: size(90),
  prototypeSets: size(4),
  prototypes: size(70),
  references: size(70),
  shallowTrees: size(9),
  shallowNodes: size(20),
  deepTrees: size(9),
  deepNodes: size(20),
  departureTrees: size(9),
  departureNodes: size(20),
});
const shapes = fc
  .tuple(sizes, fc.boolean())
  .map(([shape, weighted]): EvidenceShape => (weighted ? { ...shape, weighted } : shape));

function scores(shape: EvidenceShape, values: Values, x: Float32Array, rows: number): Float32Array {
  const kernel = new Kernel(module);
  const network = evidenceNetwork(kernel, shape, (name) => values.get(name) ?? new Float32Array());
  return new Inference(kernel, shape.inputs, network, false).scoreAll(x, rows, shape.inputs, 0.8, 0);
}

const sample = sampleArtefact();
const artefactShape: EvidenceShape = {
  kind: "evidence",
  inputs: sample.network.inputs,
  tailKnots: 5,
  prototypeSets: 2,
  prototypes: 3,
  references: 3,
  shallowTrees: 2,
  shallowNodes: 5,
  deepTrees: 1,
  deepNodes: 7,
  departureTrees: 1,
  departureNodes: 7,
};

/** An artefact of an evidence network under the sample schema. */
function artefact(
  change: (values: Map<string, Float32Array>, shape: EvidenceShape) => void,
  epsilon = 0,
  shape = artefactShape,
): Uint8Array {
  const values = randomEvidence(shape, stream(3));
  change(values, shape);
  const tensors = new Map(
    [...evidenceShapes(shape)].map(([name, dims]) => [name, floatTensor(values.get(name) ?? new Float32Array(), dims)]),
  );
  return writeArtefact({ ...sample, network: shape, epsilon, tensors });
}

describe("the evidence network", () => {
  test("scores any shape and batch as the double-precision twin does, to 1e-5", () => {
    fc.assert(
      fc.property(shapes, size(70), size(1e6), (shape, rows, seed) => {
        const next = stream(seed);
        const values = randomEvidence(shape, next);
        const x = Float32Array.from({ length: rows * shape.inputs }, () => 6 * next() - 3);
        const got = scores(shape, values, x, rows);
        for (let i = 0; i < rows; i++) {
          const row = x.subarray(i * shape.inputs, (i + 1) * shape.inputs);
          const [normal, anomalous] = evidenceLogits(row, shape, values);
          expect(Math.abs(got[i] - 1 / (1 + Math.exp((normal - anomalous) / 0.8)))).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("evidence without weight is not worked out: what would be no number there changes no score", () => {
    fc.assert(
      fc.property(shapes, size(9), size(1e6), fc.subarray([...EVIDENCE]), (shape, rows, seed, kept) => {
        const next = stream(seed);
        const values = randomEvidence(shape, next);
        const head = values.get("head.w") ?? new Float32Array();
        for (let i = 0; i < head.length; i++) if (!kept.includes(EVIDENCE[i % EVIDENCE.length])) head[i] = 0;
        const x = Float32Array.from({ length: rows * shape.inputs }, () => 6 * next() - 3);
        const expected = scores(shape, values, x, rows);
        const [normal, anomalous] = evidenceLogits(x.subarray(0, shape.inputs), shape, values);
        expect(Math.abs(expected[0] - 1 / (1 + Math.exp((normal - anomalous) / 0.8)))).toBeLessThan(1e-5);
        values.get("centre")?.forEach((_, i, all) => {
          if (!kept.includes(EVIDENCE[i])) all[i] = Number.NaN;
        });
        expect(scores(shape, values, x, rows)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  test("an artefact of it is read back as written", () => {
    const bytes = artefact(() => {});
    const read = readArtefact(bytes);
    expect(read.network).toMatchObject({ kind: "evidence", departureNodes: 7 });
    expect(writeArtefact(read)).toEqual(bytes);
  });

  test("relevance of inputs is read back as written, is there where the network says so, and nowhere else", () => {
    const shape = { ...artefactShape, weighted: true } as const;
    const bytes = artefact(() => {}, 0, shape);
    const read = readArtefact(bytes);
    expect([read.network, read.tensors.get("relevance")?.shape]).toMatchObject([{ weighted: true }, [shape.inputs]]);
    expect(writeArtefact(read)).toEqual(bytes);
    const says = (network: object): Uint8Array => writeArtefact({ ...read, network: network as EvidenceShape });
    for (const network of [artefactShape, { ...shape, weighted: false }, { ...shape, weighted: 1 }]) {
      expect(() => says(network)).toThrow(expect.objectContaining({ code: "artefact-malformed" }));
    }
    const bare = readArtefact(artefact(() => {}));
    expect(() => writeArtefact({ ...bare, network: shape })).toThrow('tensor "relevance" is missing');
  });

  test("refuses an input step, which trees have no gradient for", () => {
    expect(() => artefact(() => {}, 0.01)).toThrow(expect.objectContaining({ code: "artefact-malformed" }));
  });

  test.each([
    ["a column no row has", "tails.knots", 0, 99],
    ["half a column", "tails.knots", 3, 0.5],
    ["knots out of order", "tails.knots", 12, 0],
    ["a walk in circles", "shallow.nodes", 2, 0],
    ["a child beyond the end", "departure.nodes", 2, 6],
    ["a tree on departures that its kind does not see", "shallow.nodes", 0, 8],
    ["a root beyond the end", "departure.roots", 0, 7],
    ["a weight that is no number", "head.w", 1, Number.NaN],
  ])("refuses %s", (_what, name, at, value) => {
    const spoil = (values: Map<string, Float32Array>): void => {
      const tensor = values.get(name) ?? new Float32Array();
      if (name.endsWith(".nodes")) tensor[0] = 0;
      if (name.endsWith(".nodes")) tensor[2] = 1;
      tensor[at] = value;
    };
    expect(() => artefact(spoil)).toThrow(expect.objectContaining({ code: "artefact-malformed" }));
  });

  test.each([
    ["wide", [0, -3e38, 1], [0, 3e38, 1]],
    ["steep", [0, 0, 1], [0, 1e-40, 5]],
    ["steep", [0, 0, 3e38], [0, 0.5, -1e38]],
  ])("refuses knots too %s for floats, by the second one's number", (_what, ...step) => {
    const spoil = (values: Map<string, Float32Array>): void => {
      const own = [[0, -3.1e38, 1], ...step, [1, 0, 1], [1, 3e38, 2]];
      values.set("tails.knots", Float32Array.from(own.flat()));
    };
    expect(() => artefact(spoil)).toThrow('tensor "tails.knots" is too wide or too steep for floats at knot 2');
  });

  test("takes knots of two columns however far apart they lie", () => {
    const far = [
      [0, -3e38, 1],
      [0, 0, 2],
      [0, 3e38, -3],
      [1, -3e38, 1],
      [2, 3e38, 1],
    ];
    const spread = (values: Map<string, Float32Array>): void => {
      values.set("tails.knots", Float32Array.from(far.flat()));
    };
    expect(() => readArtefact(artefact(spread))).not.toThrow();
  });
});
