import { spawnSync } from "node:child_process";
import { hash } from "node:crypto";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { NumericFeature } from "../../model/schema.ts";
import { readModelRows } from "./model-rows.ts";
import type { PositionalRow } from "./rows.ts";
import { readDataset } from "./read.ts";
import { csv, errorOf, writeFolder, writeParquet } from "./testing.ts";

const numeric = (name: string): NumericFeature => ({
  kind: "numeric",
  name,
  impute: 0,
  signedLog: false,
  center: 0,
  scale: 1,
  clip: 10,
});
const NORMAL = csv("a,b", 4, (i) => `${i},${i * i}`);

test("files are domains and families, CSV, CSV.gz and Parquet alike, hashed", async () => {
  const folder = writeFolder({
    "normal.csv": NORMAL,
    "normal_night.csv.gz": csv("b,a", 2, (i) => `${i + 10},${i + 0.5}`),
    "slow scan.csv": "a,b\r\n1,7\r\n",
    "notes.txt": "not data",
  });
  await writeParquet(join(folder, "flood.parquet"), "SELECT 3::FLOAT + 0.5 AS a, 9::BIGINT AS b");
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
  const sha256 = hash("sha256", readFileSync(join(folder, "normal_night.csv.gz")));
  expect(dataset.files.find((file) => file.path === "normal_night.csv.gz")).toEqual({
    path: "normal_night.csv.gz",
    sha256,
    rows: 2,
  });
});

test("gzip is told by its content: ending in capitals, none, or one too many", async () => {
  const gzip = gzipSync("a,b\n1,7\n");
  const folder = writeFolder({
    "normal.csv": NORMAL,
    "X.CSV.GZ": gzip,
    "y.csv": gzip,
    "z.csv.gz": Buffer.from("a,b\n1,7\n"),
  });
  const { groups } = await readDataset(folder);
  expect(groups.slice(1).map(({ name, cells }) => [name, ...cells.map(([cell]) => cell)])).toEqual([
    ["X", 1, 7],
    ["y", 1, 7],
    ["z", 1, 7],
  ]);
});

test("a Parquet file's numbers in text are numbers, its times are times, its folder's name is no column", async () => {
  const folder = join(writeFolder({ "day=7/dos.csv": "a,b,t\n5,3.5,x\n" }), "day=7");
  const times = "TIMESTAMPTZ '2024-01-01 00:00:00+00' + INTERVAL (i) HOUR";
  await writeParquet(join(folder, "normal.parquet"), `SELECT i::VARCHAR a, i / 2 b, ${times} t FROM range(9) r(i)`);
  await writeParquet(join(folder, "scan.parquet"), "SELECT NULL::VARCHAR a, ' 7' b, DATE 'infinity' t");
  const { columns, groups, notes } = await readDataset(folder);
  expect(columns.map(({ name, kind }) => [name, kind])).toEqual([
    ["a", "numeric"],
    ["b", "numeric"],
  ]);
  expect(groups.map(({ cells }) => cells.map((column) => column.at(-1)))).toEqual([
    [8, 4],
    [5, 3.5],
    [Number.NaN, 7],
  ]);
  const dropped = "a date or time, which gives the time of capture away, dropped.";
  expect(notes).toEqual([`t: ${dropped}`, "1 cells in 1 columns are missing (4.5 %)."]);

  const alone = writeFolder({});
  for (const name of ["normal", "dos"]) {
    await writeParquet(
      join(alone, `${name}.parquet`),
      "SELECT i a, DATE '12024-01-01' + (i % 2)::INTEGER d FROM range(9) r(i)",
    );
  }
  expect((await readDataset(alone)).notes).toContain(`d: ${dropped}`);
});

