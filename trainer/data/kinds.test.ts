import { expect, test } from "vitest";
import { readCell } from "../../model/cells.ts";
import { readDataset } from "./read.ts";
import { csv, errorOf, writeFolder } from "./testing.ts";

const ROWS = 100;

/** One column `x` with the given normal cells beside a plain number, and one anomaly. */
async function readColumn(
  cell: (i: number) => string,
  anomaly = "1",
  types?: Record<string, "numeric" | "categorical" | "boolean" | "drop">,
) {
  const folder = writeFolder({
    "normal.csv": csv("n,x", ROWS, (i) => `${i * i},${cell(i)}`),
    "dos.csv": `n,x\n-1,${anomaly}\n`,
  });
  const dataset = await readDataset(folder, types ? { types } : {});
  const at = dataset.columns.findIndex((column) => column.name === "x");
  return {
    kind: dataset.columns[at]?.kind,
    reason: /^x: (.*), dropped\.$/m.exec(dataset.notes.join("\n"))?.[1],
    normal: dataset.groups[0].cells[at],
    anomaly: dataset.groups[1].cells[at]?.[0],
    notes: dataset.notes,
  };
}

test("numbers, with missing and infinite ones", async () => {
  const cells = ["1", "", "NA", "N/A", "NaN", "null", "NULL", "?", " 2.5e1 ", "inf", "-Infinity"];
  const { kind, normal, notes } = await readColumn((i) => cells[i] ?? "3");
  expect(kind).toBe("numeric");
  expect([...(normal ?? [])].slice(0, 12)).toEqual([1, ...Array(7).fill(Number.NaN), 25, Number.NaN, Number.NaN, 3]);
  expect(notes).toEqual(["2 infinite values count as missing (x 2).", "9 cells in 1 columns are missing (4.5 %)."]);
});

test("numbers and flags as scoring reads them, however they are written", async () => {
  const numbers = ["\u00a02\u00a0", "\u3000-3", "\ufeff1e2", "+4", "\u00a0-inf", "05"];
  const { kind, normal } = await readColumn((i) => numbers[i] ?? "3");
  expect(kind).toBe("numeric");
  expect([...(normal ?? [])].slice(0, 6)).toEqual([2, -3, 100, 4, Number.NaN, 5]);
  const x = { kind: "numeric", name: "x", impute: 0, signedLog: false, center: 0, scale: 1, clip: 10 } as const;
  expect(numbers.map((cell) => readCell(x, cell))).toEqual([2, -3, 100, 4, null, 5]);

  const flags = ["01", "1e0", "00", "\u00a0yes", "-0"];
  const { normal: typed } = await readColumn((i) => flags[i] ?? "no", "1", { x: "boolean" });
  expect([...(typed ?? [])].slice(0, 5)).toEqual([1, 1, 0, 1, -0]);
  const on = { kind: "boolean", name: "x", impute: 0, center: 0, scale: 1 } as const;
  expect(flags.map((cell) => readCell(on, cell))).toEqual([true, true, false, true, false]);
});

test("true and false in several spellings", async () => {
  const { kind, normal, anomaly } = await readColumn((i) => ["true", "F", "YES", "n", ""][i % 5], "False");
  expect(kind).toBe("boolean");
  expect([...(normal ?? [])].slice(0, 5)).toEqual([1, 0, 1, 0, Number.NaN]);
  expect(anomaly).toBe(0);
});

test("words are categories, a missing one is null", async () => {
  const { kind, normal } = await readColumn((i) => ["tcp", " udp ", "?"][i % 3]);
  expect(kind).toBe("categorical");
  expect(normal?.slice(0, 3)).toEqual(["tcp", "udp", null]);
});

test("codes that are written with a point stay texts, and a note says how JSON has them", async () => {
  const { normal, notes } = await readColumn((i) => `${i % 3}.0`, "7.0", { x: "categorical" });
  expect(normal?.slice(0, 3)).toEqual(["0.0", "1.0", "2.0"]);
  expect(notes).toEqual([expect.stringContaining('such as "0.0" are texts')]);
});

test("digits that are grouped by underscores are a word, as they are where rows are scored", async () => {
  const { kind, normal } = await readColumn((i) => (i < 4 ? "1_000" : String(i % 7)));
  expect([kind, normal?.[0]]).toEqual(["numeric", Number.NaN]);
});

test("a large constant does not number the rows", async () => {
  expect((await readColumn(() => "100000000000000000000")).kind).toBe("numeric");
});

test("mostly numbers with a few words stay numbers, with a note", async () => {
  const { kind, normal, notes } = await readColumn((i) => (i < 5 ? "low" : String(i % 7)));
  expect(kind).toBe("numeric");
  expect(normal?.[0]).toBe(Number.NaN);
  expect(notes).toContain('x: 5 cells are no numbers, such as "low", and count as missing.');
});

test("numbers among many words are categories, with a note", async () => {
  const { kind, notes } = await readColumn((i) => (i < 6 ? "low" : String(i % 7)));
  expect(kind).toBe("categorical");
  expect(notes).toContain('x: 94 % numbers among words such as "low", read as categories.');
});

test("the word that is named is none that counts as a number", async () => {
  const cells = ["1e400", "-inf", "0x1F", "low", "low", "low"];
  const { kind, notes } = await readColumn((i) => cells[i] ?? String(i % 7));
  expect(kind).toBe("numeric");
  expect((await readColumn((i) => cells[i % 6])).notes).toContain(
    'x: 34 % numbers among words such as "0x1F", read as categories.',
  );
  expect(notes).toContain('x: 4 cells are no numbers, such as "0x1F", and count as missing.');
});

