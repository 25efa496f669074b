import fc from "fast-check";
import { expect, test } from "vitest";
import { interpolated, type Knot } from "../test/evidence-twin.ts";
import { kernelModule } from "../trainer/learn/engine.ts";
import { Kernel } from "./kernel.ts";
import { tailTable } from "./tails.ts";
import { Tape } from "./tape.ts";

const INPUTS = 4;
/** Sums of the columns' functions by the kernel, (rows) of rows of INPUTS. */
function summed(columns: readonly (readonly Knot[])[], rows: readonly (readonly number[])[]): Float32Array {
  const kernel = new Kernel(kernelModule("score"));
  const flat = columns.flatMap((knots, column) => knots.flatMap(([place, value]) => [column, place, value]));
  const table = tailTable(kernel, Float32Array.from(flat));
  const tape = new Tape(kernel, rows.length, { tracked: false });
  const x = tape.input(INPUTS);
  const out = kernel.allocate(rows.length);
  tape.emit(["TAILS", x.at, INPUTS, table.at, table.columns, out]);
  const stride = kernel.functions.stride(INPUTS);
  for (const [i, row] of rows.entries()) kernel.floats(x.at + 4 * i * stride, INPUTS).set(row);
  kernel.compile(tape.forward)(rows.length);
  return kernel.floats(out, rows.length);
}

const place = fc.integer({ min: -10_240, max: 10_240 }).map((i) => i / 1024);
const value = fc.float({ min: 0, max: 20, noNaN: true });
const column = fc
  .uniqueArray(fc.tuple(place, value), { maxLength: 25, selector: ([at]) => at })
  .map((knots) => knots.toSorted(([a], [b]) => a - b));
const somewhere = fc.float({ min: -12, max: 12, noNaN: true });

test("is the sum of the interpolated functions, at knots, between and beyond; a column without knots counts nothing", () => {
  const columns = fc.array(column, { minLength: INPUTS, maxLength: INPUTS }).filter((all) => all.flat().length > 0);
  fc.assert(
    fc.property(columns, fc.array(somewhere, { minLength: 9, maxLength: 9 }), (functions, between) => {
      const places = [...between, ...functions.flat().map(([at]) => at)];
      const rows = places.map((_, i) => Array.from({ length: INPUTS }, (__, j) => places[(i + 5 * j) % places.length]));
      for (const [i, sum] of summed(functions, rows).entries()) {
        const wanted = functions.map((knots, j) => interpolated(knots, rows[i][j]));
        expect(Math.abs(sum - wanted.reduce((a, b) => a + b))).toBeLessThan(1e-4);
      }
    }),
  );
});

test("a rise too steep for floats is a step, not a number that is none", () => {
  const steep: Knot[] = [
    [0, 1],
    [1e-40, 5],
    [2, 5],
  ];
  expect([...summed([steep], [[-1], [0], [1e-40], [1]])]).toEqual([1, 1, 5, 5]);
});
