import { expect, test } from "vitest";
import { percent } from "./numbers.ts";

test("a share is neither nothing nor all unless it is", () => {
  const shown = [0, 0.00004, 0.0123, 0.5, 0.994, 0.996, 0.99996, 1].map(percent);
  expect(shown).toEqual(["0 %", "0.004 %", "1.2 %", "50 %", "99 %", "99.6 %", "99.996 %", "100 %"]);
});
