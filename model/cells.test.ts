import { describe, expect, test } from "vitest";
import { cellValue, csvCells, delimiterOf, readCell } from "./cells.ts";
import type { Feature } from "./schema.ts";

const numeric: Feature = { kind: "numeric", name: "x", impute: 0, signedLog: false, center: 0, scale: 1, clip: 10 };

const flag: Feature = { kind: "boolean", name: "on", impute: 0.5, center: 0, scale: 1 };

describe("cells of a file", () => {
  test("are what training made of them: infinite ones are missing, words are wrong", () => {
    for (const cell of ["", "NA", "nan", "Infinity", "-inf", "+INF", "1e999"])
      expect(readCell(numeric, cell)).toBeNull();
    expect(readCell(numeric, " -2.5e1 ")).toBe(-25);
    for (const cell of ["infinite", "0x1F", "0b1", "0O7"]) expect(readCell(numeric, cell)).toBeUndefined();
    expect(() => cellValue(numeric, "n/k", 4, "rows.csv")).toThrow(
      expect.objectContaining({ code: "value-wrong-type", place: { file: "rows.csv", row: 4, feature: "x" } }),
    );
  });

  test("are true or false by any of the words for it, and nothing like them is", () => {
    for (const cell of ["true", "T", " Yes", "y", "1", "1.0"]) expect(readCell(flag, cell)).toBe(true);
    for (const cell of ["False", "f", "no", "N", "0", "0."]) expect(readCell(flag, cell)).toBe(false);
    for (const cell of ["untrue", "true.", "yes no", "10", "0.5", "2"]) expect(readCell(flag, cell)).toBeUndefined();
    expect(readCell(flag, "NA")).toBeNull();
  });
});

test("a separator within a quoted name parts no cells", () => {
  for (const delimiter of [",", ";", "\t"]) {
    const header = ['"length, mm"', "b", '"a ""b""; c"'].join(delimiter);
    expect(delimiterOf(header)).toBe(delimiter);
    expect(csvCells(header, delimiter)).toEqual(["length, mm", "b", 'a "b"; c']);
  }
});
