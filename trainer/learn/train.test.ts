import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeArtefact } from "../../model/artefact.ts";
import { EVIDENCE, type EvidenceName, kindWeights } from "../../model/evidence.ts";
import { type Remembered, remembered } from "../../model/memory.ts";
import { Scorer } from "../../model/scorer.ts";
import { weightValues } from "../../model/tier.ts";
import type { Dataset, Group, Rows } from "../data/dataset.ts";
import { encodeRows } from "../data/matrix.ts";
import { splitDataset } from "../data/split.ts";
import { drawFor, gaussian } from "./draw.ts";
import { kernelModule } from "./engine.ts";
import { separation } from "../evaluate/metrics.ts";
import { storedThresholds } from "../evaluate/thresholds.ts";
import { headLogits } from "./evidence/head.ts";
import type { Progress, TrainRequest } from "./request.ts";
import { trainOn } from "./train-on.ts";
import { train } from "./train.ts";

/** Two normal domains around different centres, families shifted along different columns. */
function toy(columns = 6, rows = 400): Dataset {
  const draw = drawFor(5, 0);
  const group = (name: string, role: Group["role"], shift: (column: number) => number): Group => ({
    name,
    role,
    side: null,
    count: rows,
    cells: Array.from({ length: columns }, (_, j) =>
      Float64Array.from({ length: rows }, () => shift(j) + gaussian(draw)),
    ),
    block: Int32Array.from({ length: rows }, (_, i) => Math.floor(i / 20)),
    blockNames: Array.from({ length: rows / 20 }, (_, i) => `${name}-${i}`),
  });
  return {
    name: "toy",
    columns: Array.from({ length: columns }, (_, j) => ({ name: `c${j}`, kind: "numeric" as const })),
    groups: [
      group("day", "normal", () => 0),
      group("night", "normal", (j) => (j === 0 ? 3 : 0)),
      group("high", "anomaly", (j) => (j === 1 ? 5 : 0)),
      group("low", "anomaly", (j) => (j === 2 ? -5 : 0)),
      group("wide", "anomaly", (j) => (j === 3 ? 5 : 0)),
      group("novel", "anomaly", (j) => (j === 4 || j === 5 ? 4 : 0)),
    ],
    files: [],
    notes: [],
  };
}

