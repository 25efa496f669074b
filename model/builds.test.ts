import { expect, test } from "vitest";
import { sampleArtefact } from "../test/artefact.ts";
import { makeArtefact, randomRows } from "../test/fixtures/artefact.ts";
import { builtModule, kernelModule } from "../trainer/learn/engine.ts";
import { quantise } from "../trainer/learn/quantise.ts";
import { writeArtefact } from "./artefact.ts";
import { openFastest } from "./builds.ts";

const plain = kernelModule("score");
const relaxed = builtModule("score-relaxed");

test("a residual network is scored by the relaxed build, to 1e-5 as by the plain one", () => {
  const { bytes } = makeArtefact(plain, 3);
  const [fast, reference, alone] = [
    openFastest(bytes, { plain, relaxed }),
    openFastest(bytes, { plain, relaxed: undefined }),
    openFastest(bytes, { plain: relaxed }),
  ];
  const { rows } = reference.artefact.golden;
  const scores = fast.scoreRows(rows);
  for (const [i, score] of reference.scoreRows(rows).entries()) expect(Math.abs(scores[i] - score)).toBeLessThan(1e-5);
  expect(scores).toEqual(alone.scoreRows(rows));
});

test("a network in fixed point is scored by the plain build, on every row to the last bit", () => {
  const { artefact } = makeArtefact(plain, 3);
  const golden = { rows: [], scores: [] };
  const bytes = writeArtefact(quantise({ ...artefact, golden }, "int16"));
  const rows = randomRows(500, 5);
  const [scores, expected] = [openFastest(bytes, { plain, relaxed }), openFastest(bytes, { plain })].map((scorer) =>
    scorer.scoreRows(rows),
  );
  expect(scores).toEqual(expected);
});

test("a model whose golden rows neither build scores as the trainer did is refused, and so is what is no model", () => {
  const { artefact } = makeArtefact(plain, 3);
  const golden = { ...artefact.golden, scores: artefact.golden.scores.map((score) => Math.abs(score - 0.5)) };
  expect(() => openFastest(writeArtefact({ ...artefact, golden }), { plain, relaxed })).toThrow(
    expect.objectContaining({ code: "artefact-self-test" }),
  );
  expect(() => openFastest(writeArtefact(sampleArtefact()).subarray(0, 99), { plain, relaxed })).toThrow(
    expect.objectContaining({ code: "artefact-truncated" }),
  );
});
