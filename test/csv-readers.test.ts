/** The same CSV text has the same rows where the trainer reads it and where the dashboard does; batches: worker/batch/csv.test.ts. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { CsvTable } from "../dashboard/csv.ts";
import { cellText } from "../model/cells.ts";
import { readModelRows } from "../trainer/data/model-rows.ts";
import { readDataset } from "../trainer/data/read.ts";
import { writeFolder } from "../trainer/data/testing.ts";

test.each([
  ["an empty line of a single column, a missing value", "a\n1\n\n2\n", [["1"], [null], ["2"]]],
  ["those at its end, too", "a\r\n1\r\n\r\n\r\n", [["1"], [null], [null]]],
  ["one of blanks, and one that says so in quotes", 'a\n1\n  \n""', [["1"], [null], [null]]],
  [
    "none in an empty line of several columns",
    "a,b\n1,2\n\n3,\n\n",
    [
      ["1", "2"],
      ["3", null],
    ],
  ],
])("rows: %s", async (_, text, rows) => {
  const table = new CsvTable(text);
  const onPage = Array.from({ length: table.count }, (__, row) => table.cells(row).map(cellText));
  const folder = writeFolder({ "normal.csv": text });
  const scored: (string | null)[][] = [];
  for await (const { cells } of readModelRows({ features: [] }, { path: join(folder, "normal.csv"), name: "" })) {
    scored.push(...cells.map((row) => row.map((cell) => cellText(cell ?? ""))));
  }
  const { files } = await readDataset(folder);
  expect([onPage, scored, files[0].rows]).toEqual([rows, rows, rows.length]);
});
