import { expect, test } from "vitest";
import { resolveFamilies } from "./families.ts";
import { readDataset } from "./read.ts";
import { csv, errorOf, writeFolder } from "./testing.ts";

const FILES = {
  "normal_1.csv": csv("a,port", 6, (i) => `${i},${i % 2}`),
  "syn.csv": csv("a,port", 4, (i) => `${i + 9},0`),
  "ack.csv": csv("a,port", 2, (i) => `${i + 90},1`),
};

function withMeta(meta: unknown): string {
  return writeFolder({ ...FILES, "meta.json": typeof meta === "string" ? meta : JSON.stringify(meta) });
}

test("names, kinds, official sides, groups of families and blocks are taken from meta.json", async () => {
  const dataset = await readDataset(
    withMeta({
      name: "floods",
      categorical_columns: ["port"],
      normal_domains: [
        {
          file: "normal_1.csv",
          domain: "monday",
          records: [
            ["p1", 4],
            ["p2", 2],
          ],
        },
      ],
      families: [
        { file: "syn.csv", name: "SYN flood", group: "DoS", runs: [1, 3] },
        { file: "ack.csv", name: "ACK flood", group: "DoS", split: "test", segments: [{ part: "x", rows: 2 }] },
      ],
      patient_split: { DS1: ["p1"], test: ["p2"] },
    }),
  );
  expect(dataset.name).toBe("floods");
  expect(dataset.columns[1]).toEqual({ name: "port", kind: "categorical" });
  const blocks = dataset.groups.map(({ name, block, blockNames }) => [name, [...block].map((i) => blockNames[i])]);
  expect(blocks).toEqual([
    ["monday", ["p1", "p1", "p1", "p1", "p2", "p2"]],
    ["ack", ["anomaly ack#1", "anomaly ack#1"]],
    ["syn", ["anomaly syn#1", "anomaly syn#2", "anomaly syn#2", "anomaly syn#2"]],
  ]);
  expect(dataset.groups.map(({ side }) => side)).toEqual([null, "test", null]);
  expect(dataset.blockSides).toEqual(
    new Map([
      ["p1", "train"],
      ["p2", "test"],
    ]),
  );
  expect(resolveFamilies(dataset, ["SYN flood"])).toEqual(["syn"]);
  expect(resolveFamilies(dataset, ["dos"])).toEqual(["ack", "syn"]);
  const error = await errorOf(() => resolveFamilies(dataset, ["sin"]));
  expect(error).toMatchObject({ code: "family-unknown", remedy: 'Did you mean "syn"?' });
});

test("a family called as a group keeps its name for itself", async () => {
  const dataset = await readDataset(withMeta({ families: [{ file: "ack.csv", name: "syn", group: "syn" }] }));
  expect(resolveFamilies(dataset, ["syn"])).toEqual(["syn"]);
});

test("nonsense in meta.json is ignored with a note", async () => {
  const dataset = await readDataset(
    withMeta({
      name: 7,
      categorical_columns: [3, "prt"],
      normal_domains: [
        { file: "../../etc/passwd", domain: "x" },
        "monday",
        { file: "normal_1.csv", domain: {}, records: [["p1", 99]] },
      ],
      families: [{ file: "syn.csv", runs: [-1, "many"], split: "both", group: ["DoS"] }],
      sha256: { "syn.csv": "00", "ack.csv": 0 },
      patient_split: { DS1: [101, "102"], DS2: "103" },
      difficulty: { families: { "syn.csv": { best_column_auc: "high" }, "ack.csv": { best_column_auc: null } } },
      __proto__: { polluted: true },
    }),
  );
  expect(dataset.groups.map((group) => group.name)).toEqual(["1", "ack", "syn"]);
  expect(dataset.groups.map(({ side }) => side)).toEqual([null, null, null]);
  expect(dataset.groups[0].blockNames).toHaveLength(6);
  expect(dataset.blockSides).toEqual(new Map([["102", "train"]]));
  expect(dataset.notes).toEqual([
    "meta.json: name has the wrong shape and is ignored.",
    "meta.json: part of categorical_columns has the wrong shape and is ignored.",
    "meta.json: an entry among the normal domains names no file and is ignored.",
    "meta.json: the domain of normal_1.csv has the wrong shape and is ignored.",
    "meta.json: the split of syn.csv has the wrong shape and is ignored.",
    "meta.json: the group of syn.csv has the wrong shape and is ignored.",
    "meta.json: the block list of syn.csv has the wrong shape and is ignored.",
    "meta.json: part of sha256 has the wrong shape and is ignored.",
    "meta.json: part of patient_split.DS1 has the wrong shape and is ignored.",
    "meta.json: patient_split.DS2 has the wrong shape and is ignored.",
    "meta.json: part of difficulty has the wrong shape and is ignored.",
    "meta.json lists 1 files that are not there, such as ../../etc/passwd.",
    "1 files differ from meta.json's sha256, such as syn.csv.",
    'meta.json lists 1 columns that are not there, such as "prt".',
    "meta.json lists 99 rows in the blocks of normal_1.csv, which has 6: its list is ignored.",
  ]);
});

test("lists and records that are something else are ignored with a note", async () => {
  const meta = { numeric_columns: "a", families: {}, sha256: [], patient_split: "DS1", difficulty: { families: 1 } };
  const { notes } = await readDataset(withMeta(meta));
  const keys = ["numeric_columns", "families", "sha256", "patient_split", "difficulty"];
  expect(notes).toEqual(keys.map((key) => `meta.json: ${key} has the wrong shape and is ignored.`));
});

test("a meta.json that is no JSON object is an error", async () => {
  for (const text of ["{", "[]", "null", "7"]) {
    expect(await errorOf(() => readDataset(withMeta(text)))).toMatchObject({
      code: "data-unreadable",
      place: { file: "meta.json" },
    });
  }
});
