import { expect, test } from "vitest";
import { refused } from "./start.ts";

test("a Worker that asks for a key is told from one whose model does not serve", () => {
  for (const status of [401, 403]) expect(refused(status, "no key").remedy).toContain("UNSEEN_KEY");
  expect(refused(503, undefined).remedy).toBe("Try --fresh.");
});
