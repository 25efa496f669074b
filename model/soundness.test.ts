import fc from "fast-check";
import { expect, test } from "vitest";
import { builtModule, kernelModule } from "../trainer/learn/engine.ts";
import { Kernel } from "./kernel.ts";
import { SEARCHES, searchesIn } from "./soundness.ts";

const kernels = [kernelModule("score"), builtModule("score-relaxed")].map((module) => searchesIn(new Kernel(module)));
const odd = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 3.4e38, 1e-45, 0.5);

test("the first value that is infinite or none is found wherever it stands", () => {
  const floats = fc.float32Array({ noNaN: true, noDefaultInfinity: true, maxLength: 70 });
  fc.assert(
    fc.property(floats, fc.array(fc.tuple(fc.nat(69), odd), { maxLength: 3 }), (values, wrong) => {
      for (const [at, value] of wrong) if (at < values.length) values[at] = value;
      const place = values.findIndex((value) => !Number.isFinite(value));
      for (const searches of [SEARCHES, ...kernels]) expect(searches.notFinite(values)).toBe(place);
    }),
  );
});

test("the first value that is no whole number within bounds is found among every third", () => {
  const values = fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 11 }), odd));
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 3 }), (numbers, step) => {
      const table = Float32Array.from(numbers);
      const place = table.findIndex(
        (value, i) => i % step === 0 && !(Number.isInteger(value) && value >= 0 && value < 10),
      );
      for (const searches of [SEARCHES, ...kernels]) expect(searches.notWhole(table, step, 9)).toBe(place);
    }),
  );
});

test("kernel and host find the same wrong node, be it column, child or one with too many leaves", () => {
  const COLUMNS = 5;
  const node = fc.record({ leaf: fc.boolean(), column: fc.nat(COLUMNS - 1), child: fc.double({ min: 0, max: 0.999 }) });
  const wrong = fc.array(fc.tuple(fc.nat(40 * 3), fc.oneof(odd, fc.integer({ min: -3, max: 45 }))), { maxLength: 2 });
  const found = new Set<number>();
  fc.assert(
    fc.property(
      fc.array(node, { minLength: 1, maxLength: 40 }),
      wrong,
      fc.integer({ min: 1, max: 9 }),
      (all, odds, most) => {
        const nodes = Float32Array.from(
          all.flatMap(({ leaf, column, child }, i) => {
            const room = all.length - 2 - i;
            return leaf || room < 1 ? [-1, 0, 0] : [column, 0, i + 1 + Math.floor(child * room)];
          }),
        );
        for (const [at, value] of odds) if (at < nodes.length) nodes[at] = value;
        const place = SEARCHES.wrongNode(nodes, COLUMNS, most);
        for (const searches of kernels) expect(searches.wrongNode(nodes, COLUMNS, most)).toBe(place);
        found.add(place < 0 ? place : place % 3);
      },
    ),
    { numRuns: 300 },
  );
  expect([...found].toSorted()).toEqual([-1, 0, 1, 2]);
});