test.each([
  [(i: number) => `"36,${i % 9}"`, 'x: words such as "36,0"', "read as categories."],
  [(i: number) => `${i % 9} %`, 'x: words such as "0 %"', "read as categories."],
  [
    (i: number) => `"1,2${10 + i},000.5"`,
    'x: (nearly) all distinct text, an identifier such as "1,210,000.5"',
    "dropped.",
  ],
])("numbers with commas or percent signs are words, and it is said why: %s", async (cell, begins, ends) => {
  const { notes } = await readColumn(cell);
  expect(notes[0].startsWith(`${begins} (`)).toBe(true);
  expect(notes[0]).toContain("a number has a point for its decimals, and no comma or percent sign");
  expect(notes[0].endsWith(ends)).toBe(true);
});

test.each(["v1,2", "10.0.0.N", "a%"])("such as '%s' are not called numbers", async (pattern) => {
  const { notes } = await readColumn((i) => `"${pattern.replace("N", String(i % 9))}"`);
  expect(notes.join()).not.toContain("has a point");
});

test("where every column is dropped, that is what is said", async () => {
  const rows = csv("t", ROWS, (i) => `2024-01-01 00:${10 + (i % 50)}`);
  const error = await errorOf(() => readDataset(writeFolder({ "normal.csv": rows })));
  expect([error.code, error.message]).toEqual([
    "data-empty",
    "No column is left to learn from. t: a date or time, which gives the time of capture away, dropped.",
  ]);
});

test("identifiers and times are dropped with a reason", async () => {
  expect((await readColumn((i) => `flow-${i}`)).reason).toMatch(/all distinct text/);
  expect((await readColumn((i) => `2017-07-03 08:${10 + (i % 40)}:00`)).reason).toMatch(/date or time/);
  expect((await readColumn((i) => `3/7/2017 8:${10 + (i % 40)} AM`)).reason).toMatch(/date or time/);
});

test.each([
  "2024-01-01 00:MM:00+00",
  "2024-01-01 00:MM:00.123+05:30",
  "2024-01-01T00:MM:00Z",
  "2024/01/01 10:MM",
  "2024/1/1",
  "00:MM:00",
  "23:MM:59.5",
  "3.7.2017",
  "03.07.17 10:MM",
  "03/07/17",
])("%s is a time", async (pattern) => {
  const { reason, notes } = await readColumn((i) => pattern.replace("MM", String(10 + (i % 40))));
  expect(reason).toMatch(/date or time/);
  expect(notes).toContain(`x: ${reason}, dropped.`);
});

test.each(["1.2.1N", "10.0.N.1", "0N:1a:2b", "25:0N:00", "N/2"])("%s is no time", async (pattern) => {
  expect((await readColumn((i) => pattern.replace("N", String(i % 10)))).kind).toBe("categorical");
});

test.each(["9", "", "none"])("a row number is dropped, whatever anomalies have there, such as '%s'", async (cell) => {
  const folder = writeFolder({
    "normal.csv": csv(",a", 20, (i) => `${i + 7},${i % 3}${i}`),
    "dos.csv": `,a\n0,5\n${cell},7\n`,
  });
  expect((await readDataset(folder)).notes).toEqual(["column 1: numbers the rows, dropped."]);
});

test("constant columns stay, columns without a normal value go", async () => {
  expect((await readColumn(() => "4")).kind).toBe("numeric");
  expect((await readColumn(() => "")).reason).toBe("no value in any normal row");
});

test("a column that is infinite in all normal rows has no value there, blanks or not", async () => {
  for (const cell of [() => "inf", (i: number) => (i % 2 === 0 ? "-Infinity" : "")]) {
    expect((await readColumn(cell)).reason).toBe("no value in any normal row");
  }
  expect((await readColumn((i) => (i === 0 ? "3" : "inf"))).kind).toBe("numeric");
});

test("no anomaly decides a column's kind", async () => {
  const { kind, anomaly, notes } = await readColumn((i) => String(i % 7), "evil");
  expect(kind).toBe("numeric");
  expect(anomaly).toBe(Number.NaN);
  expect(notes[0]).toBe('x: 1 cells are no numbers, such as "evil", and count as missing.');
});

test("stated kinds win", async () => {
  expect((await readColumn((i) => `flow-${i}`, "1", { x: "categorical" })).kind).toBe("categorical");
  expect((await readColumn((i) => String(i % 3), "1", { x: "categorical" })).normal?.slice(0, 3)).toEqual([
    "0",
    "1",
    "2",
  ]);
  const { kind, normal } = await readColumn((i) => String(i % 3), "1", { x: "boolean" });
  expect([kind, ...(normal ?? [])].slice(0, 4)).toEqual(["boolean", 0, 1, Number.NaN]);
  expect((await readColumn((i) => String(i % 3), "1", { x: "drop" })).reason).toBe("as asked");
  const error = await errorOf(() => readColumn((i) => String(i), "1", { Xx: "drop" }));
  expect(error).toMatchObject({ code: "column-unknown", remedy: 'Did you mean "x"?', place: { feature: "Xx" } });
});

test("repeated, blank and quoted names, semicolons and a byte order mark", async () => {
  const folder = writeFolder({ "normal.csv": '\uFEFFa; a ;;"x;""y"\n1;2;3;"4"\n5;6;7;8\n' });
  const { columns } = await readDataset(folder);
  expect(columns.map((column) => column.name)).toEqual(["a", "a.1", "column 3", 'x;"y']);
});
