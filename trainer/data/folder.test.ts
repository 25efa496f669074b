import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { readDataset } from "./read.ts";
import { csv, errorOf, writeFolder } from "./testing.ts";

const NORMAL = csv("a,b", 4, (i) => `${i},${i * i}`);

test("files are domains and families, CSV, CSV.gz and Parquet alike, hashed", async () => {
  const folder = writeFolder({
    "normal.csv": NORMAL,
    "normal_night.csv.gz": csv("b,a", 2, (i) => `${i + 10},${i + 0.5}`),
    "slow scan.csv": "a,b\r\n1,7\r\n",
    "notes.txt": "not data",
  });
  const database = await DuckDBInstance.create(":memory:");
  const connection = await database.connect();
  await connection.run(`COPY (SELECT 3::FLOAT + 0.5 AS a, 9::BIGINT AS b) TO '${join(folder, "flood.parquet")}'`);
  const dataset = await readDataset(folder);
  expect(dataset.columns).toEqual([
    { name: "a", kind: "numeric" },
    { name: "b", kind: "numeric" },
  ]);
  const sketch = dataset.groups.map(({ role, name, cells }) => [role, name, ...cells.map((values) => [...values])]);
  expect(sketch).toEqual([
    ["normal", "all", [0, 1, 2, 3], [0, 1, 4, 9]],
    ["normal", "night", [0.5, 1.5], [10, 11]],
    ["anomaly", "flood", [3.5], [9]],
    ["anomaly", "slow scan", [1], [7]],
  ]);
  const sha256 = createHash("sha256")
    .update(readFileSync(join(folder, "normal_night.csv.gz")))
    .digest("hex");
  expect(dataset.files.find((file) => file.path === "normal_night.csv.gz")).toEqual({
    path: "normal_night.csv.gz",
    sha256,
    rows: 2,
  });
});

test("train and test folders are official sides", async () => {
  const folder = writeFolder({
    "train/normal.csv": NORMAL,
    "test/normal.csv": csv("a,b", 3, (i) => `${i},0`),
    "test/dos.csv": "a,b\n7,7\n",
  });
  const dataset = await readDataset(folder);
  // 0,0 is in both: the official test set keeps it, so three training rows are left.
  expect(dataset.groups.map(({ name, side, count }) => [name, side, count])).toEqual([
    ["all", "train", 3],
    ["all", "test", 3],
    ["dos", "test", 1],
  ]);
  expect(dataset.duplicates).toBe(1);
});

test("a path with pattern characters is a path", async () => {
  const folder = writeFolder({ "a[1]*/normal.csv": NORMAL, "a[1]*/dos.csv": "a,b\n1,2\n" });
  expect((await readDataset(join(folder, "a[1]*"))).groups).toHaveLength(2);
});

test("duplicates go within a domain, a family and across domains; order and blocks stay", async () => {
  const folder = writeFolder({
    "normal_a.csv": "a,b\n5,0\n1,1\n5,0\n2,2\n",
    "normal_b.csv": "a,b\n3,3\n1,1\n4,4\n",
    "dos.csv": "a,b\n1,1\n9,9\n9,9\n8,\n8,\n",
    "ddos.csv": "a,b\n9,9\n",
  });
  const { groups, duplicates, notes } = await readDataset(folder);
  expect(groups.map((group) => [group.name, [...group.cells[0]]])).toEqual([
    ["a", [5, 1, 2]],
    ["b", [3, 4]],
    ["ddos", [9]],
    ["dos", [1, 9, 8]],
  ]);
  expect(duplicates).toBe(4);
  expect(notes).toContain("1 rows are both normal and anomalous and stay in both.");
  expect(notes).toContain("1 rows occur in more than one family and stay in each.");
  const [a] = groups;
  expect([...a.block].map((block) => a.blockNames[block])).toEqual(["normal a#1", "normal a#2", "normal a#4"]);
});

test("ragged lines name file and line", async () => {
  const short = writeFolder({ "normal.csv": NORMAL, "dos.csv.gz": "a,b\n1,2\n3\n" });
  expect(await errorOf(() => readDataset(short))).toMatchObject({
    code: "data-ragged",
    message: "dos.csv.gz, line 3: 1 fields where the header has 2.",
    place: { file: "dos.csv.gz", row: 2 },
  });
  const long = writeFolder({
    "normal.csv": csv("a,b", 5000, (i) => (i === 4321 ? "1,2,3" : `${i},0`)),
    "dos.csv": "a,b\n1,2\n",
  });
  expect(await errorOf(() => readDataset(long))).toMatchObject({
    code: "data-ragged",
    place: { file: "normal.csv", row: 4322 },
  });
  const open = writeFolder({ "normal.csv": 'a,b\n1,"2\n3,4\n' });
  expect(await errorOf(() => readDataset(open))).toMatchObject({ code: "data-ragged", place: { file: "normal.csv" } });
});

test("empty and unreadable files are named", async () => {
  const cases: [Record<string, string | Uint8Array>, string][] = [
    [{ "dos.csv": "" }, "data-empty"],
    [{ "dos.csv": "a,b\n" }, "data-empty"],
    [{ "dos.csv": "1,2\n3,4\n" }, "data-unreadable"],
    [{ "dos.csv": Uint8Array.of(0x61, 0x2c, 0x62, 10, 0x31, 0x2c, 0xe9, 10) }, "data-unreadable"],
    [{ "dos.csv.gz": Uint8Array.of(0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8) }, "data-unreadable"],
    [{ "dos.parquet": "not parquet" }, "data-unreadable"],
  ];
  for (const [files, code] of cases) {
    const error = await errorOf(() => readDataset(writeFolder({ "normal.csv": NORMAL, ...files })));
    expect(error).toMatchObject({ code, place: { file: Object.keys(files)[0] } });
  }
});

test("files must have the same columns", async () => {
  const lacking = writeFolder({ "normal.csv": NORMAL, "dos.csv": "a,c\n1,2\n" });
  expect(await errorOf(() => readDataset(lacking))).toMatchObject({
    code: "column-unknown",
    message: 'dos.csv has no column "b", which normal.csv has.',
    place: { file: "dos.csv", feature: "b" },
  });
  const extra = writeFolder({ "normal.csv": NORMAL, "dos.csv": "a,b,c\n1,2,3\n" });
  expect(await errorOf(() => readDataset(extra))).toMatchObject({
    code: "column-unknown",
    place: { file: "dos.csv", feature: "c" },
  });
});

test("a folder that is not there or has no normal rows is said to be so", async () => {
  const folder = writeFolder({ "flows/dos.csv": NORMAL });
  expect(await errorOf(() => readDataset(join(folder, "flow")))).toMatchObject({
    code: "data-not-found",
    remedy: `Did you mean ${join(folder, "flows")}?`,
  });
  expect(await errorOf(() => readDataset(join(folder, "flows")))).toMatchObject({ code: "data-not-found" });
});

test("two files for one family are refused", async () => {
  const folder = writeFolder({ "normal.csv": NORMAL, "dos.csv": NORMAL, "dos.csv.gz": NORMAL });
  expect(await errorOf(() => readDataset(folder))).toMatchObject({
    code: "data-unreadable",
    message: 'dos.csv and dos.csv.gz are both the family "dos".',
  });
});
