import { expect, test } from "vitest";
import { budgetText, printable, table } from "./table.ts";

test("names out of a file cannot move the cursor or break a line", () => {
  expect(printable("\u001b[2Jflows\u009b1A")).toBe("\\u001b[2Jflows\\u009b1A");
  expect(table(["feature"], [["a\nb"], ["Störung"]]).split("\n")).toEqual([
    "feature",
    "────────",
    "a\\u000ab",
    "Störung",
  ]);
});

test("budgets in percent have no digits that they were not given", () => {
  expect(["0.001", "0.07", "0.29", "0.01", "1e-7"].map(budgetText)).toEqual([
    "0.1 %",
    "7 %",
    "29 %",
    "1 %",
    "0.00001 %",
  ]);
});
