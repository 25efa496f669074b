/** Arbitrary values, most of them nearly right. */
import fc from "fast-check";
import { SECRET } from "./asking.ts";

export const value = fc.oneof(
  fc.constantFrom(null, true, 0, -0, 1e308, 5e-324, "", "tcp", "__proto__", "\ud800", [], {}),
  fc.double(),
  fc.anything({ maxDepth: 2 }),
);
export const cell = fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: fc.constant(SECRET) });
export const names = fc.constantFrom(
  "bytes",
  "duration",
  "protocol",
  "tls",
  "__proto__",
  "constructor",
  "toString",
  "x",
);

/** JSON of any value; what JSON cannot hold is null. */
export function json(value: unknown): string {
  try {
    return JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? String(each) : each)) ?? "null";
  } catch {
    return "null";
  }
}
