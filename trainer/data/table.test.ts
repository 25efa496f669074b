import { join } from "node:path";
import { expect, test } from "vitest";
import { readDataset } from "./read.ts";
import { errorOf, writeFolder } from "./testing.ts";

const PART = "a,proto,Label,Kind,Day,Host\n";
const FOLDER = writeFolder({
  "flows-1.csv": `${PART}1,tcp,BENIGN,,mon,h1\n2,udp,BENIGN,,tue,h1\n3,tcp,Attack,dos,mon,h2\n`,
  "flows-2.csv.gz": `${PART}4,tcp,BENIGN,,mon,h2\n5,udp,Attack,scan,mon,h2\n3,tcp,Attack,dos,tue,h2\n6,tcp,,,mon,h1\n`,
});
const GLOB = join(FOLDER, "flows-*");

test("a table in several files becomes domains and families", async () => {
  const dataset = await readDataset(GLOB, { label: "Label", family: "Kind", domain: "Day", block: "Host" });
  expect(dataset.columns).toEqual([
    { name: "a", kind: "numeric" },
    { name: "proto", kind: "categorical" },
  ]);
  expect(dataset.groups.map(({ role, name, cells }) => [role, name, [...cells[0]]])).toEqual([
    ["normal", "mon", [1, 4]],
    ["normal", "tue", [2]],
    ["anomaly", "dos", [3]],
    ["anomaly", "scan", [5]],
  ]);
  expect(dataset.groups[0].blockNames).toEqual(["h1", "h2"]);
  expect(dataset.notes).toEqual([
    "1 rows have no label and are left out.",
    "1 rows repeat another normal row, or one of their family, and are left out.",
  ]);
  expect(dataset.files.map((file) => file.rows)).toEqual([3, 4]);
});

test("a folder with a label column is one table; without family and domain the label and one domain serve", async () => {
  const dataset = await readDataset(FOLDER, {
    label: "Label",
    normal: ["BENIGN"],
    types: { Kind: "drop", Day: "drop", Host: "drop" },
  });
  expect(dataset.groups.map(({ name, count }) => [name, count])).toEqual([
    ["all", 3],
    ["Attack", 2],
  ]);
});

test("which labels mean normal is guessed only when plain", async () => {
  const zero = writeFolder({ "t.csv": "a,y\n1,0\n2,1\n" });
  expect((await readDataset(join(zero, "t.csv"), { label: "y" })).groups.map((group) => group.name)).toEqual([
    "all",
    "1",
  ]);
  const error = await errorOf(() => readDataset(GLOB, { label: "proto" }));
  expect(error).toMatchObject({ code: "option-invalid", place: { feature: "proto" } });
  expect(error.message).toContain('it holds "tcp", "udp".');
});

test("labels and families that differ only in case of letters count as different, with a note", async () => {
  const cases = writeFolder({ "t.csv": "a,y,k\n1,BENIGN,\n2,Benign,\n3,dos,Flood\n4,DoS,flood\n5,scan,slow\n" });
  const read = async (options: object) =>
    readDataset(join(cases, "t.csv"), { label: "y", types: { k: "drop" }, ...options });
  const note = (first: string, second: string) =>
    `"${first}" and "${second}" count as different, though only case of letters or Unicode form tells them apart: name each (--normal, --hold-out), or write them alike.`;
  expect((await read({ normal: ["BENIGN"] })).notes.slice(0, 2)).toEqual([
    note("BENIGN", "Benign"),
    note("DoS", "dos"),
  ]);
  expect((await read({})).notes[0]).toBe(note("DoS", "dos"));
  const { notes } = await read({ family: "k" });
  expect(notes).toEqual([note("Flood", "flood")]);
});

test("a column that a model reads is no label, family, domain or block", async () => {
  const columns = [
    { name: "a", kind: "numeric" as const },
    { name: "proto", kind: "categorical" as const },
  ];
  const error = await errorOf(() => readDataset(GLOB, { label: "Label", family: "proto", columns }));
  expect([error.code, error.message, error.place]).toEqual([
    "option-invalid",
    'The model reads column "proto" as a feature, so it cannot name labels, families, domains or blocks.',
    { feature: "proto" },
  ]);
});

test("a label column that is empty is said to be so", async () => {
  const empty = writeFolder({ "t.csv": "a,y\n1,\n2,NA\n" });
  const error = await errorOf(() => readDataset(join(empty, "t.csv"), { label: "y" }));
  expect([error.code, error.message]).toEqual(["data-empty", 'No row has a label in column "y".']);
});

test("wrong names of columns, labels and files list near matches", async () => {
  expect(await errorOf(() => readDataset(GLOB, { label: "label" }))).toMatchObject({
    code: "column-unknown",
    remedy: 'Did you mean "Label"?',
  });
  expect(await errorOf(() => readDataset(GLOB, { label: "Label", family: "Kid" }))).toMatchObject({
    code: "column-unknown",
    remedy: 'Did you mean "Kind"?',
  });
  expect(await errorOf(() => readDataset(GLOB, { label: "Label", normal: ["BENING"] }))).toMatchObject({
    code: "option-invalid",
    remedy: 'Did you mean "BENIGN"?',
  });
  expect(await errorOf(() => readDataset(join(FOLDER, "flows-3.csv"), { label: "Label" }))).toMatchObject({
    code: "data-not-found",
  });
  expect(await errorOf(() => readDataset(join(FOLDER, "nothing*"), { label: "Label" }))).toMatchObject({
    code: "data-not-found",
  });
  expect(await errorOf(() => readDataset(GLOB))).toMatchObject({ code: "option-invalid" });
});
