import { expect, test } from "vitest";
import { drift } from "../../model/drift.ts";
import { Counter } from "../../model/reference.ts";
import { makeArtefact, withReference } from "../../test/fixtures/artefact.ts";
import { kernelModule } from "../learn/engine.ts";
import { driftText } from "./drift.ts";

test("the report of a Worker names the version it is of, which may not be the one published last", () => {
  const kernel = kernelModule("score");
  const { schema, reference } = withReference(makeArtefact(kernel, 1).artefact, kernel).artefact;
  if (!reference) throw new Error("the artefact has no reference");
  const found = drift(schema, reference, new Float64Array(new Counter(schema, reference).bins));
  expect(driftText(found)).toMatch(/^too few rows: 0 rows/);
  const of = { ...found, model: { name: "flows", version: 2 } };
  expect(driftText(of)).toMatch(/^flows@2, too few rows: 0 rows/);
});