test("numbers of a Parquet file are the same to training and to scoring, floats of 32 bits among them", async () => {
  const folder = writeFolder({});
  const path = join(folder, "normal.parquet");
  await writeParquet(
    path,
    "SELECT (100000 + i / 77)::FLOAT f, i::DECIMAL(30, 9) / 7 d, (i * 1e18)::HUGEINT h FROM range(99) r(i)",
  );
  const { columns, groups } = await readDataset(folder);
  const schema = { features: columns.map(({ name }) => numeric(name)) };
  const rows: PositionalRow[] = [];
  for await (const chunk of readModelRows(schema, { path, name: "normal.parquet" })) rows.push(...chunk.rows);
  expect(groups[0].cells).toEqual(columns.map((_, j) => Float64Array.from(rows, (row) => Number(row[j]))));
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
  const { groups, notes } = await readDataset(folder);
  expect(groups.map((group) => [group.name, [...group.cells[0]]])).toEqual([
    ["a", [5, 1, 2]],
    ["b", [3, 4]],
    ["ddos", [9]],
    ["dos", [1, 9, 8]],
  ]);
  expect(notes).toContain("4 rows repeat another normal row, or one of their family, and are left out.");
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
  const whole = gzipSync(csv("a,b", 5000, (i) => `${i},${i * i}`));
  const cases: [Record<string, string | Uint8Array>, string, string?][] = [
    [{ "dos.csv": "" }, "data-empty"],
    [{ "dos.csv": "a,b\n" }, "data-empty"],
    [{ "dos.csv": "1,2\n3,4\n" }, "data-unreadable"],
    [{ "dos.csv": Uint8Array.of(0x61, 0x2c, 0x62, 10, 0x31, 0x2c, 0xe9, 10) }, "data-unreadable"],
    [{ "dos.csv": Buffer.from(`\uFEFF${NORMAL}`, "utf16le") }, "data-unreadable", "line 1: not UTF-8"],
    [{ "dos.csv": Buffer.from(NORMAL, "utf16le") }, "data-unreadable", "line 1: not UTF-8"],
    [{ "dos.csv": Buffer.from(NORMAL.replace("b", "\xE9"), "latin1") }, "data-unreadable", "line 1: not UTF-8"],
    [{ "dos.csv": "a,b\r\n1,2\n3,4\r\n" }, "data-unreadable", "CR LF"],
    [{ "dos.csv": `a,b\n1,2\n${"3".repeat(2_100_000)},4\n` }, "data-unreadable", "line 3: longer than"],
    [{ "dos.csv.gz": Uint8Array.of(0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8) }, "data-unreadable"],
    [{ "dos.csv.gz": gzipSync(whole) }, "data-unreadable", "compressed twice"],
    [{ "dos.csv.gz": whole.subarray(0, 5) }, "data-unreadable"],
    [{ "dos.csv.gz": whole.subarray(0, whole.length / 2) }, "data-unreadable"],
    [{ "dos.csv.gz": whole.subarray(0, -1) }, "data-unreadable"],
    [{ "dos.csv.gz": whole.with(-5, whole[whole.length - 5] ^ 1) }, "data-unreadable"],
    [{ "dos.parquet": "not parquet" }, "data-unreadable"],
  ];
  for (const [files, code, words = ""] of cases) {
    const error = await errorOf(() => readDataset(writeFolder({ "normal.csv": NORMAL, ...files })));
    const [file] = Object.keys(files);
    expect(error).toMatchObject({ code, message: expect.stringContaining(words), place: { file } });
  }
});

test("gzip that is cut short is refused where rows are scored, too", async () => {
  const whole = gzipSync(csv("a,b", 5000, (i) => `${i},${i * i}`));
  const path = join(writeFolder({ "rows.csv.gz": whole.subarray(0, -1) }), "rows.csv.gz");
  const rows = readModelRows({ features: [] }, { path, name: "rows.csv.gz" });
  expect(await errorOf(() => rows.next())).toMatchObject({
    code: "data-unreadable",
    message: "rows.csv.gz cannot be read to its end: unexpected end of file.",
  });
});

test("a link to nothing is named", async () => {
  for (const name of ["dos.csv", "dos.csv.gz", "dos.parquet"]) {
    const folder = writeFolder({ "normal.csv": NORMAL });
    symlinkSync("nowhere", join(folder, name));
    expect(await errorOf(() => readDataset(folder))).toMatchObject({ code: "data-not-found", place: { file: name } });
    expect(await errorOf(() => readDataset(join(folder, name)))).toMatchObject({
      message: `${join(folder, name)} is a link to a file that is not there.`,
      remedy: "Remove the link, or bring the file back.",
    });
  }
});

test("a path that cannot be looked at is named, not called a fault of ours", async () => {
  const folder = writeFolder({ "normal.csv": NORMAL, "metas/normal.csv": NORMAL });
  symlinkSync("ring", join(folder, "ring"));
  symlinkSync("meta.json", join(folder, "metas/meta.json"));
  for (const [path, named] of [
    [join(folder, "ring"), join(folder, "ring")],
    [join(folder, "ring/normal.csv"), join(folder, "ring/normal.csv")],
    [join(folder, "metas"), join(folder, "metas/meta.json")],
  ]) {
    const error = await errorOf(() => readDataset(path));
    expect(error).toMatchObject({
      code: "data-unreadable",
      message: expect.stringContaining("ELOOP"),
      place: { file: named },
    });
  }
});

test("a folder is no data file, nor is a link to one, whatever its name", async () => {
  const folder = writeFolder({ "normal.csv": NORMAL, "dos.csv": NORMAL, "old.csv/dos.csv": NORMAL });
  symlinkSync("old.csv", join(folder, "linked.csv"));
  expect((await readDataset(folder)).files.map(({ path }) => path)).toEqual(["normal.csv", "dos.csv"]);
});

test("a pipe is named, not waited for", async () => {
  const folder = writeFolder({ "normal.csv": NORMAL });
  expect(spawnSync("mkfifo", [join(folder, "dos.csv")]).status).toBe(0);
  const error = await errorOf(() => readDataset(folder));
  expect(error).toMatchObject({
    code: "data-unreadable",
    message: expect.stringContaining("dos.csv cannot be read: it is a pipe"),
  });
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
