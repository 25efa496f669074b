import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Dataset, Rows } from "./dataset.ts";
import { resolveFamilies } from "./families.ts";
import { fitSchema } from "./fit-schema.ts";
import { rowHashes } from "./row-hash.ts";
import { FitData, HeldOut, splitDataset, type Split, type SplitOptions } from "./split.ts";
import { datasetOf, errorOf, type GroupSketch } from "./testing.ts";

const COLUMNS = [
  { name: "x", kind: "numeric" },
  { name: "p", kind: "categorical" },
] as const;
const OPTIONS: SplitOptions = { seed: 1, holdOut: [], shots: 100, split: "rows" };

/** Rows whose `x` runs from `from`, so that every row of a sketch is told by it. */
function group(
  role: "normal" | "anomaly",
  name: string,
  from: number,
  count: number,
  side?: "train" | "test",
): GroupSketch {
  const x = Float64Array.from({ length: count }, (_, i) => from + i);
  return {
    role,
    name,
    cells: [x, Array.from(x, (value) => (value % 3 === 0 ? "tcp" : "udp"))],
    ...(side ? { side } : {}),
  };
}

const SKETCH = [
  group("normal", "day", 0, 1000),
  group("normal", "night", 1000, 500),
  group("anomaly", "dos", 5000, 300),
  group("anomaly", "scan", 6000, 50),
  group("anomaly", "lone", 7000, 1),
  group("anomaly", "bot", 8000, 40),
];
const DATASET = datasetOf(COLUMNS, SKETCH);

/** The rows of every part, by their `x`. */
function contents({ fit, heldOut }: Split): Record<string, number[]> {
  const x = (rows: Rows): number[] => [...(rows.cells[0] as Float64Array)];
  return Object.fromEntries([
    ...fit.normal.flatMap((n) => [
      [`train ${n.domain}`, x(n.train)],
      [`validation ${n.domain}`, x(n.validation)],
    ]),
    ...heldOut.normal.map((n) => [`test ${n.domain}`, x(n.rows)]),
    ...fit.seen.flatMap((f) => [
      [`support ${f.family}`, x(f.support)],
      [`validation ${f.family}`, x(f.validation)],
    ]),
    ...heldOut.seen.map((f) => [`test ${f.family}`, x(f.rows)]),
    ...heldOut.unseen.map((f) => [`unseen ${f.family}`, x(f.rows)]),
  ]);
}

