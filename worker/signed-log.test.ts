import { expect, test } from "vitest";
import { signedLog } from "../model/signed-log.ts";
import { DIGEST, digest } from "../model/testing.ts";

test("rows are encoded here as the trainer encodes them, to the last bit, where Math.log1p may differ", () => {
  expect(digest(signedLog)).toBe(DIGEST);
});
