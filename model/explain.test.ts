import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { makeArtefact, randomRows, SCHEMA } from "../test/fixtures/artefact.ts";
import type { Cells } from "../trainer/data/dataset.ts";
import { splitDataset } from "../trainer/data/split.ts";
import { datasetOf, type GroupSketch } from "../trainer/data/testing.ts";
import { below, drawFor, gaussian } from "../trainer/learn/draw.ts";
import { kernelModule } from "../trainer/learn/engine.ts";
import { train } from "../trainer/learn/train.ts";
import type { Golden, ResidualShape } from "./artefact.ts";
import { EVIDENCE } from "./evidence.ts";
import { explain, medianRow, referenceRow } from "./explain.ts";
import { Scorer } from "./scorer.ts";
import { floatTensor, tensorValues } from "./tensor.ts";
import { weightValues } from "./tier.ts";

const kernel = kernelModule("score");
const { artefact } = makeArtefact(kernel, 3);
const shape = artefact.network as ResidualShape;
const weights = new Map([...artefact.tensors].map(([name, tensor]) => [name, tensorValues(tensor)]));
const unchecked = { selfTest: false };
const LARGEST_FLOAT = 2 ** 128 - 2 ** 104;
const total = (all: readonly { contribution: number }[]): number => all.reduce((sum, c) => sum + c.contribution, 0);
const sizes = (all: readonly { contribution: number }[]): number[] => all.map((c) => Math.abs(c.contribution));

describe.each([0, 2e-3])("explanations of the residual network, ε = %d", (epsilon) => {
  const golden = { rows: [], scores: [] };
  const scorer = new Scorer({ ...artefact, golden, epsilon }, kernel, unchecked);
  const rows = randomRows(40, 11);

  test("contributions along the path sum to the change from the reference row, and the log odds give the score", () => {
    const scores = scorer.scoreRows(rows);
    const [start] = scorer.scoreRows([referenceRow(scorer)]);
    for (const [i, { logOdds, reference, features }] of explain(scorer, rows).entries()) {
      expect(Math.abs(total(features) - (logOdds - reference))).toBeLessThan(1e-4);
      expect(1 / (1 + Math.exp(-logOdds))).toBeCloseTo(scores[i], 6);
      expect(1 / (1 + Math.exp(-reference))).toBeCloseTo(start, 6);
      expect(features.map(({ name }) => name).toSorted()).toEqual(SCHEMA.features.map(({ name }) => name).toSorted());
      expect(sizes(features)).toEqual(sizes(features).toSorted((a, b) => b - a));
    }
  });

  test("what two features do together is split in halves", () => {
    const [b, d] = [2e5, 7];
    const odds = (...cells: unknown[]): number => explain(scorer, [[...cells, "tcp", null]])[0].logOdds;
    const [both, bytes, duration, none] = [odds(b, d), odds(b, null), odds(null, d), odds(null, null)];
    const [{ features }] = explain(scorer, [[b, d, "tcp", null]]);
    const of = (wanted: string): number => features.find(({ name }) => name === wanted)?.contribution ?? NaN;
    expect(of("bytes")).toBeCloseTo((both - duration + (bytes - none)) / 2, 4);
    expect(of("duration")).toBeCloseTo((both - bytes + (duration - none)) / 2, 4);
    expect(Math.abs(both - bytes - duration + none)).toBeGreaterThan(0.01);
  });

  test("a column without weights contributes nothing", () => {
    const [hidden, inputs] = [shape.hidden, shape.inputs];
    const blind = Float32Array.from(weights.get("in.w") ?? [], (w, i) => (i % inputs === 1 ? 0 : w));
    const bytes = new Uint8Array(blind.buffer);
    const tensors = new Map(artefact.tensors).set("in.w", { dtype: "F32", shape: [hidden, inputs], bytes });
    const without = new Scorer({ ...artefact, epsilon, tensors }, kernel, unchecked);
    for (const { features } of explain(without, rows)) {
      const duration = features.find(({ name }) => name === "duration");
      expect(Math.abs(duration?.contribution ?? NaN)).toBeLessThan(1e-9);
      expect(sizes(features)[0]).toBeGreaterThan(1e-3);
    }
  });
});

