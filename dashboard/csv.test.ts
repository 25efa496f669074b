import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvField } from "../model/cells.ts";
import { mapColumns } from "./columns.ts";
import { CsvTable } from "./csv.ts";

describe("csv", () => {
  test("whatever is written as RFC 4180 has it is read back, cell by cell", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", "1", ",", '"', "\n", "\r\n", " ", "é"), maxLength: 6 });
    const rows = fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(rows, fc.constantFrom("\n", "\r\n"), (cells, end) => {
        const lines = [["x", "y", "z"], ...cells].map((line) => line.map(csvField).join(","));
        // a row of nothing but blanks is a blank line
        const kept = cells.filter((_, i) => lines[i + 1].trim() !== "");
        if (kept.length === 0) return;
        const table = new CsvTable(lines.join(end));
        expect(table.count).toBe(kept.length);
        for (const [i, row] of kept.entries()) expect(table.cells(i)).toEqual(row);
      }),
    );
  });

  test("semicolons and tabs, a byte order mark, blank lines, repeated and empty names", () => {
    const table = new CsvTable('\ufeff"a"; b ;a;\r\n\r\n1;2;3;4\r\n  \r\n5;6;7;8');
    expect(table.names).toEqual(["a", "b", "a.1", "column 4"]);
    expect([table.count, table.cells(1)]).toEqual([2, ["5", "6", "7", "8"]]);
    expect(table.record(0)).toBe("1;2;3;4");
    expect(new CsvTable("a\tb\n1\t2").cells(0)).toEqual(["1", "2"]);
  });

  test("cells that are all empty, or far behind blanks, are a row still where tabs part them", () => {
    const table = new CsvTable(`a\tb\n\t\n  \n${" ".repeat(100)}\t2`);
    expect([table.count, table.cells(0), table.cells(1)[1]]).toEqual([2, ["", ""], "2"]);
  });

  test("thousands of rows keep their places, and a quote that never ends goes on to the end", () => {
    const rows = Array.from({ length: 9999 }, (_, i) => `${i},${"x".repeat(i % 7)}`);
    const table = new CsvTable(["a,b", ...rows, '9,"1\n2'].join("\n"));
    expect(table.count).toBe(10_000);
    for (const [i, row] of rows.entries()) if (table.record(i) !== row) expect.fail(row);
    expect(table.record(9999)).toBe('9,"1\n2');
  });

  test("a quote within a cell that has begun without one is a letter: the rows behind it are read", () => {
    const table = new CsvTable('a,b\n5" pipe,1\n3" x 4",2\n "q,""u" ,3\n;"c,4\n"d"",e",5');
    expect(Array.from({ length: table.count }, (_, row) => table.cells(row))).toEqual([
      ['5" pipe', "1"],
      ['3" x 4"', "2"],
      [' q,"u ', "3"],
      [';"c', "4"],
      ['d",e', "5"],
    ]);
  });

  test("lines may end with a carriage return alone", () => {
    const table = new CsvTable('a,b\r1,2\r"3\r",4\r');
    expect([table.names, table.count, table.cells(1)]).toEqual([["a", "b"], 2, ["3\r", "4"]]);
  });

  test("a first line not all of whose cells are numbers names the columns", () => {
    expect(new CsvTable("day,2020\n1,2").names).toEqual(["day", "2020"]);
    expect(new CsvTable("2020,\n1,2").names).toEqual(["2020", "column 2"]);
  });

  test.each([
    ["", "data-empty", "nothing to read"],
    ["\n \n", "data-empty", "nothing to read"],
    ["a,b\n", "data-empty", "a header but no row"],
    ["1,2\n3,4", "data-unreadable", "all numbers"],
  ])("%j is refused as %s: %s", (text, code, words) => {
    expect(() => new CsvTable(text)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(words) }),
    );
  });
});

describe("columns", () => {
  const numeric = (name: string) =>
    ({ kind: "numeric", name, impute: 0, signedLog: false, center: 0, scale: 1, clip: 10 }) as const;
  const schema = { features: [numeric("flow_duration"), numeric("bytes")] };

  test("go by name, else by spelling; what is not read is named", () => {
    const columns = mapColumns(["id", "Bytes", " Flow Duration"], schema);
    expect(columns.places).toEqual([2, 1]);
    expect(columns.ignored).toEqual(["id"]);
    expect(columns.respelled).toEqual([
      [" Flow Duration", "flow_duration"],
      ["Bytes", "bytes"],
    ]);
    expect(mapColumns(["BYTES", "bytes", "flow_duration"], schema).places).toEqual([2, 1]);
    expect(mapColumns(["V 1", "V 2"], { features: [numeric("v2"), numeric("v1")] }).places).toEqual([1, 0]);
    // a column feeds one feature, of its own name if there is one
    const twins = { features: [numeric("Bytes"), numeric("bytes"), numeric("BYTES")] };
    expect(mapColumns(["bytes"], twins, true)).toMatchObject({ places: [-1, 0, -1], missing: ["Bytes", "BYTES"] });
  });

  test("two columns of one spelling stand for neither; a missing one is named with what may be meant", () => {
    expect(() => mapColumns(["BYTES", "Bytes", "flow_duration"], schema)).toThrow('lacks the column "bytes"');
    expect(() => mapColumns(["byte", "flow_duration"], schema)).toThrow(
      expect.objectContaining({
        remedy: expect.stringContaining('"byte" meant to be "bytes"'),
        place: { feature: "bytes" },
      }),
    );
    expect(mapColumns(["flow_duration"], schema, true)).toMatchObject({ places: [0, -1], missing: ["bytes"] });
    expect(() => mapColumns(["x"], schema, true)).toThrow("None of the columns");
  });
});