const learning = {
  hidden: 24,
  blocks: 1,
  latent: 12,
  episodes: 12,
  innerSteps: 10,
  outerSteps: 8,
  finalSteps: 20,
  batch: 32,
  query: 12,
  rate: 5e-3,
};
const request: TrainRequest = {
  seed: 3,
  split: "rows",
  shots: 40,
  heldOut: ["novel"],
  data: { name: "toy", files: [], roles: {} },
  createdAt: "2026-01-01T00:00:00Z",
  method: "paper",
  learning,
};
const splitOptions = { seed: 3, holdOut: ["novel"], shots: 40, split: "rows" } as const;
const { fit, heldOut } = splitDataset(toy(), splitOptions);
const folder = mkdtempSync(join(tmpdir(), "unseen-train-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("training in the published form", () => {
  let bytes: Uint8Array;
  const seen: Progress[] = [];
  beforeAll(async () => {
    bytes = writeArtefact((await train(fit, request, (progress) => seen.push(progress))).artefact);
  });

  test("recognises a family it never saw, and keeps to the false-positive budget roughly", () => {
    const scorer = Scorer.open(bytes, kernelModule("score"));
    const score = (rows: Parameters<typeof encodeRows>[2]): Float32Array => {
      const matrix = encodeRows(scorer.artefact.schema, fit.columns, rows);
      return scorer.score(matrix.data, matrix.rows);
    };
    const normal = Float32Array.from(heldOut.normal.flatMap(({ rows }) => [...score(rows)]));
    const [novel] = heldOut.unseen;
    expect(novel.family).toBe("novel");
    expect(separation(normal, score(novel.rows))).toBeGreaterThan(0.8);
    const flagged = normal.filter((s) => s >= scorer.artefact.thresholds.fpr["0.05"]).length / normal.length;
    expect(flagged).toBeLessThan(0.15);
  });

  test("runs every episode it was asked for, and counts every label", () => {
    expect(seen.filter(({ phase }) => phase === "train")).toHaveLength(learning.episodes);
    const { artefact } = Scorer.open(bytes, kernelModule("score"));
    expect(artefact.training.labels).toBe(3 * 40);
    expect(artefact.training.families).not.toContain("novel");
  });

  test("the same seed gives the same artefact byte for byte, another seed another", async () => {
    expect(Buffer.compare(writeArtefact((await train(fit, request)).artefact), bytes)).toBe(0);
    const other = writeArtefact((await train(fit, { ...request, seed: 4 })).artefact);
    expect(Buffer.compare(other, bytes)).not.toBe(0);
  });

  test("two threads give the artefact of one byte for byte", async () => {
    const few = { ...request, learning: { ...learning, episodes: 2 } };
    const one = writeArtefact((await train(fit, few)).artefact);
    expect(writeArtefact((await train(fit, { ...few, workers: 2 })).artefact)).toEqual(one);
  });

  test.each([
    ["train", 3],
    ["boundary", 20],
  ])("interrupted at %s %i, it keeps a checkpoint; resumed, it ends where an unbroken run ends", async (...when) => {
    const checkpoint = join(folder, "run.checkpoint");
    const controller = new AbortController();
    const stop = ({ phase, done }: Progress): void => {
      if (phase === when[0] && done === when[1]) controller.abort();
    };
    const first = train(fit, { ...request, checkpoint, signal: controller.signal }, stop);
    await expect(first).rejects.toMatchObject({ code: "interrupted", remedy: expect.stringContaining("--resume") });
    expect(existsSync(checkpoint)).toBe(true);
    const other = { ...request, checkpoint, resume: true, shots: 41 };
    await expect(train(fit, other)).rejects.toMatchObject({ code: "checkpoint-mismatch" });
    // the same files with families told by another column
    const named = toy().groups.map((group) => (group.name === "wide" ? { ...group, name: "broad" } : group));
    const { fit: renamed } = splitDataset({ ...toy(), groups: named }, splitOptions);
    await expect(train(renamed, { ...other, shots: 40 })).rejects.toMatchObject({ code: "checkpoint-mismatch" });
    const { artefact, episodes } = await train(fit, { ...request, checkpoint, resume: true });
    expect(episodes.map(({ episode }) => episode)).toEqual([...Array(learning.episodes).keys()]);
    expect(Buffer.compare(writeArtefact(artefact), bytes)).toBe(0);
  });

  test("a checkpoint that cannot be written is named", async () => {
    const checkpoint = join(folder, "nowhere", "run.checkpoint");
    const place = { file: checkpoint };
    await expect(train(fit, { ...request, checkpoint })).rejects.toMatchObject({ code: "data-unreadable", place });
  });

  test("sizes that no model may have are refused before the first episode", async () => {
    for (const wrong of [{ hidden: 0 }, { latent: 0 }, { blocks: 17 }]) {
      const shape = { ...request, learning: { ...learning, ...wrong }, workers: 2 };
      await expect(train(fit, shape)).rejects.toMatchObject({ code: "network-limits" });
    }
  });

  test("rates that make the weights no numbers are told", async () => {
    const two = { ...learning, episodes: 2 };
    for (const rates of [{ rate: 1e6 }, { outerRate: 1e6 }]) {
      const wild = { ...request, learning: { ...two, ...rates } };
      await expect(train(fit, wild)).rejects.toMatchObject({ code: "option-invalid" });
    }
    const atLast = { ...request, learning: { ...two, episodes: 0, outerRate: 1e6 } };
    await expect(train(fit, atLast)).rejects.toMatchObject({ code: "option-invalid" });
  });

  test("ε can be learned, and 0 leaves the input step out", async () => {
    const learned = await train(fit, { ...request, learning: { ...learning, learnEpsilon: true } });
    expect(learned.artefact.epsilon).not.toBe(2e-3);
    expect(learned.artefact.epsilon).toBeGreaterThanOrEqual(1e-4);
    const without = await train(fit, { ...request, learning: { ...learning, epsilon: 0 } });
    expect(without.artefact.epsilon).toBe(0);
    Scorer.open(writeArtefact(without.artefact), kernelModule("score"));
  });

  test("without labelled anomalies it still learns the normal rows", async () => {
    const all = ["high", "low", "wide", "novel"];
    const none = splitDataset(toy(), { seed: 3, holdOut: all, shots: 40, split: "rows" });
    const { artefact } = await train(none.fit, { ...request, heldOut: all });
    expect(artefact.training.labels).toBe(0);
    expect(artefact.thresholds.f1).toBe(artefact.thresholds.fpr["0.01"]);
  });

  test("each episode logs its families before, after the inner and after the outer loop", async () => {
    const { episodes } = await train(fit, request);
    for (const { before, afterInner, afterOuter, judgedFamilies, outerFamilies } of episodes) {
      for (const verdict of [before, afterInner, afterOuter]) {
        expect(verdict.families).toHaveLength(3);
        for (const { curve, histogram } of verdict.families) {
          expect(curve.length).toBeLessThanOrEqual(40);
          expect(curve.at(-1)?.slice(0, 2)).toEqual([1, 1]);
          expect(histogram.reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
        }
      }
      for (const family of judgedFamilies) expect(outerFamilies).not.toContain(family);
    }
  });
});

describe("training by default", () => {
  const byDefault: TrainRequest = { ...request, method: "unseen" };
  const score = (scorer: Scorer, rows: Rows): Float32Array => {
    const matrix = encodeRows(scorer.artefact.schema, fit.columns, rows);
    return scorer.score(matrix.data, matrix.rows);
  };
  let bytes: Uint8Array;
  const seen: Progress[] = [];
  beforeAll(async () => {
    bytes = writeArtefact((await train(fit, byDefault, (progress) => seen.push(progress))).artefact);
  });

  test("recognises a family it never saw, keeps to the false-positive budget roughly, counts every label", () => {
    const scorer = Scorer.open(bytes, kernelModule("score"));
    const normal = Float32Array.from(heldOut.normal.flatMap(({ rows }) => [...score(scorer, rows)]));
    expect(separation(normal, score(scorer, heldOut.unseen[0].rows))).toBeGreaterThan(0.95);
    const flagged = normal.filter((s) => s >= scorer.artefact.thresholds.fpr["0.05"]).length / normal.length;
    expect(flagged).toBeLessThan(0.15);
    expect(scorer.artefact.golden.rows).toHaveLength(fit.normal.length + fit.seen.length);
    expect(scorer.artefact.training.labels).toBe(3 * 40);
    expect(seen.at(-1)).toMatchObject({ done: seen.at(-1)?.total });
  });

  test.each(["rows", "blocks"] as const)(
    "by %s the head knows labels as trees put them that never saw their kin; thresholds come from rows never seen",
    async (split) => {
      const { groups, ...rest } = toy();
      const twin = { ...groups[2], name: "higher" };
      const familyNames = new Map([["rise", ["high", "higher"]]]);
      const side = splitDataset(
        { ...rest, groups: [...groups, twin], familyNames },
        { ...request, holdOut: ["novel"], split },
      );
      const { artefact } = await train(side.fit, { ...byDefault, split });
      const memory = artefact.memory ? remembered(artefact.memory) : [];
      const of = (role: Remembered["role"], family = ""): Remembered =>
        memory.find((group) => group.role === role && group.family === family) ?? expect.fail(`no ${role} ${family}`);
      const mean = ({ rows, data }: Remembered, kind: EvidenceName): number =>
        data.reduce((sum, z, i) => sum + (EVIDENCE[i % EVIDENCE.length] === kind ? z : 0), 0) / rows;
      for (const { family, support, validation } of side.fit.seen) {
        const [blind, known] = [of("fit", family), of("check", family)];
        expect([blind.rows % (support.count + validation.count), known.rows]).toEqual([0, validation.count]);
        expect(mean(known, "shallow")).toBeGreaterThan(2 * mean(blind, "shallow"));
      }
      expect(of("threshold").rows).toBe(side.fit.normal.reduce((sum, { validation }) => sum + validation.count, 0));
      // by rows the night is strange to parts that know the day alone; blocks are all alike here
      const strange = mean(of("normal"), "gaussian") / mean(of("threshold"), "gaussian");
      if (split === "rows") expect(strange).toBeGreaterThan(2);
      const scorer = new Scorer(artefact, kernelModule("score"));
      const scores = (parts: readonly { readonly validation: Rows }[]) =>
        Float32Array.from(parts.flatMap(({ validation }) => [...score(scorer, validation)]));
      const [normal, labels] = [scores(side.fit.normal), scores(side.fit.seen)];
      if (split === "rows") return expect(artefact.thresholds).toEqual(storedThresholds(normal, labels));
      // by blocks rows kept out in turn set them, too; what is remembered of them is rounded
      const [far, bias] = ["far", "head.b"].map((name) => weightValues(artefact.tensors, name));
      const head = { weights: kindWeights(artefact.tensors), bias: bias[1] - bias[0], far };
      const logits = headLogits(head, of("normal"));
      const apart = logits.map((logit) => 1 / (1 + Math.exp(-logit / artefact.temperature)));
      const { fpr } = storedThresholds(Float32Array.from([...normal, ...apart]), labels);
      for (const [budget, tau] of Object.entries(fpr)) expect(artefact.thresholds.fpr[budget]).toBeCloseTo(tau, 3);
    },
  );

  test("τ* is the same whatever share of the rows are normal", () => {
    const normal = Float32Array.from([0.1, 0.2, 0.4, 0.6]);
    const many = Float32Array.from({ length: 4000 }, (_, i) => normal[i % 4]);
    const labels = Float32Array.from([0.5, 0.7, 0.8]);
    expect(storedThresholds(normal, labels).f1).toBe(labels[0]);
    expect(storedThresholds(many, labels).f1).toBe(labels[0]);
  });

  test("more inputs than a model may have are refused before anything is learned", async () => {
    const values = Array.from({ length: 4096 }, (_, i) => `v${i}`);
    const wide = { ...byDefault, schema: { features: [{ kind: "categorical", name: "a", values }] } } as const;
    const steps: Progress[] = [];
    const trained = train(fit, wide, (progress) => steps.push(progress));
    await expect(trained).rejects.toMatchObject({ code: "network-limits", message: expect.stringContaining("4097") });
    expect(steps).toEqual([]);
  });

  test("the same seed gives the same artefact byte for byte, another seed another", async () => {
    expect(Buffer.compare(writeArtefact((await train(fit, byDefault)).artefact), bytes)).toBe(0);
    const other = writeArtefact((await train(fit, { ...byDefault, seed: 4 })).artefact);
    expect(Buffer.compare(other, bytes)).not.toBe(0);
  });

  test.each(["rows", "blocks"] as const)(
    "learns from normal rows alone, from one label, from one family, by %s",
    async (split) => {
      const all = ["high", "low", "wide", "novel"];
      for (const [holdOut, shots] of [
        [all, 40],
        [["novel"], 1],
        [["low", "wide", "novel"], 40],
      ] as const) {
        const side = splitDataset(toy(), { seed: 3, holdOut, shots, split });
        const { artefact } = await train(side.fit, { ...byDefault, heldOut: holdOut, split, shots });
        const scorer = Scorer.open(writeArtefact(artefact), kernelModule("score"));
        const normal = Float32Array.from(side.heldOut.normal.flatMap(({ rows }) => [...score(scorer, rows)]));
        const [far] = side.heldOut.unseen;
        expect(separation(normal, score(scorer, far.rows))).toBeGreaterThan(0.9);
      }
    },
  );

  test("whole normal domains take turns as strange rows; a single one has none to take", async () => {
    const strangers = async (groups: readonly Group[]): Promise<number[]> => {
      const split = splitDataset({ ...toy(), groups }, { seed: 1, holdOut: ["novel"], shots: 20, split: "rows" });
      const { artefact } = await train(split.fit, { ...byDefault, shots: 20 });
      return (artefact.memory?.groups ?? []).flatMap(({ role, rows }) => (role === "normal" ? [rows] : []));
    };
    const { groups } = toy();
    const [rows] = await strangers(groups);
    expect(rows).toBeGreaterThan(100);
    expect(await strangers(groups.filter(({ name }) => name !== "night"))).toEqual([]);
  });

  test("columns of chance do not drown what a family departs by, and are named", async () => {
    const draw = drawFor(8, 0);
    const pair = (apart: number): number[] => {
      const load = gaussian(draw);
      return [load, load + 0.3 * gaussian(draw) + apart];
    };
    const group = (name: string, role: Group["role"], [first, second]: readonly number[], count: number): Group => {
      const rows = Array.from({ length: count }, () => [
        ...pair(first),
        ...pair(second),
        ...Array.from({ length: 24 }, () => gaussian(draw)),
      ]);
      const cells = rows[0].map((_, j) => Float64Array.from(rows, (row) => row[j]));
      return { name, role, side: null, count, cells, block: new Int32Array(count), blockNames: [name] };
    };
    const columns = Array.from({ length: 28 }, (_, j) => ({ name: `c${j}`, kind: "numeric" as const }));
    const groups = [
      group("all", "normal", [0, 0], 3000),
      group("above", "anomaly", [1.5, 0], 150),
      group("below", "anomaly", [-1.5, 0], 150),
      group("novel", "anomaly", [0, 1], 400),
    ];
    const options = { seed: 3, holdOut: ["novel"], shots: 100, split: "rows" } as const;
    const dataset = { name: "pairs", columns, groups, files: [], notes: [] };
    const side = splitDataset(dataset, options);
    const { artefact, irrelevant, notes } = await trainOn(dataset, options);
    expect(irrelevant).toEqual(columns.slice(4).map(({ name }) => name));
    expect(notes).toContainEqual(expect.stringMatching(/^c4, c5, c6, c7, c8, …: no other column .*"c4=drop"\)\.$/));
    const scorer = Scorer.open(writeArtefact(artefact), kernelModule("score"));
    const [normal, novel] = [side.heldOut.normal[0], side.heldOut.unseen[0]].map(({ rows }) => {
      const matrix = encodeRows(artefact.schema, columns, rows);
      return scorer.score(matrix.data, matrix.rows).slice();
    });
    expect(separation(normal, novel)).toBeGreaterThan(0.85);
  });

  test("learns by blocks where there is but one block of normal rows to train on", async () => {
    const data = toy();
    const groups = data.groups.map((group) =>
      group.role === "normal" ? { ...group, block: group.block.map((b) => (b < 18 ? 0 : b)) } : group,
    );
    const seeds = Array.from({ length: 40 }, (_, i) => i);
    const split = seeds.flatMap((seed) => {
      try {
        return [
          splitDataset({ ...data, groups: groups.slice(1) }, { seed, holdOut: ["novel"], shots: 20, split: "blocks" }),
        ];
      } catch {
        return [];
      }
    });
    const one = split.find(
      ({ fit: { normal } }) => new Set(normal.flatMap(({ turns }) => [...(turns ?? [])])).size === 1,
    );
    expect(one).toBeDefined();
    if (one) await train(one.fit, { ...byDefault, split: "blocks", shots: 20 });
  });

  test("interrupted, it says how to begin again", async () => {
    const controller = new AbortController();
    const stop = ({ done }: Progress): void => {
      if (done === 2) controller.abort();
    };
    const run = train(fit, { ...byDefault, signal: controller.signal }, stop);
    await expect(run).rejects.toMatchObject({ code: "interrupted" });
  });
});