test("the reference row explains to nothing, top cuts, values are those given", () => {
  const scorer = new Scorer({ ...artefact, golden: { rows: [], scores: [] } }, kernel);
  const [same] = explain(scorer, [referenceRow(scorer)]);
  expect(same.logOdds).toBe(same.reference);
  expect(same.features.every(({ contribution }) => contribution === 0)).toBe(true);
  expect(same.evidence).toBeUndefined();
  const named = { tls: true, bytes: 5e5, protocol: "icmp", duration: null };
  const [whole] = explain(scorer, [named]);
  expect(Object.fromEntries(whole.features.map(({ name, value }) => [name, value]))).toEqual(named);
  expect(Object.fromEntries(whole.features.map(({ name, reference }) => [name, reference]))).toEqual({
    bytes: 100,
    duration: 1,
    protocol: "tcp",
    tls: 0.5,
  });
  const [cut] = explain(scorer, [named], { top: 2 });
  expect(cut.features).toEqual(whole.features.slice(0, 2));
});

test("a typical normal row that scores lower than the medians is the reference, a label never is", () => {
  const { artefact } = makeArtefact(kernel, 4);
  const plain = new Scorer(artefact, kernel);
  const score = (row: unknown): number => plain.scoreRows([row as Golden["rows"][number]])[0];
  const [label, typical, ...others] = (randomRows(40, 5) as Golden["rows"]).toSorted((a, b) => score(a) - score(b));
  expect(score(typical)).toBeLessThan(score(medianRow(SCHEMA)));
  const rows = [others[20], typical, others[30], others[10], label];
  const training = { ...artefact.training, domains: ["a", "b", "c", "d", "e"], families: ["scan"] };
  const scorer = new Scorer({ ...artefact, training, golden: { rows, scores: rows.map(score) } }, kernel);
  expect(referenceRow(scorer)).toBe(typical);
  const [{ reference, features }] = explain(scorer, [[2e5, 7, "tcp", null]]);
  expect(1 / (1 + Math.exp(-reference))).toBeCloseTo(score(typical), 6);
  const named = features.find(({ name }) => name === "bytes");
  expect(named?.reference).toBe(typical[0] ?? 100);
});

test("where logits overflow, log odds and contributions are finite, for JSON has no infinity, and still sum up", () => {
  const steep = Float32Array.from(weights.get("head.w") ?? [], (w, i) => (i < shape.latent ? w : 3e38 * Math.sign(w)));
  const tensors = new Map(artefact.tensors).set("head.w", floatTensor(steep, [2, shape.latent]));
  const scorer = new Scorer({ ...artefact, golden: { rows: [], scores: [] }, tensors }, kernel, unchecked);
  const rows = randomRows(40, 11);
  const scores = scorer.scoreRows(rows);
  const scored = rows.filter((_, i) => scores[i] === 0);
  expect(scored.length).toBeGreaterThan(10);
  for (const { logOdds, reference, features } of explain(scorer, scored)) {
    expect([logOdds, reference]).toEqual([-LARGEST_FLOAT, -LARGEST_FLOAT]);
    expect(Math.abs(total(features))).toBeLessThan(1e-9 * LARGEST_FLOAT);
  }
});

test("a reference row that lacks a category is told to lack it", () => {
  const golden = { rows: [[50, 1, null, true]], scores: [0] };
  const scorer = new Scorer({ ...artefact, golden }, kernel, unchecked);
  const [{ features }] = explain(scorer, [[50, 1, "tcp", true]]);
  expect(features[0]).toMatchObject({ name: "protocol", value: "tcp", reference: null });
});