describe("by rows", () => {
  test("sides, labels and counts are as stated", () => {
    const split = splitDataset(DATASET, { ...OPTIONS, holdOut: ["bot"], shots: 20 });
    const parts = contents(split);
    const size = (name: string): number => parts[name]?.length ?? 0;
    expect(size("train day") / 1000).toBeCloseTo(0.6, 1);
    expect(size("validation day") / 1000).toBeCloseTo(0.2, 1);
    expect(size("train day") + size("validation day") + size("test day")).toBe(1000);
    expect([size("support dos"), size("validation dos"), size("test dos")]).toEqual([16, 4, 280]);
    expect([size("support lone"), size("validation lone"), parts["test lone"]]).toEqual([1, 0, undefined]);
    expect(size("unseen bot")).toBe(40);
    expect(split.notes).toEqual([]);
    expect(split.fit.labels).toBe(20 + 20 + 1);
    expect(split.fit.seen.map((family) => family.family)).toEqual(["dos", "scan", "lone"]);
    // labels are the smallest hashes
    const dos = DATASET.groups[2];
    const smallest = [...rowHashes(dos, 1)].sort((a, b) => a - b)[19];
    const hashes = split.fit.seen[0];
    expect(Math.max(...rowHashes(hashes.support, 1), ...rowHashes(hashes.validation, 1))).toBe(smallest);
  });

  test("every row falls in exactly one part, whatever the order of rows in the files", () => {
    const all = SKETCH.flatMap((sketch) => [...(sketch.cells[0] as Float64Array)]).sort((a, b) => a - b);
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 60 }), fc.infiniteStream(fc.nat()), (seed, shots, random) => {
        const options = { ...OPTIONS, seed, shots, holdOut: ["scan"] };
        const parts = contents(splitDataset(DATASET, options));
        expect(
          Object.values(parts)
            .flat()
            .sort((a, b) => a - b),
        ).toEqual(all);
        expect(contents(splitDataset(shuffled(random), options))).toEqual(parts);
      }),
      { numRuns: 20 },
    );
  });

  test.each(["rows", "blocks"] as const)(
    "labels by %s are as many as asked for, or as there are, each of one kind",
    (split) => {
      fc.assert(
        fc.property(fc.nat(50), fc.integer({ min: 1, max: 60 }), (seed, shots) => {
          const { fit, heldOut } = splitDataset(DATASET, { ...OPTIONS, seed, shots, split });
          for (const { family, support, validation } of fit.seen) {
            const all = DATASET.groups.find(({ name }) => name === family)?.count ?? 0;
            const tested = heldOut.seen.find((other) => other.family === family)?.count ?? 0;
            const labels = Math.min(shots, split === "rows" ? all : all - tested);
            const judging = labels < 2 ? 0 : Math.max(1, Math.round(labels / 5));
            expect([support.count, validation.count]).toEqual([labels - judging, judging]);
            expect(new Set([...support.cells[0], ...validation.cells[0]]).size).toBe(labels);
          }
        }),
        { numRuns: 15 },
      );
    },
  );

  test("labels may be hundreds of thousands", () => {
    const numbers = (role: GroupSketch["role"], from: number, count: number): GroupSketch => ({
      role,
      name: role,
      cells: [Float64Array.from({ length: count }, (_, i) => from + i)],
    });
    const many = datasetOf([COLUMNS[0]], [numbers("normal", 0, 100), numbers("anomaly", 1e6, 700_000)]);
    const [{ support, validation }] = splitDataset(many, { ...OPTIONS, shots: 1e6 }).fit.seen;
    expect([support.count, validation.count]).toEqual([560_000, 140_000]);
  });

  test("an official side wins", () => {
    const sketch = [
      group("normal", "day", 0, 400, "train"),
      group("normal", "day", 400, 100, "test"),
      group("normal", "later", 500, 10, "test"),
      group("normal", "copied", 500, 0), // as duplicates leave it
      group("anomaly", "dos", 1000, 30, "train"),
      group("anomaly", "dos", 2000, 30, "test"),
      group("anomaly", "new", 3000, 30, "test"),
    ];
    const split = splitDataset(datasetOf(COLUMNS, sketch), OPTIONS);
    const parts = contents(split);
    expect(parts["test day"].every((x) => x >= 400) && parts["test day"].length).toBe(100);
    expect(parts["train day"].length / 400).toBeCloseTo(0.75, 1);
    expect(split.fit.labels).toBe(30);
    expect(parts["test dos"].every((x) => x >= 2000)).toBe(true);
    expect(parts["unseen new"]).toHaveLength(30); // without labels a family is unseen, held out or not
    expect(parts["test later"]).toHaveLength(10);
    expect(split.notes).toEqual([
      "No row of new can be a label: it counts as an unseen family.",
      "No row of the normal domain later falls on the training side: all its rows are test rows.",
      "The normal domain copied has no row of its own: all repeat rows of others.",
    ]);
  });

  test("a label is no test row of another family, and a row of a held-out family is never a label", () => {
    const twins = datasetOf(COLUMNS, [
      SKETCH[0],
      group("anomaly", "dos", 5000, 20),
      group("anomaly", "ddos", 5000, 20),
    ]);
    const alike = datasetOf(COLUMNS, [
      SKETCH[0],
      group("anomaly", "dos", 5000, 100),
      group("anomaly", "ddos", 5050, 400),
    ]);
    const { fit, heldOut } = splitDataset(alike, { ...OPTIONS, shots: 40 });
    const labels = new Set(
      fit.seen.flatMap(({ support, validation }) => [support, validation]).flatMap(({ cells }) => [...cells[0]]),
    );
    expect(labels.size).toBeGreaterThan(60);
    const tested = heldOut.seen.flatMap(({ rows }) => [...rows.cells[0]]);
    expect(tested.filter((x) => labels.has(x))).toEqual([]);
    expect(new Set([...labels, ...tested]).size).toBe(450);
    const held = splitDataset(twins, { ...OPTIONS, shots: 8, holdOut: ["ddos"] });
    expect(held.fit.labels).toBe(0);
    expect(held.heldOut.unseen.map((family) => [family.family, family.rows.count])).toEqual([
      ["dos", 20],
      ["ddos", 20],
    ]);
  });
});

describe("normal rows", () => {
  test("a cap takes the rows of smallest hash, evenly over domains, and leaves test rows and labels alone", () => {
    const whole = contents(splitDataset(DATASET, { ...OPTIONS, shots: 20 }));
    const capped = contents(splitDataset(DATASET, { ...OPTIONS, shots: 20, normalRows: 200 }));
    const first = (name: string, count: number): number[] => whole[name].slice(0, count);
    expect(capped).toEqual({
      ...whole,
      "train day": first("train day", 100),
      "train night": first("train night", 100),
      "validation day": first("validation day", 50),
      "validation night": first("validation night", 50),
    });
  });

  test("a domain held out is tested whole and fitted nowhere; a mistyped one is an error", async () => {
    const whole = contents(splitDataset(DATASET, OPTIONS));
    const parts = contents(splitDataset(DATASET, { ...OPTIONS, holdOutDomains: ["day"] }));
    expect(parts["test day"]).toHaveLength(1000);
    expect(parts["train day"] ?? parts["validation day"]).toBeUndefined();
    expect(parts["train night"]).toEqual(whole["train night"]);
    const error = await errorOf(() => splitDataset(DATASET, { ...OPTIONS, holdOutDomains: ["nigt"] }));
    expect(error).toMatchObject({ code: "family-unknown", remedy: 'Did you mean "night"?' });
  });
});

