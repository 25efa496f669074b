import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { errorOf } from "../data/testing.ts";
import { getKey } from "./wrangler.ts";

const folder = mkdtempSync(join(tmpdir(), "unseen-wrangler-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a local KV that cannot be used is told in plain text, and asks for no login", async () => {
  const persistTo = join(folder, "file");
  writeFileSync(persistTo, "no folder");
  const { code, message, remedy } = await errorOf(() => getKey({ persistTo }, "models/flows"));
  expect(code).toBe("publish-failed");
  expect(message).toContain(persistTo);
  expect(message).not.toMatch(/\p{Cc}/u);
  expect(remedy).toContain("local KV");
  expect(remedy).not.toContain("login");
});
