import { crc32 as zlibs } from "node:zlib";
import fc from "fast-check";
import { test } from "vitest";
import { crc32 } from "./crc32.ts";

test("is zlib's", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => crc32(bytes) === zlibs(bytes)));
});
