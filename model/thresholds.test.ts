import { expect, test } from "vitest";
import { budgetText, resolveThreshold } from "./thresholds.ts";

const model = { thresholds: { f1: 0.5, fpr: { "0.001": 0.9, "0.01": 0.7, "0.05": 0.4 } } };

test.each([
  ["f1", 0.5],
  [" F1 ", 0.5],
  ["fpr=0.01", 0.7],
  ["fpr=.01", 0.7],
  ["fpr=0.010", 0.7],
  ["fpr=1e-2", 0.7],
  ["fpr=1%", 0.7],
  ["fpr = 1.0 %", 0.7],
  ["fpr=0.1%", 0.9],
  ["fpr=5%", 0.4],
  [0.42, 0.42],
  [0, 0],
  [1, 1],
  [1e-9, 1e-9],
  ["0.42", 0.42],
])("%s is %d", (spec, threshold) => {
  expect(resolveThreshold(model, spec)).toBe(threshold);
});

test.each(["", "f2", "fpr", "fpr=", "fpr=0.02", "xfpr=1%", "fpr=-1%", "fpr=%", "1.01", "0x1", NaN, Infinity, -0.1, 2])(
  "%s is unknown, and what there is gets named",
  (spec) => {
    expect(() => resolveThreshold(model, spec)).toThrow(
      expect.objectContaining({
        code: "threshold-unknown",
        message: expect.stringContaining("this model has f1, fpr=0.001, fpr=0.01, fpr=0.05"),
      }),
    );
  },
);

test("what a message repeats of a spec is escaped", () => {
  for (const [spec, shown] of [
    ["f2", '"f2"'],
    ['a"\n\u001b[31m\ud800', '"a\\"\\n\\u001b[31m\\ud800"'],
  ]) {
    expect(() => resolveThreshold(model, spec)).toThrow(`no threshold ${shown}; this model has f1`);
  }
});

test("a spec of megabytes takes no longer than it takes to read it", () => {
  const started = performance.now();
  for (const spec of ["1".repeat(1e6), `fpr=${"1".repeat(1e6)}`, `fpr=${" ".repeat(1e6)}`]) {
    expect(() => resolveThreshold(model, `${spec}x`)).toThrow(expect.objectContaining({ code: "threshold-unknown" }));
  }
  expect(performance.now() - started).toBeLessThan(2000);
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