test("whatever scores is explained; whatever is refused is refused alike", () => {
  const scorer = new Scorer(artefact, kernel);
  const number = fc.oneof(fc.constant(null), fc.double(), fc.constantFrom(1e308, -1e308, 0, -0), fc.string());
  const row = fc.tuple(number, number, fc.oneof(number, fc.boolean()), fc.constantFrom<unknown>(null, true, 0, 1, 2));
  const outcome = (task: () => void): string => {
    try {
      task();
      return "fine";
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  };
  fc.assert(
    fc.property(row, (cells) => {
      const explained = outcome(() => {
        const [{ features, logOdds }] = explain(scorer, [cells]);
        expect([...features.map(({ contribution }) => contribution), logOdds].every(Number.isFinite)).toBe(true);
      });
      expect(explained).toBe(outcome(() => scorer.scoreRows([cells])));
    }),
    { numRuns: 200 },
  );
});

describe("explanations of the evidence network", () => {
  const ROWS = 400;
  const NOISE = 6;
  const draw = drawFor(8, 0);
  const kinds = Array.from({ length: 7 }, () => "numeric" as const);
  const columns = [
    ...kinds.map((kind, j) => ({ name: `c${j}`, kind })),
    { name: "proto", kind: "categorical" as const },
  ];
  const cells = (shift: (column: number) => number): Cells[] => [
    ...kinds.map((_, j) => Float64Array.from({ length: ROWS }, () => shift(j) + gaussian(draw))),
    Array.from({ length: ROWS }, () => ["tcp", "tcp", "udp"][below(draw, 3)]),
  ];
  const family = (name: string, column: number, by: number): GroupSketch => ({
    name,
    role: "anomaly",
    cells: cells((j) => (j === column ? by : 0)),
  });
  const toy = datasetOf(columns, [
    { name: "day", role: "normal", cells: cells(() => 0) },
    { name: "night", role: "normal", cells: cells((j) => (j === 0 ? 2 : 0)) },
    family("high", 1, 5),
    family("low", 2, -5),
    family("wide", 3, 5),
  ]);
  let scorer: Scorer;
  beforeAll(async () => {
    const { fit } = splitDataset(toy, { seed: 3, holdOut: [], shots: 40, split: "rows" });
    const request = { seed: 3, split: "rows", shots: 40, heldOut: [], method: "unseen" } as const;
    const data = { name: "toy", files: [], roles: {} };
    scorer = new Scorer((await train(fit, { ...request, data, createdAt: "2026-01-01T00:00:00Z" })).artefact, kernel);
  });
  const plain = (): number[] => kinds.map(() => gaussian(draw));
  const normalRows = Array.from({ length: 20 }, () => [...plain(), "tcp"]);
  const spoilt = normalRows.map((row, i) => row.with(1 + (i % 5), i % 2 === 0 ? 8 : -8));

  test("sums agree with the change of the log odds, and evidence with the log odds but for the head's bias", () => {
    const { tensors, temperature } = scorer.artefact;
    const bias = tensors.get("head.b");
    const [b0, b1] = bias ? tensorValues(bias) : [];
    for (const { logOdds, reference, features, evidence } of explain(scorer, [...normalRows, ...spoilt])) {
      expect(Math.abs(total(features) - (logOdds - reference))).toBeLessThan(1e-4);
      expect(Object.keys(evidence ?? {})).toEqual([
        "shallow",
        "deep",
        "departure",
        "gaussian",
        "prototypes",
        "references",
        "tails",
      ]);
      const sum = Object.values(evidence ?? {}).reduce((a, b) => a + b, (b1 - b0) / temperature);
      expect(Math.abs(sum - logOdds)).toBeLessThan(1e-3);
    }
  });

  test("a flagged row names the one feature that was spoilt first", () => {
    const scores = scorer.scoreRows(spoilt);
    let flagged = 0;
    for (const [i, { features }] of explain(scorer, spoilt).entries()) {
      if (scores[i] < scorer.artefact.thresholds.fpr["0.01"]) continue;
      flagged++;
      expect(features[0]).toMatchObject({ name: `c${1 + (i % 5)}`, value: i % 2 === 0 ? 8 : -8 });
      expect(features[0].contribution).toBeGreaterThan(0);
    }
    expect(flagged).toBeGreaterThan(12);
  });

  test("noise that anomalies share with normal rows says little", () => {
    const explained = explain(scorer, spoilt);
    const noise = explained.map(
      ({ features }) => features.find(({ name }) => name === `c${NOISE}`)?.contribution ?? NaN,
    );
    const most = explained.map(({ features }) => features[0].contribution);
    const size = (values: readonly number[]): number => values.reduce((sum, value) => sum + Math.abs(value), 0);
    expect(size(noise)).toBeLessThan(0.1 * size(most));
  });

  test("evidence that is no number, which is scored where the head gives it no weight, adds nothing", () => {
    const { artefact: trained } = scorer;
    const knots = weightValues(trained.tensors, "tails.knots").map((x, i) => (i % 3 === 2 ? 3e38 : x));
    const tensors = new Map(trained.tensors)
      .set("tails.knots", floatTensor(knots, [knots.length / 3, 3]))
      .set("head.w", floatTensor(new Float32Array(2 * EVIDENCE.length), [2, EVIDENCE.length]));
    const blind = new Scorer({ ...trained, tensors }, kernel, unchecked);
    for (const { evidence } of explain(blind, spoilt)) expect(evidence?.tails).toBe(0);
  });

  test("whatever scores is explained", () => {
    const number = fc.oneof(fc.constant(null), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
    const row = fc.tuple(...kinds.map(() => number), fc.oneof(fc.constant(null), fc.string(), fc.boolean()));
    fc.assert(
      fc.property(row, (values) => {
        const [{ features, logOdds, reference }] = explain(scorer, [values]);
        expect(Math.abs(total(features) - (logOdds - reference))).toBeLessThan(1e-4);
      }),
      { numRuns: 50 },
    );
  });
});
