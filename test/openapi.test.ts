/** The API's description is valid OpenAPI 3.1 and says what Redocly's recommended rules ask of it. */
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { expect, test } from "vitest";
import { describeApi } from "../worker/openapi.ts";

test("the description passes the linter without a word", async () => {
  const config = await createConfig({ extends: ["recommended-strict"] });
  const source = JSON.stringify(describeApi());
  const problems = await lintFromString({ source, absoluteRef: "openapi.json", config });
  expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([]);
});
