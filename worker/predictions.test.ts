import { expect, test } from "vitest";
import kernel from "../build/score.wasm";
import { Scorer } from "../model/scorer.ts";
import { patternWeights, sampleArtefact } from "../test/artefact.ts";
import { SCORES } from "./limits.ts";
import { checkExplainable, checkScores } from "./predictions.ts";

test("a model of many features explains fewer rows at a time, and one always", () => {
  const network = { inputs: 200, hidden: 4, blocks: 0, latent: 3 };
  const features = Array.from({ length: 200 }, (_, i) => {
    return { kind: "numeric", name: `f${i}`, impute: 0, signedLog: false, center: 0, scale: 1, clip: 10 } as const;
  });
  const golden = { rows: [], scores: [] };
  const artefact = sampleArtefact({ network, schema: { features }, golden, tensors: patternWeights(network) });
  const scorer = new Scorer(artefact, kernel, { selfTest: false });
  const most = Math.floor(SCORES / 600);
  expect(() => checkExplainable(scorer, most + 1)).toThrow(
    expect.objectContaining({ status: 413, code: "rows-too-many" }),
  );
  for (const rows of [1, most]) expect(() => checkExplainable(scorer, rows)).not.toThrow();
});

test("a score that is no number from 0 to 1 is never passed on", () => {
  expect(checkScores(Float32Array.of(0, 0.5, 1))).toHaveLength(3);
  for (const bad of [NaN, Infinity, -Infinity, -0.1, 1.1]) {
    const place = { row: 1 };
    expect(() => checkScores(Float32Array.of(0, bad))).toThrow(expect.objectContaining({ status: 503, place }));
  }
});
