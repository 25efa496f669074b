import fc from "fast-check";
import { expect, test } from "vitest";
import { drawRoles, HardnessBook } from "./curriculum.ts";
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

test("the curriculum prefers hard families, and covers easy ones", () => {
  const book = new HardnessBook(["easy", "hard"]);
  for (let i = 0; i < 30; i++) {
    book.record("easy", 1);
    book.record("hard", 0.5);
  }
  const counts = { easy: 0, hard: 0 };
  const draw = drawFor(2, 0);
  for (let i = 0; i < 1000; i++) counts[book.choose(1, draw)[0] as "easy" | "hard"]++;
  expect(counts.hard).toBeGreaterThan(700);
  expect(counts.easy).toBeGreaterThan(80);
});

test("roles rotate: over episodes every domain and family plays every part, never two at once", () => {
  const book = new HardnessBook(["a", "b", "c", "d"]);
  const parts = {
    inside: new Set<number>(),
    outside: new Set<number>(),
    outer: new Set<string>(),
    judged: new Set<string>(),
  };
  for (let episode = 0; episode < 60; episode++) {
    const roles = drawRoles(4, book, drawFor(1, episode));
    for (const i of roles.insideDomains) {
      expect(roles.outsideDomains).not.toContain(i);
      parts.inside.add(i);
    }
    for (const i of roles.outsideDomains) parts.outside.add(i);
    for (const f of roles.outerFamilies) {
      expect(roles.judgedFamilies).not.toContain(f);
      parts.outer.add(f);
    }
    for (const f of roles.judgedFamilies) parts.judged.add(f);
  }
  expect([parts.inside.size, parts.outside.size, parts.outer.size, parts.judged.size]).toEqual([4, 4, 4, 4]);
});
