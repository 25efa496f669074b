import fc from "fast-check";
import { expect, test } from "vitest";
import { drawRoles, HardnessBook } from "./curriculum.ts";
import { drawFor } from "./draw.ts";

const named = (many: number): string[] => Array.from({ length: many }, (_, i) => `family ${i}`);

test("hardness follows what is measured, by a part of the way; of other families nothing is kept", () => {
  const book = new HardnessBook(["a", "b"]);
  book.record("a", 1);
  book.record("c", 0);
  const [[, a], ...others] = book.entries();
  expect(a).toBeCloseTo(0.7, 12);
  expect(others).toEqual([["b", 1]]);
  for (let i = 0; i < 50; i++) book.record("a", 0.8);
  expect(book.entries()[0][1]).toBeCloseTo(0.2, 6);
});

test("chosen are so many different families as asked for or there are, all of them in time", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 9 }), (many, count) => {
      const families = named(many);
      const book = new HardnessBook(families);
      const met = new Set<string>();
      for (let i = 0; i < 100; i++) {
        const chosen = new Set(book.choose(count, drawFor(i, many)));
        expect(chosen.size).toBe(Math.min(many, count));
        for (const family of chosen) met.add(family);
      }
      expect(met.size).toBe(many);
    }),
    { numRuns: 30 },
  );
});

test("families that are all solved are met alike", () => {
  const families = named(4);
  const book = new HardnessBook(families);
  book.restore(families.map((family) => [family, 0]));
  const draw = drawFor(3, 0);
  const met = Map.groupBy(
    Array.from({ length: 1000 }, () => book.choose(1, draw)[0]),
    (family) => family,
  );
  for (const family of families) expect(met.get(family)?.length).toBeGreaterThan(200);
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

test("about a third of domains stays outside and of families is only judged, where there are enough; up to six are met", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 12 }), fc.nat(), (domains, many, seed) => {
      const roles = drawRoles(domains, new HardnessBook(named(many)), drawFor(seed, 0));
      const { insideDomains: inside, outsideDomains: outside, outerFamilies: outer, judgedFamilies: judged } = roles;
      expect(new Set([...inside, ...outside]).size).toBe(domains);
      if (domains === 1) expect([inside, outside]).toEqual([[0], [0]]);
      else expect([inside.length, outside.length]).toEqual([domains - outside.length, Math.max(1, third(domains))]);
      if (many < 3) expect([outer.toSorted(), judged]).toEqual([named(many), named(many)]);
      else {
        expect(judged).toHaveLength(Math.max(1, third(many)));
        expect(outer).toHaveLength(Math.min(6, many - judged.length));
        expect(new Set([...outer, ...judged]).size).toBe(outer.length + judged.length);
      }
    }),
  );
});

function third(many: number): number {
  return Math.round(many / 3);
}

test("where more families are left than an episode meets, it meets hard ones more often", () => {
  const families = named(12);
  const book = new HardnessBook(families);
  book.restore(families.slice(6).map((family) => [family, 0]));
  const met = Array.from({ length: 200 }, (_, i) => drawRoles(1, book, drawFor(i, 0)).outerFamilies).flat();
  const hard = met.filter((family) => families.indexOf(family) < 6).length;
  expect(hard / met.length).toBeGreaterThan(0.6);
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
