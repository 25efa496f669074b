import { expect, test } from "vitest";
import { comparison } from "./compare.ts";

test("scores are equal to the last digit, equal within 1e-6, or apart, and the farthest is told", () => {
  const page = [0.25, 0.5, 0.75];
  expect(comparison(page, page)).toBe("All 3 scores are equal to the service's, to the last digit.");
  const near = [0.25, 0.5 + 5e-7, 0.75];
  expect(comparison(near, page)).toBe("All 3 scores are equal to the service's within 1e-6.");
  const far = [0.25, 0.5 + 5e-7, 0.75 - 3e-6];
  expect(comparison(far, page)).toBe(
    "2 of 3 scores are equal to the service's within 1e-6; the farthest differs by 3.0e-6.",
  );
});
