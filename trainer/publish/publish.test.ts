import { hash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { pointerKey, weightsKey } from "../../model/pointer.ts";
import { makeArtefact } from "../../test/fixtures/artefact.ts";
import { publishedText } from "../commands/publish.ts";
import { kernelModule } from "../learn/engine.ts";
import { publish, sizeNotes } from "./publish.ts";
import { changePointer } from "./stored-pointer.ts";
import { getKey, hasKey, putKey } from "./wrangler.ts";

const folder = mkdtempSync(join(tmpdir(), "unseen-publish-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("publishing what is current mends weights that are missing or damaged, and leaves the pointer as it is", async () => {
  const file = join(folder, "model.safetensors");
  writeFileSync(file, makeArtefact(kernelModule("score"), 1).bytes);
  const sha256 = hash("sha256", readFileSync(file));
  const store = { persistTo: join(folder, "kv") };
  const current = { version: 3, sha256, publishedAt: "2026-01-01T00:00:00.000Z" };
  await changePointer(store, "flows", () => ({ name: "flows", current, history: [] }));
  const pointer = await getKey(store, pointerKey("flows"));
  expect(await publish({ file, name: "flows", ...store })).toMatchObject({ version: 3, sha256 });
  expect(await hasKey(store, weightsKey(sha256))).toBe(true);
  await putKey(store, weightsKey(sha256), "damaged");
  expect(await publish({ file, name: "flows", ...store })).toMatchObject({ version: 3, sha256 });
  expect(await getKey(store, weightsKey(sha256))).not.toBe("damaged");
  expect(await getKey(store, pointerKey("flows"))).toBe(pointer);
});

test("what is said of a canary names whom it answers", () => {
  const published = { name: "flows", version: 2, sha256: "ab", bytes: 1 };
  expect(publishedText(published)).toBe("flows version 2 is published, sha256 ab");
  expect(publishedText({ ...published, canary: 10 })).toContain("version 2 answers 10 % of the callers");
});

test("who has trained what no value of KV holds is told so", () => {
  expect(sizeNotes(new Uint8Array(25 * 2 ** 20))).toEqual([]);
  expect(sizeNotes(new Uint8Array(26.5 * 2 ** 20))).toEqual([
    "The model has 26.5 MiB, KV takes 25, so it cannot be published. Train on fewer columns or, with --method paper, a smaller network.",
  ]);
});
