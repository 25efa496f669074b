import fc from "fast-check";
import { expect, test } from "vitest";
import { drawFor } from "./draw.ts";
import { pcgrad } from "./pcgrad.ts";

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * b[i], 0);

test("gradients that agree pass unchanged: their mean", () => {
  const mean = pcgrad([new Float32Array([1, 0]), new Float32Array([1, 2])], drawFor(1, 0));
  expect([...mean]).toEqual([1, 1]);
});

test("of two that conflict, neither is undone by the other", () => {
  const vector = fc.float32Array({ minLength: 4, maxLength: 4, noNaN: true, min: -10, max: 10 });
  fc.assert(
    fc.property(vector, vector, (a, b) => {
      const mean = pcgrad([a, b], drawFor(1, 0));
      if (dot(a, b) < 0) {
        expect(dot(mean, a)).toBeGreaterThanOrEqual(-1e-3);
        expect(dot(mean, b)).toBeGreaterThanOrEqual(-1e-3);
      } else for (const [i, g] of mean.entries()) expect(g).toBeCloseTo((a[i] + b[i]) / 2, 4);
    }),
  );
});