describe("by blocks", () => {
  test("no block is on two sides, and labels come from the side they are for", () => {
    const blockOf = new Map<number, string>();
    for (const { cells, block, blockNames } of DATASET.groups) {
      (cells[0] as Float64Array).forEach((x, i) => blockOf.set(x, blockNames[block[i]]));
    }
    const { fit, heldOut } = splitDataset(DATASET, { ...OPTIONS, split: "blocks", shots: 30 });
    const blocks = (rows: Rows): Set<string> =>
      new Set([...(rows.cells[0] as Float64Array)].map((x) => blockOf.get(x) ?? ""));
    const train = [...fit.normal.map((n) => n.train), ...fit.seen.map((f) => f.support)].map(blocks);
    const validation = [...fit.normal.map((n) => n.validation), ...fit.seen.map((f) => f.validation)].map(blocks);
    const test = [...heldOut.normal, ...heldOut.seen, ...heldOut.unseen].map(({ rows }) => blocks(rows));
    const [a, b, c] = [train, validation, test].map((sets) => new Set(sets.flatMap((set) => [...set])));
    expect([a.size > 10, b.size > 3, c.size > 3]).toEqual([true, true, true]);
    expect(a.size + b.size + c.size).toBe(new Set([...a, ...b, ...c]).size);
  });

  test("blocks of one name fall on one side in all groups, and their official side wins", () => {
    const sides = new Map<string, "train" | "test">(
      Array.from({ length: 40 }, (_, i) => [`patient ${i}`, i % 2 ? "train" : "test"]),
    );
    const groups = DATASET.groups.map((g) => ({
      ...g,
      block: Int32Array.from({ length: g.count }, (_, i) => i % 40),
      blockNames: [...sides.keys()],
    }));
    const options = { ...OPTIONS, split: "blocks", holdOut: ["scan"] } as const;
    const { fit, heldOut } = splitDataset({ ...DATASET, groups, blockSides: sides }, options);
    expect(heldOut.normal.map(({ rows }) => rows.count)).toEqual([500, 250]);
    expect(heldOut.seen.find(({ family }) => family === "dos")?.rows.count).toBe(150);
    const [scan] = heldOut.unseen.map(({ rows }) => [...rows.cells[0]]);
    expect([scan.length, scan.every((x) => Number(x) % 2 === 0)]).toEqual([25, true]);
    // and take one turn in all groups, one of five
    const turnOf = new Map<number, Set<number | undefined>>();
    for (const { rows, turns } of [
      ...fit.normal.map(({ train, ...rest }) => ({ rows: train, ...rest })),
      ...fit.seen.map(({ support, ...rest }) => ({ rows: support, ...rest })),
    ]) {
      rows.cells[0].forEach((x, i) => {
        const block = Number(x) % 40;
        turnOf.set(block, (turnOf.get(block) ?? new Set()).add(turns?.[i]));
      });
    }
    expect([...turnOf.values()].every(({ size }) => size === 1)).toBe(true);
    const turns = new Set([...turnOf.values()].flatMap((own) => [...own]));
    expect([turns.size > 3, [0, 1, 2, 3, 4]]).toEqual([true, expect.arrayContaining([...turns])]);
  });

  test("a held-out family without a test block is tested whole, with a note", () => {
    const sides = new Map([["anomaly lone#1", "train" as const]]);
    const { heldOut, notes } = splitDataset(
      { ...DATASET, blockSides: sides },
      { ...OPTIONS, split: "blocks", holdOut: ["lone"] },
    );
    expect(heldOut.unseen.map(({ family, rows }) => [family, rows.count])).toEqual([["lone", 1]]);
    expect(notes).toContain("No block of the held-out family lone falls on the test side: all its rows are test rows.");
  });
});

