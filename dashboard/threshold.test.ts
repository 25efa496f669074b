import { expect, test } from "vitest";
import { namedThresholds } from "./threshold.ts";

test("budgets are named as they were set, so that no two have one name", () => {
  const fpr = { "0.001": 0.99, "0.0015": 0.98, "0.025": 0.9, "0.07": 0.8, "0.125": 0.7 };
  const names = namedThresholds({ f1: 0.5, fpr }).map(({ name }) => name);
  expect(names).toEqual(["12.5 %", "7 %", "2.5 %", "0.15 %", "0.1 %", "best F1"]);
});
