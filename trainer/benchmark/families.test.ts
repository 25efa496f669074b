import { describe, expect, test } from "vitest";
import { readMeta } from "../data/meta.ts";
import { readDataset } from "../data/read.ts";
import { csv, writeFolder } from "../data/testing.ts";
import { type Candidate, candidatesOf, chooseFamilies, heldOutSets, namedCandidates } from "./families.ts";

const candidate = (name: string, rows: number, bestColumn: number | null = null): Candidate => ({
  name,
  families: [name],
  group: false,
  rows,
  bestColumn,
});
const names = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name);

describe("the rule", () => {
  test("families of 100 rows or more, hardest first", () => {
    const list = [
      candidate("easy", 100, 0.99),
      candidate("small", 99, 0.5),
      candidate("hard", 500, 0.6),
      candidate("mid", 100, 0.8),
    ];
    expect(names(chooseFamilies(list))).toEqual(["hard", "mid", "easy"]);
  });

  test("eight of many at evenly spaced ranks, both ends included; all if wanted", () => {
    const list = Array.from({ length: 21 }, (_, i) => candidate(`f${i}`, 200, 0.5 + 0.02 * ((i * 8) % 21)));
    const chosen = chooseFamilies(list);
    expect(chosen.map(({ bestColumn }) => Math.round(((bestColumn ?? 0) - 0.5) / 0.02))).toEqual([
      0, 3, 6, 9, 11, 14, 17, 20,
    ]);
    expect(chooseFamilies(list, true)).toHaveLength(21);
    expect(chooseFamilies([...list].reverse())).toEqual(chosen);
  });

  test("with fewer than three of that size the largest are taken; without difficulty names decide", () => {
    const list = [candidate("c", 120), candidate("a", 10), candidate("b", 400)];
    expect(names(chooseFamilies(list))).toEqual(["a", "b", "c"]);
  });

  test("held out k at a time, each family is in one set and hard ones are apart", () => {
    const list = "abcdefgh".split("").map((name) => candidate(name, 100));
    expect(heldOutSets(list, 3).map((set) => names(set).join(""))).toEqual(["adg", "beh", "cf"]);
    expect(heldOutSets(list, 1)).toHaveLength(8);
    expect(heldOutSets(list, 9).map(names)).toEqual([names(list)]);
  });
});

describe("candidates", () => {
  const table = (rows: number, from: number): string =>
    csv("x,y", rows, (i) => `${((from + i) * 37) % 101},${(i % 13) / 2}`);
  const entry = (file: string, name: string, group?: string): object => ({ file, name, ...(group ? { group } : {}) });
  const files = {
    "normal.csv": table(50, 0),
    "land.csv": table(20, 100),
    "smurf.csv": table(60, 200),
    "nmap.csv": table(30, 300),
  };
  const difficulty = { families: { "land.csv": { best_column_auc: 0.6 }, "smurf.csv": { best_column_auc: 0.8 } } };

  test("groups where every family has one; difficulty is the mean weighted by rows", async () => {
    const families = [
      entry("land.csv", "land", "DoS"),
      entry("smurf.csv", "smurf", "DoS"),
      entry("nmap.csv", "nmap", "Probe"),
    ];
    const folder = writeFolder({ ...files, "meta.json": JSON.stringify({ families, difficulty }) });
    const [dataset, meta] = [await readDataset(folder), readMeta(folder)];
    const found = candidatesOf(dataset, meta);
    expect(found).toEqual([
      { name: "DoS", families: ["land", "smurf"], group: true, rows: 80, bestColumn: expect.closeTo(0.75, 12) },
      { name: "Probe", families: ["nmap"], group: true, rows: 30, bestColumn: null },
    ]);
    expect(names(chooseFamilies(found))).toEqual(["DoS", "Probe"]);
    const { candidates, missing } = namedCandidates(dataset, meta, ["smurf", "nothing", "dos", "DoS", "SMURF", "nmap"]);
    // as the data set calls them, each once; one that is all of its group as the rule would call it
    expect([names(candidates), missing]).toEqual([["smurf", "DoS", "Probe"], ["nothing"]]);
    expect(candidates.slice(1)).toEqual(found);
  });

  test("families where one has no group, or nothing is known of them", async () => {
    const families = [entry("land.csv", "land", "DoS"), entry("smurf.csv", "smurf", "DoS"), entry("nmap.csv", "nmap")];
    const folder = writeFolder({ ...files, "meta.json": JSON.stringify({ families }) });
    const dataset = await readDataset(folder);
    expect(names(candidatesOf(dataset, readMeta(folder)))).toEqual(["land", "nmap", "smurf"]);
    expect(names(candidatesOf(dataset, null))).toEqual(["land", "nmap", "smurf"]);
  });
});