describe("traps", () => {
  test("held-out rows change nothing in the schema, to the last bit", () => {
    const { fit, heldOut } = splitDataset(DATASET, { ...OPTIONS, holdOut: ["bot"], shots: 10 });
    const before = fitSchema(fit);
    const spoilt = new Set(
      [...heldOut.normal, ...heldOut.seen, ...heldOut.unseen].flatMap(({ rows }) => [
        ...(rows.cells[0] as Float64Array),
      ]),
    );
    const groups = DATASET.groups.map((g): GroupSketch => {
      const [x, p] = g.cells as [Float64Array, string[]];
      // The normal ones are removed (a changed row may fall on another side), the others changed beyond recognition.
      if (g.role === "normal")
        return {
          name: g.name,
          role: g.role,
          cells: [x.filter((v) => !spoilt.has(v)), p.filter((_, i) => !spoilt.has(x[i]))],
        };
      return { name: g.name, role: g.role, cells: [x.map((v) => v * -1e9), p.map(() => "evil")] };
    });
    groups.push({ ...group("normal", "day", 1e6, 50, "test") });
    const after = fitSchema(splitDataset(datasetOf(COLUMNS, groups), { ...OPTIONS, holdOut: ["bot"], shots: 10 }).fit);
    expect(after).toStrictEqual(before);
  });

  test("a mistyped family is an error", async () => {
    const error = await errorOf(() => splitDataset(DATASET, { ...OPTIONS, holdOut: ["bott"] }));
    expect(error).toMatchObject({ code: "family-unknown", remedy: 'Did you mean "bot"?' });
  });

  test("a family named in another case of letters or Unicode form is held out, and all that are so", () => {
    const names = ["Worm", "worm", "e\u0301tat"];
    const cells = [Float64Array.of(1), ["tcp"]];
    const families = names.map((name) => ({
      ...DATASET.groups[0],
      name,
      role: "anomaly" as const,
      cells,
      count: 1,
    }));
    const dataset = { ...DATASET, groups: [...DATASET.groups, ...families] };
    expect(resolveFamilies(dataset, ["worm"])).toEqual(["worm"]);
    expect(resolveFamilies(dataset, ["WORM", "\xE9tat"])).toEqual(names);
  });

  test("no row to be tested on fits where fitting takes its data", () => {
    const { fit, heldOut } = splitDataset(DATASET, OPTIONS);
    const take = (data: FitData): number => data.labels;
    expect(take(fit)).toBeGreaterThan(0);
    // @ts-expect-error: held-out rows are no FitData
    expect(take(heldOut)).toBeUndefined();
    // @ts-expect-error: nor is an object that looks like one
    take({ columns: fit.columns, normal: fit.normal, seen: fit.seen, labels: 1, [Symbol.toStringTag]: "" });
    // @ts-expect-error: and nobody else can make one
    expect(() => new FitData(Symbol("split"), { columns: [], normal: [], seen: [] })).toThrow(TypeError);
    // @ts-expect-error: nor held-out rows
    expect(() => new HeldOut(undefined, { columns: [], normal: [], seen: [], unseen: [] })).toThrow(TypeError);
  });

  test("too little data and odd options are errors", async () => {
    const late = group("normal", "all", 1000, 10, "test");
    const few = (...groups: GroupSketch[]) => splitDataset(datasetOf(COLUMNS, groups), OPTIONS);
    for (const [counts, ...groups] of [
      ["3 normal rows to train on, 0 to validate and 10 to test", group("normal", "all", 0, 3, "train"), late],
      ["34 normal rows to train on, 16 to validate and 0 to test", group("normal", "all", 0, 50, "train")],
    ] as const) {
      const error = await errorOf(() => few(...groups));
      expect([error.code, error.message]).toEqual(["data-too-small", expect.stringContaining(counts)]);
    }
    const [least] = few(group("normal", "all", 100, 3, "train"), late).fit.normal;
    expect([least.train.count, least.validation.count]).toEqual([2, 1]);
    for (const odd of [{ seed: -1 }, { seed: 0.5 }, { shots: Number.NaN }, { shots: -1 }, { normalRows: 0.5 }]) {
      expect(await errorOf(() => splitDataset(DATASET, { ...OPTIONS, ...odd }))).toMatchObject({
        code: "option-invalid",
      });
    }
  });
});

/** The data set with the rows of every group in another order. */
function shuffled(random: Iterable<number>): Dataset {
  const next = random[Symbol.iterator]();
  const groups = DATASET.groups.map((g): GroupSketch => {
    const order = Array.from({ length: g.count }, (_, i) => ({ i, key: Number(next.next().value) % 1000 })).sort(
      (a, b) => a.key - b.key,
    );
    const [x, p] = g.cells as [Float64Array, string[]];
    return {
      name: g.name,
      role: g.role,
      cells: [Float64Array.from(order, ({ i }) => x[i]), order.map(({ i }) => p[i])],
    };
  });
  return datasetOf(COLUMNS, groups);
}
