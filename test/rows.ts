/** Arbitrary schemas and rows, valid ones, and how their JSON is written. */
import fc from "fast-check";
import type { Feature, Schema } from "../model/schema.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const sizes = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
const names = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom("__proto__", "constructor", "toString", "0", "10"));

const feature = (name: string): fc.Arbitrary<Feature> =>
  fc.oneof(
    fc.record({
      kind: fc.constant("numeric" as const),
      name: fc.constant(name),
      impute: finite,
      signedLog: fc.oneof(fc.boolean(), fc.record({ origin: finite, unit: fc.oneof(sizes, fc.constant(1e-300)) })),
      center: finite,
      scale: sizes,
      clip: sizes,
    }),
    fc.record({
      kind: fc.constant("categorical" as const),
      name: fc.constant(name),
      values: fc.uniqueArray(fc.oneof(fc.string(), fc.constantFrom("1", "true", "0.5", "__proto__")), { maxLength: 5 }),
    }),
    fc.record({
      kind: fc.constant("boolean" as const),
      name: fc.constant(name),
      impute: fc.double({ min: 0, max: 1, noNaN: true }),
      center: fc.double({ min: -1, max: 1, noNaN: true }),
      scale: sizes,
    }),
  );

const cell = (given: Feature): fc.Arbitrary<unknown> => {
  if (given.kind === "numeric") return fc.oneof(finite, fc.integer(), fc.constantFrom(null, 1e308, -1e308, -0));
  if (given.kind === "boolean") return fc.constantFrom(true, false, 0, 1, null);
  return fc.oneof(fc.constantFrom<unknown>(...given.values, null, 1, 0.5, true), fc.string(), finite);
};

/** A schema, rows of it in schema order, and an order in which to name their values. */
export const schemaAndRows = fc
  .uniqueArray(names, { minLength: 1, maxLength: 8 })
  .chain((all) => fc.tuple(...all.map(feature)))
  .chain((features) =>
    fc.record({
      schema: fc.constant<Schema>({ features }),
      rows: fc.array(fc.tuple(...features.map(cell)), { minLength: 1, maxLength: 4 }),
      order: fc.shuffledSubarray([...features.keys()], { minLength: features.length }),
    }),
  );

/** A row as JSON.stringify writes it: a list, or where an order is given its values by name in that order. */
export function rowText({ features }: Schema, row: readonly unknown[], order?: readonly number[]): string {
  if (!order) return `[${row.map(written).join(",")}]`;
  return `{${order.map((i) => `${JSON.stringify(features[i].name)}:${written(row[i])}`).join(",")}}`;
}

/** JSON.stringify has no -0, JSON.parse has. */
function written(value: unknown): string {
  return Object.is(value, -0) ? "-0" : JSON.stringify(value);
}
