/** No file, however broken, gets through the reader or makes it fail in any way but an UnseenError. */
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { describe, expect, test } from "vitest";
import { readArtefact, writeArtefact } from "../../model/artefact.ts";
import { UnseenError } from "../../model/errors.ts";
import { readSafetensors } from "../../model/safetensors.ts";
import { sampleArtefact } from "../artefact.ts";
import { hostileFiles } from "./files.ts";

const files = hostileFiles();

/** The refusal of a file; undefined where it was read; anything else that was thrown goes on. */
function refusal(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): UnseenError | undefined {
  try {
    read(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof UnseenError) return error;
    throw error;
  }
}

describe("a hostile file is refused:", () => {
  test.each(files)("$name", ({ bytes, code }) => {
    const before = process.threadCpuUsage();
    for (const read of [readSafetensors, readArtefact]) {
      const refused = refusal(read, bytes);
      expect(refused?.code).toBe(code);
      expect(refused?.message).toMatch(/header|tensor|metadata|bytes/);
      expect(refused?.message.length).toBeLessThan(400);
      expect(refused?.remedy).not.toBe("");
    }
    // processor time, which does not grow with what else the machine does
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(2000);
  });

  test("and there are dozens of them, each with a name of its own", () => {
    expect(new Set(files.map(({ name }) => name)).size).toBe(files.length);
    expect(files.length).toBeGreaterThan(100);
  });

  test("and none has touched Object.prototype", () => {
    expect(Reflect.ownKeys(Object.prototype).filter((key) => !KNOWN.has(key))).toEqual([]);
  });
});

const KNOWN = new Set(Reflect.ownKeys(Object.prototype));

describe("a valid artefact", () => {
  const valid = writeArtefact(sampleArtefact());
  const headerEnd = 8 + new DataView(valid.buffer).getUint32(0, true);

  test("cut anywhere is refused as truncated", () => {
    for (let length = 0; length < valid.length; length++) {
      const refused = refusal(readArtefact, valid.subarray(0, length));
      if (refused?.code !== "artefact-truncated") expect.fail(`cut at ${length}: ${refused?.message}`);
    }
  });

  test("with one byte changed is refused or read, never anything else", () => {
    let refused = 0;
    for (let at = 0; at < headerEnd; at++) {
      for (const flip of [0x01, 0x20, 0x80]) {
        const bytes = valid.slice();
        bytes[at] ^= flip;
        if (refusal(readArtefact, bytes)) refused++;
      }
    }
    // a letter of a free text or a digit of a number may change unnoticed here; the golden rows are for those
    expect(refused).toBeGreaterThan(headerEnd);
  });

  test("with bytes changed, cut out, doubled or put in at random is refused or read", () => {
    const random = xoroshiro128plus(20261101);
    const below = (limit: number): number => uniformInt(random, 0, limit - 1);
    for (let run = 0; run < 3000; run++) {
      let bytes: Uint8Array = valid.slice();
      for (let edits = 1 + below(4); edits > 0; edits--) {
        // most of the damage goes where most of the rules are
        const at = below(below(4) > 0 ? headerEnd : bytes.length) % bytes.length;
        const end = Math.min(bytes.length, at + 1 + below(16));
        const kind = below(4);
        if (kind === 0) bytes[at] = below(256);
        if (kind === 1) bytes = Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(end));
        if (kind === 2) bytes = Uint8Array.of(...bytes.subarray(0, end), ...bytes.subarray(at));
        if (kind === 3) bytes = bytes.copyWithin(at, below(bytes.length), below(bytes.length));
      }
      const refused = refusal(readArtefact, bytes);
      if (refused && refused.message.length > 600) expect.fail(refused.message);
    }
  });
});
