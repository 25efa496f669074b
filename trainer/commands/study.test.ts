/** `unseen study` refuses an option that the study does not use, so that nobody believes it was heeded. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { errorOf, writeFolder } from "../data/testing.ts";
import { STUDIES } from "../study/registry.ts";
import { studyCommand } from "./study.ts";

test.each([
  ["rows", "100", ["domains"]],
  ["map", "a=b", ["transfer"]],
  ["shots", "10,20", ["shots"]],
])("--%s %s is refused by all studies but those that use it", async (option, value, users) => {
  const out = writeFolder({});
  for (const { name } of STUDIES) {
    const asked = { study: name, data: "nowhere/one,nowhere/two", out, results: join(out, "results"), [option]: value };
    const { code, message } = await errorOf(() => studyCommand.run(asked));
    if (users.includes(name)) expect(code).toBe("data-not-found");
    else expect([code, message]).toEqual(["option-invalid", expect.stringContaining(`--${option}`)]);
  }
});
