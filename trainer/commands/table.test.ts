import { expect, test } from "vitest";
import { printable, table } from "./table.ts";

test("names out of a file cannot move the cursor or break a line", () => {
  expect(printable("\u001b[2Jflows\u009b1A")).toBe("\\u001b[2Jflows\\u009b1A");
  expect(table(["feature"], [["a\nb"], ["Störung"]]).split("\n")).toEqual([
    "feature",
    "────────",
    "a\\u000ab",
    "Störung",
  ]);
});
